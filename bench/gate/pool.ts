/** Measures jobs in as many processes as the machine has processors. */
import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Job, Result } from './jobs.ts';

/**
 * Results in the order of `jobs`. Rejects with the first process that ends early; `told` is called
 * after every job.
 */
export function measureAll(jobs: readonly Job[], told: (done: number) => void): Promise<Result[]> {
  const results: Result[] = new Array(jobs.length);
  let next = 0;
  let done = 0;
  const worker = () =>
    new Promise<void>((resolve, reject) => {
      const child = fork(join(import.meta.dirname, 'worker.js'));
      const feed = () => {
        if (next === jobs.length) {
          child.disconnect();
          resolve();
          return;
        }
        const id = next++;
        child.send({ id, job: jobs[id] });
      };
      child.on('message', (message: 'ready' | { id: number; result: Result }) => {
        if (message !== 'ready') {
          results[message.id] = message.result;
          told(++done);
        }
        feed();
      });
      child.on('error', reject);
      child.on('exit', (code) => {
        if (code !== 0) reject(new Error(`a measuring process ended with code ${code}`));
      });
    });
  const processes = Math.max(1, Math.min(availableParallelism(), jobs.length));
  return Promise.all(Array.from({ length: processes }, worker)).then(() => results);
}
