/** Opens the environment as this repository and process may see it. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { openApart } from '../environments/child/environment.ts';
import { assertScorer } from '../environments/define.ts';
import { withPrivateTasks } from '../environments/private-tasks.ts';
import { loadEnvironment, loadFile } from '../environments/registry.ts';
import { sourceDigest } from '../environments/source-files.ts';
import { UsageError } from '../errors.ts';
import { keyFolder } from '../ledger/keys/keys.ts';
import { readTaskSalt } from '../ledger/keys/task-salt.ts';
import type { RecordedSources } from '../ledger/kinds/settings.ts';
import { keysIn } from '../models/settings.ts';
import { type Policy, readPolicy } from '../policy/policy.ts';
import { guarded } from '../runtime/guard.ts';
import { playedRedactor, redactorOf, storedWithout } from '../secrets.ts';
import type { Environment } from '../types.ts';

/** The environment and its data; a relative `data` starts at the current folder. */
export interface EnvironmentFlags {
  readonly env: string;
  readonly data?: string | undefined;
}

interface OpenOptions {
  readonly unscored?: boolean;
  readonly here?: boolean;
  readonly recorded?: RecordedSources | undefined;
}

/** Compares the bytes before any of it runs. */
async function openRecorded(file: string, root: string, { plain, keyed }: RecordedSources): Promise<Environment> {
  const source = existsSync(file) ? sourceDigest(file, root) : null;
  const isKnown = (own: string) => plain.has(own) || (keyed.size > 0 && keyed.has(saltOf(root)(own)));
  if (source !== null && plain.size + keyed.size > 0 && !isKnown(source))
    throw new UsageError(
      'the files of this environment are not those of any recorded setting, so none of them was run; check out the commit that the night was played from',
      { where: file },
    );
  return openApart(file, root);
}

/** Throws UsageError without a salt. */
const saltOf = (root: string) => readTaskSalt(process.env, keyFolder(process.env, { root, commonDir: root }));

/** A night shelters again what a command has opened: what is stored of it is settled. */
const opened = new WeakSet<Environment>();

/**
 * Guards, stores without secrets of this process, and renames tasks that the policy calls private.
 * `apart`: its code runs in a process of its own.
 */
export function shelter(
  environment: Environment,
  root: string,
  { private_tasks }: Policy,
  { apart = false }: { readonly apart?: boolean } = {},
): Environment {
  const redact = (apart ? playedRedactor : redactorOf)(process.env, keysIn(root, process.env));
  const shown = opened.has(environment) ? environment : storedWithout(guarded(environment), redact);
  opened.add(shown);
  if (private_tasks !== true || shown.mac !== undefined) return shown;
  return withPrivateTasks(shown, saltOf(root));
}

/**
 * Sheltered. Throws UsageError without a scorer, unless `unscored`. `here`: its code runs in this
 * process, as a debugger wants it; only for one's own code. `recorded`: digests of the files that
 * it may have; others are not run.
 */
export async function openEnvironment(
  { env, data }: EnvironmentFlags,
  root: string,
  { unscored = false, here = false, recorded }: OpenOptions = {},
): Promise<Environment> {
  const environment = await loadEnvironment(
    env,
    { root, ...(data === undefined ? {} : { data: resolve(data) }) },
    here ? loadFile : recorded === undefined ? openApart : (file) => openRecorded(file, root, recorded),
  );
  if (!unscored) assertScorer(environment);
  return shelter(environment, root, readPolicy(root, environment.name), { apart: !here });
}
