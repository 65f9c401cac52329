/** Measures the jobs that its parent sends, one at a time. */
import { type Job, measure } from './jobs.ts';

process.on('message', ({ id, job }: { id: number; job: Job }) => {
  process.send?.({ id, result: measure(job) });
});
process.send?.('ready');
