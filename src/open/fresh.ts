/** Plays tasks where no code of their environment ran before: in a thread that loads it again. */
import { Worker } from 'node:worker_threads';
import type { FreshPlay } from '../environments/isolation.ts';
import { differences } from '../environments/state-diff.ts';
import { UsageError } from '../errors.ts';
import type { Environment, Task } from '../types.ts';

/** What the thread is given, and what it answers. */
export interface FreshAsk {
  readonly file: string;
  readonly root: string;
  readonly ids: readonly string[];
}
export interface FreshAnswer {
  readonly tasks: readonly Task[];
  readonly plays: readonly FreshPlay[];
}

/**
 * [] for an environment without a file. Throws UsageError if it does not load there, ends the
 * thread, or has other tasks than here.
 */
export async function playFreshly(
  { name, file, tasks }: Environment,
  root: string,
  ids: readonly string[],
): Promise<readonly FreshPlay[]> {
  // The thread runs the built program alone.
  if (file === undefined || import.meta.url.endsWith('.ts')) return [];
  const ask: FreshAsk = { file, root, ids };
  const worker = new Worker(new URL('./fresh-thread.js', import.meta.url), { workerData: ask, stdout: true });
  let answer: FreshAnswer;
  try {
    answer = await new Promise<FreshAnswer>((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', (error) =>
        reject(new UsageError(`${name}, loaded a second time: ${error.message}`, { cause: error })),
      );
      worker.once('exit', () => reject(new UsageError(`${name}, loaded a second time: it ended before it answered`)));
    });
  } finally {
    await worker.terminate();
  }
  const [difference] = differences(tasks, answer.tasks, 'tasks');
  if (difference === undefined) return answer.plays;
  throw new UsageError(
    `${name}: a second process has other tasks than this one (${difference.slice(0, 300)}); make them without Math.random, the clock or a counter`,
  );
}
