/**
 * One writer at a time: a lock file in the git folder that names its owner and is taken over only
 * from a dead one.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { link, mkdir, readdir, readFile, rename, rm, unlink, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { UsageError } from '../../errors.ts';
import { type Repository, scratchPrefix } from '../git/git.ts';
import { branchRef, checkEnv } from './branch.ts';

export const LockOwner = z.strictObject({
  host: z.string(),
  pid: z.int(),
  /**
   * What tells this process from a later one with the same pid; null where the system does not say.
   */
  started: z.string().nullable(),
  nonce: z.string(),
  /** ISO 8601. */
  time: z.string(),
});
export type LockOwner = z.infer<typeof LockOwner>;

/** What the lock asks of the machine; replaced in tests. */
export interface Machine {
  readonly host: string;
  readonly pid: number;
  alive(pid: number): boolean;
  /** Boot and start time of a running process; null if unknown. */
  started(pid: number): Promise<string | null>;
}

/**
 * A killed process stays listed until its parent asks for it, in a container perhaps for ever; it
 * holds nothing any more.
 */
function isZombie(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return /^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2));
  } catch {
    return false;
  }
}

export const thisMachine: Machine = {
  host: hostname(),
  pid: process.pid,
  alive(pid) {
    try {
      process.kill(pid, 0);
    } catch (error) {
      // EPERM: there is such a process, it is not ours.
      return (error as NodeJS.ErrnoException).code !== 'ESRCH';
    }
    return !isZombie(pid);
  },
  async started(pid) {
    try {
      const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8');
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
      // Field 22, counted after the command name, which may itself hold spaces and brackets.
      const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
      return ticks === undefined ? null : `${boot.trim()}:${ticks}`;
    } catch {
      return null;
    }
  },
};

export interface Lock {
  readonly path: string;
  readonly owner: LockOwner;
  /** Removes the lock if it is still ours. */
  release(): Promise<void>;
}

export const lockPath = (repository: Repository, env: string): string =>
  join(repository.commonDir, 'optimize', `${checkEnv(env)}.lock`);

/**
 * Takes the lock of an environment or throws `UsageError` naming the owner, its age and what to do.
 * `time` is now, ISO 8601.
 */
export async function acquireLock(
  repository: Repository,
  env: string,
  time: string,
  machine: Machine = thisMachine,
): Promise<Lock> {
  const path = lockPath(repository, env);
  await mkdir(dirname(path), { recursive: true });
  const owner: LockOwner = {
    host: machine.host,
    pid: machine.pid,
    started: await machine.started(machine.pid),
    nonce: randomBytes(12).toString('hex'),
    time,
  };
  const own = `${path}.${owner.nonce}`;
  await writeFile(own, `${JSON.stringify(owner)}\n`);
  try {
    if (!(await linkNew(own, path))) await takeOver(repository, { env, path, own, time, machine });
  } finally {
    await rm(own, { force: true });
  }
  await removeLeftovers(dirname(path), machine);
  return {
    path,
    owner,
    async release() {
      if ((await readOwner(path))?.nonce === owner.nonce) await unlink(path);
    },
  };
}

/** Scratch folders of processes that were killed on this machine. */
async function removeLeftovers(folder: string, machine: Machine): Promise<void> {
  for (const name of await readdir(folder)) {
    const pid = Number(/^scratch-[A-Za-z0-9]*-(\d+)-/.exec(name)?.[1]);
    if (Number.isInteger(pid) && name.startsWith(scratchPrefix(pid)) && !machine.alive(pid)) {
      await rm(join(folder, name), { recursive: true, force: true });
    }
  }
}

/** Hard links are created with their content, so that no reader ever sees half a lock. */
async function linkNew(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Null when there is no file; throws `UsageError` when it is not a lock of ours. */
async function readOwner(path: string): Promise<LockOwner | null> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  try {
    return LockOwner.parse(JSON.parse(text));
  } catch (cause) {
    throw new UsageError(`${path} is not a lock of this program; if no run is going on, remove it: rm '${path}'`, {
      cause,
    });
  }
}

interface Attempt {
  readonly env: string;
  readonly path: string;
  /** A file that holds our own owner record. */
  readonly own: string;
  readonly time: string;
  readonly machine: Machine;
}

/**
 * Only one process can create `<lock>.<nonce of the dead owner>`, so only one takes over; it checks
 * once more that the lock has not changed hands before that. A process that dies in between is a
 * dead owner itself, one link further on.
 */
async function takeOver(repository: Repository, attempt: Attempt): Promise<void> {
  const { path, own, machine } = attempt;
  const claims: string[] = [];
  const first = await readOwner(path);
  for (let owner = first; owner !== null; ) {
    if (!(await provablyDead(owner, machine))) throw new UsageError(lockedBy(owner, attempt));
    const claim = `${path}.after-${owner.nonce}`;
    if (await linkNew(own, claim)) {
      claims.push(claim);
      break;
    }
    claims.push(claim);
    owner = await readOwner(claim);
  }
  const now = await readOwner(path);
  if (first === null || now?.nonce !== first.nonce) {
    await rm(claims.at(-1) ?? own, { force: true });
    if (now !== null) throw new UsageError(lockedBy(now, attempt));
    if (!(await linkNew(own, path)))
      throw new UsageError(`${path}: someone else started at the same moment; run again`);
    return;
  }
  // A ref lock left behind by the dead owner would refuse every commit.
  await rm(join(repository.commonDir, `${branchRef(attempt.env)}.lock`), { force: true });
  const mine = `${own}.new`;
  await link(own, mine);
  await rename(mine, path);
  await Promise.all(claims.map((claim) => rm(claim, { force: true })));
}

/** Same machine, and the process is gone or its pid belongs to a later one. */
async function provablyDead(owner: LockOwner, machine: Machine): Promise<boolean> {
  if (owner.host !== machine.host) return false;
  if (!machine.alive(owner.pid)) return true;
  const started = await machine.started(owner.pid);
  return owner.started !== null && started !== null && owner.started !== started;
}

function lockedBy(owner: LockOwner, { env, path, time, machine }: Attempt): string {
  const minutes = Math.max(0, Math.round((Date.parse(time) - Date.parse(owner.time)) / 60_000));
  const where = owner.host === machine.host ? 'this machine' : owner.host;
  const advice =
    owner.host === machine.host
      ? `wait for it, or stop it: kill ${owner.pid}`
      : `if that machine is gone for good, remove ${path}`;
  return `${env} is being worked on by process ${owner.pid} on ${where}, since ${minutes} min (${owner.time}); ${advice}`;
}
