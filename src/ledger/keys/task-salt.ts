/** The secret that names and digests private tasks, so that the repository alone tests no guess. */
import { createHmac, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../../errors.ts';
import { assertPrivateFile } from './keys.ts';

/** Holds it for build servers; goes before the file. */
export const SALT_VARIABLE = 'OPTIMIZE_TASK_SALT';
const FILE = 'task-salt';
const SHAPE = /^[0-9a-f]{64}$/;

/** HMAC-SHA-256 in hex. */
export type Mac = (text: string) => string;

/** Throws UsageError when there is no salt, or something else in its place. */
export function readTaskSalt(variables: Readonly<Record<string, string | undefined>>, folder: string): Mac {
  const path = join(folder, FILE);
  const given = variables[SALT_VARIABLE]?.trim();
  if (!given && !existsSync(path))
    throw new UsageError(
      `the tasks are private (private_tasks in policy.yaml), and there is no salt for them in ${SALT_VARIABLE} or ${path}; ` +
        'copy the one that earlier nights had, or make the first with: npx optimize keys salt',
    );
  if (!given) assertPrivateFile(path, 'salt');
  const salt = given || readFileSync(path, 'utf8').trim();
  const where = given ? SALT_VARIABLE : path;
  if (!SHAPE.test(salt)) throw new UsageError(`${where}: expected 64 digits in hex, found something else; restore it`);
  return (text) => createHmac('sha256', Buffer.from(salt, 'hex')).update(text).digest('hex');
}

/** Makes the file unless it exists. */
export function makeTaskSalt(folder: string): { readonly path: string; readonly made: boolean } {
  const path = join(folder, FILE);
  if (existsSync(path)) return { path, made: false };
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(path, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600, flag: 'wx' });
  return { path, made: true };
}
