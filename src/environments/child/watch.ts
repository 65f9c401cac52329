/**
 * A thread beside an environment's code, which may be in an endless loop: it ends the process when
 * the one that plays is gone, and tells which ask has held the first thread.
 */
import { writeSync } from 'node:fs';
import { Worker, workerData } from 'node:worker_threads';
import { endFamily, ownFamily } from './family.ts';
import { HELD_BY } from './protocol.ts';

const EVERY_MS = 250;

/** Starts the thread; the number of the ask that runs belongs into the returned memory, else 0. */
export function startWatch(): Int32Array {
  const running = new Int32Array(new SharedArrayBuffer(4));
  const resourceLimits = { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 4 };
  new Worker(new URL(import.meta.url), { workerData: { running }, execArgv: [], resourceLimits }).unref();
  return running;
}

function watch(running: Int32Array): void {
  const { mark, parent } = ownFamily();
  let last = 0;
  let told = 0;
  setInterval(() => {
    if (process.ppid !== parent) endFamily(process.pid, mark);
    const now = Atomics.load(running, 0);
    if (now !== 0 && now === last && now !== told) {
      told = now;
      try {
        writeSync(HELD_BY, `${now}\n`);
      } catch {
        // The environment's code closed it.
      }
    }
    last = now;
  }, EVERY_MS);
}

if (workerData?.running instanceof Int32Array) watch(workerData.running);
