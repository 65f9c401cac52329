/** Whether an environment is fit for a night: what was found of the same files is kept. */
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalJson, jsonOf, sha256 } from '../digest.ts';
import { assertFit, type PlayFreshly } from '../environments/check.ts';
import { splitDigest } from '../environments/split.ts';
import { assertOwnFolder, readPlain } from '../files.ts';
import type { Environment, Task } from '../types.ts';
import { VERSION } from '../version.ts';

/** Beside the runs, and as they are out of git. */
const FOLDER = 'runs/env-check';
/** A service behind an environment may change while its files stay. */
const DAYS = 30;

const fileOf = (root: string, env: string): string => join(root, FOLDER, `${env}.json`);

export interface Fit {
  /** When the same files were found sound, ISO 8601; null if they were checked now. */
  readonly since: string | null;
  /** Writes the verdict down, once the night has begun. */
  keep(): void;
}

export interface FitInput {
  readonly root: string;
  readonly environment: Environment;
  readonly tasks: readonly Task[];
  /** @default this process, where nothing has been played */
  readonly freshly?: PlayFreshly | undefined;
  readonly nowMs: number;
}

/** Throws as `assertFit`. Only a sound verdict is kept: a fault may have been repaired. */
export async function checkedFit({ root, environment, tasks, freshly, nowMs }: FitInput): Promise<Fit> {
  const key = sha256(
    canonicalJson({
      environment: environment.digest,
      tasks: splitDigest(tasks),
      fresh: freshly !== undefined,
      program: VERSION,
      node: process.version,
    }),
  );
  const since = environment.file === undefined ? null : foundBefore(root, environment.name, key, nowMs);
  await assertFit(environment, tasks, freshly, { isolated: since !== null });
  return {
    since,
    keep() {
      if (environment.file === undefined || since !== null) return;
      assertOwnFolder(root, FOLDER);
      mkdirSync(join(root, FOLDER), { recursive: true });
      writeFileSync(join(root, FOLDER, '.gitignore'), '*\n');
      const file = fileOf(root, environment.name);
      writeFileSync(`${file}.new`, `${JSON.stringify({ key, time: new Date(nowMs).toISOString() })}\n`);
      renameSync(`${file}.new`, file);
    },
  };
}

function foundBefore(root: string, env: string, key: string, nowMs: number): string | null {
  try {
    assertOwnFolder(root, FOLDER);
    const found = jsonOf(readPlain(fileOf(root, env)) ?? '') as { readonly key?: unknown; readonly time?: unknown };
    const age = typeof found.time === 'string' ? nowMs - Date.parse(found.time) : Number.NaN;
    return found.key === key && age >= 0 && age < DAYS * 86_400_000 ? String(found.time) : null;
  } catch {
    // Half a file is no verdict, and what lies in the way is told by the night.
    return null;
  }
}

/** The next night checks again, as `env check` has found a problem. */
export function forgetFit(root: string, env: string): void {
  assertOwnFolder(root, FOLDER);
  rmSync(fileOf(root, env), { force: true });
}
