/** 95 % intervals in closed form, so that every machine computes the same bytes. */
import { mean, rounded, variance } from './arithmetic.ts';
import { Z_95 } from './rules.ts';

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/**
 * 95 % interval of the mean of differences -1..1: "Wald+2" (Agresti & Min 2005, Statistics in
 * Medicine 24, 729-740) adds half a task to each cell of the paired table. Fractional differences
 * get the same two tasks, so no width is 0. Coverage: `docs/gate.md#what-is-only-simulated`. Throws
 * RangeError for an empty list.
 */
export function pairedInterval(differences: readonly number[]): Interval {
  const { center, error } = waldPlusTwo(differences);
  const half = Z_95 * error;
  return { low: rounded(Math.max(-1, center - half)), high: rounded(Math.min(1, center + half)) };
}

/** Center and standard error of the interval above. Throws as it does. */
export function waldPlusTwo(differences: readonly number[]): { readonly center: number; readonly error: number } {
  if (differences.length === 0) throw new RangeError('pairedInterval: expected at least one difference, got none');
  let sum = 0;
  let squares = 1;
  for (const d of differences) {
    if (!(d >= -1 && d <= 1)) throw new RangeError(`pairedInterval: expected differences -1..1, got ${d}`);
    sum += d;
    squares += d * d;
  }
  const n = differences.length + 2;
  const center = sum / n;
  return { center, error: Math.sqrt((squares / n - center * center) / n) };
}

/**
 * Mean score 0-1 of one arm with Wilson's interval (1927), from the rewards of each task. n is the
 * effective number p(1 - p) / var of the task means (Korn & Graubard 1998), between the number of
 * tasks and of rewards. Throws RangeError for no task, a task without reward, or a reward outside
 * 0-1.
 */
export function scoreInterval(rewards: readonly (readonly number[])[]): Interval & { readonly score: number } {
  if (rewards.length === 0) throw new RangeError('scoreInterval: expected at least one task, got none');
  let trials = 0;
  const means = rewards.map((task) => {
    if (task.length === 0) throw new RangeError('scoreInterval: expected at least one reward per task, got none');
    for (const reward of task)
      if (!(reward >= 0 && reward <= 1)) throw new RangeError(`scoreInterval: expected rewards 0-1, got ${reward}`);
    trials += task.length;
    return mean(task);
  });
  const p = Math.min(1, mean(means));
  const spread = variance(means) / means.length;
  const effective = spread > 0 ? (p * (1 - p)) / spread : means.length;
  const n = Math.min(Math.max(effective, means.length), trials);
  const z2 = Z_95 * Z_95;
  const center = (p + z2 / (2 * n)) / (1 + z2 / n);
  const half = (Z_95 / (1 + z2 / n)) * Math.sqrt((p * (1 - p)) / n + z2 / (4 * n * n));
  return { score: rounded(p), low: rounded(Math.max(0, center - half)), high: rounded(Math.min(1, center + half)) };
}
