/** One writer at a time, by a file that names its process. */
import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { UsageError } from '../errors.ts';

const PATIENCE_MS = 30_000;
const STEP_MS = 20;

/** Waits for another writer; one that is no longer alive is passed. */
export function locked<T>(path: string, work: () => T): T {
  for (let waited = 0; !take(path); waited += STEP_MS) {
    if (waited >= PATIENCE_MS)
      throw new UsageError(`another process writes here since ${PATIENCE_MS / 1000} s; end it, or remove the file`, {
        where: path,
      });
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, STEP_MS);
  }
  try {
    return work();
  } finally {
    rmSync(path, { force: true });
  }
}

function take(path: string): boolean {
  try {
    const file = openSync(path, 'wx', 0o600);
    writeSync(file, String(process.pid));
    closeSync(file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const owner = ownerOf(path);
  if (owner !== null && !isAlive(owner)) rmSync(path, { force: true });
  return false;
}

/** Null while its maker has not written yet, or has just removed it. */
function ownerOf(path: string): number | null {
  try {
    const owner = Number(readFileSync(path, 'utf8'));
    return Number.isSafeInteger(owner) && owner > 0 ? owner : null;
  } catch {
    return null;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
