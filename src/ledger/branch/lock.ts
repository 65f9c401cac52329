/** A lock against spending twice: compare-and-swap guards the history, a lock file the money. */
import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { UsageError } from '../../errors.ts';
import type { Repository } from '../git/git.ts';
import { pidSpace, startOf } from '../git/process.ts';
import { branchRef, checkEnv } from './branch.ts';

const Owner = z.object({ host: z.string(), pid: z.int(), started: z.string().nullable(), time: z.string() });

/** `time`: now, ISO 8601. Throws UsageError: who holds the lock, since when, what to do. */
export async function acquireLock({ commonDir }: Repository, env: string, time: string) {
  const path = join(commonDir, 'optimize', `${checkEnv(env)}.lock`);
  const [host, pid, nonce] = [pidSpace(), process.pid, randomUUID()];
  const text = JSON.stringify({ host, pid, started: startOf(pid), nonce, time });
  // A ref lock that a dead owner left would block every commit.
  const own = { text, path: `${path}.${nonce}`, refLock: join(commonDir, `${branchRef(env)}.lock`) };
  await mkdir(dirname(path), { recursive: true }).then(() => writeFile(own.path, text));
  const holder = await claim(path, own).finally(() => rm(own.path, { force: true }));
  if (holder === text) return { release: async () => void ((await read(path)) === text && (await unlink(path))) };
  const owner = Owner.parse(JSON.parse(holder));
  const where = owner.host === host ? 'this machine' : `another machine or container (${owner.host})`;
  const minutes = Math.max(0, Math.round((Date.parse(time) - Date.parse(owner.time)) / 60_000));
  throw new UsageError(
    `${env} is being worked on by process ${owner.pid} on ${where}, since ${minutes} min (${owner.time}); ` +
      `wait for it, or stop it: kill ${owner.pid}; if that one is gone for good, remove ${path}`,
  );
}

/** Who holds the lock now. Linking a finished file shows nobody half a lock. */
async function claim(path: string, own: Record<'path' | 'text' | 'refLock', string>): Promise<string> {
  const taken = await link(own.path, path).catch((error) => error.code === 'EEXIST' || Promise.reject(error));
  const holder = taken ? await read(path) : own.text;
  if (holder === null) return await claim(path, own);
  if (!isDead(holder, path)) return holder;
  // Whoever holds the lock on replacement replaces a dead owner.
  const rival = await claim(`${path}.next`, own);
  if (rival !== own.text) return rival;
  const unchanged = (await read(path)) === holder;
  if (unchanged) await rm(own.refLock, { force: true });
  if (unchanged) await link(own.path, `${own.path}.new`).then(() => rename(`${own.path}.new`, path));
  await unlink(`${path}.next`);
  return unchanged ? own.text : await claim(path, own);
}

const read = (path: string): Promise<string | null> =>
  readFile(path, 'utf8').catch((error) => (error.code === 'ENOENT' ? null : Promise.reject(error)));

function isDead(text: string, path: string): boolean {
  try {
    const { host, pid, started } = Owner.parse(JSON.parse(text));
    return host === pidSpace() && (startOf(pid) ?? 'gone') !== (started || startOf(pid));
  } catch {
    throw new UsageError(
      `${path}: expected a lock of this program, found something else; if no run is going on, remove it: rm '${path}'`,
    );
  }
}
