/** Is the agent deterministic, and if not, how noisy is one trial? */
import { mean, rounded, variance } from './arithmetic.ts';
import { DETERMINISM_TASKS } from './rules.ts';

/**
 * True if 20 or more tasks were each played twice or more and every repeat equals the first.
 * Digests of traces are sharper than rewards: tasks that always fail have equal rewards too. Throws
 * RangeError for a task without a repeat, or for NaN.
 */
export function isDeterministic(repeats: readonly (readonly (number | string)[])[]): boolean {
  for (const task of repeats) {
    if (task.length < 2)
      throw new RangeError(`isDeterministic: expected two or more trials per task, got ${task.length}`);
    if (task.some((trial) => Number.isNaN(trial))) throw new RangeError('isDeterministic: expected trials, got NaN');
  }
  return repeats.length >= DETERMINISM_TASKS && repeats.every((task) => task.every((trial) => trial === task[0]));
}

/**
 * Mean variance of one trial within a task, 0-0.5: unbiased for E[p(1 - p)]. Tasks with one trial
 * are left out; 0 if none is left. Throws RangeError for a reward outside 0-1.
 */
export function trialNoise(repeats: readonly (readonly number[])[]): number {
  for (const task of repeats)
    for (const reward of task)
      if (!(reward >= 0 && reward <= 1)) throw new RangeError(`trialNoise: expected rewards 0-1, got ${reward}`);
  const repeated = repeats.filter((task) => task.length > 1);
  return repeated.length === 0 ? 0 : rounded(mean(repeated.map(variance)));
}
