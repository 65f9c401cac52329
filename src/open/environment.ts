/** Opens the environment as this repository and process may see it. */
import { resolve } from 'node:path';
import { openApart } from '../environments/child/environment.ts';
import { assertScorer } from '../environments/define.ts';
import { withPrivateTasks } from '../environments/private-tasks.ts';
import { loadEnvironment, loadFile } from '../environments/registry.ts';
import { keyFolder } from '../ledger/keys/keys.ts';
import { readTaskSalt } from '../ledger/keys/task-salt.ts';
import { keysIn } from '../models/settings.ts';
import { type Policy, readPolicy } from '../policy/policy.ts';
import { guarded } from '../runtime/guard.ts';
import { redactorOf, storedWithout } from '../secrets.ts';
import type { Environment } from '../types.ts';

/** The environment and its data; a relative `data` starts at the current folder. */
export interface EnvironmentFlags {
  readonly env: string;
  readonly data?: string | undefined;
}

/** Guards, removes secrets of this process, and renames tasks that the policy calls private. */
export function shelter(environment: Environment, root: string, { private_tasks }: Policy): Environment {
  const shown = storedWithout(guarded(environment), redactorOf(process.env, keysIn(root, process.env)));
  if (private_tasks !== true || shown.mac !== undefined) return shown;
  return withPrivateTasks(shown, readTaskSalt(process.env, keyFolder(process.env, { root, commonDir: root })));
}

/**
 * Sheltered. Throws UsageError without a scorer, unless `unscored`. `here`: its code runs in this
 * process, as a debugger wants it; only for one's own code.
 */
export async function openEnvironment(
  { env, data }: EnvironmentFlags,
  root: string,
  { unscored = false, here = false } = {},
): Promise<Environment> {
  const environment = await loadEnvironment(
    env,
    { root, ...(data === undefined ? {} : { data: resolve(data) }) },
    here ? loadFile : openApart,
  );
  if (!unscored) assertScorer(environment);
  return shelter(environment, root, readPolicy(root, environment.name));
}
