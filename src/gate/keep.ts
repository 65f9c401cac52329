/**
 * Tier 1: a candidate's race on dev, and whether a part of the branch pays. It steers the search
 * and claims nothing.
 */
import { z } from 'zod';
import type { Verdict } from '../types.ts';
import { mean, rounded, variance } from './arithmetic.ts';
import { countSigns, type Pair, pairDifferences, taskDifferences } from './pairs.ts';
import { CHECK_EVERY, FIRST_CHECK, KEEP } from './rules.ts';
import { Spending, verdictOf } from './verdict.ts';

export const KeepOptions = Spending.extend({
  /** Tasks that the race was to play. */
  planned: z.int().min(1),
});
export type KeepOptions = z.infer<typeof KeepOptions>;

/** z = mean(d) / sqrt(max(var(d), .03) / t), var with divisor t - 1 (`docs/gate.md#race`). */
export function raceScore(differences: readonly number[]): number {
  return mean(differences) / Math.sqrt(Math.max(variance(differences), KEEP.varianceFloor) / differences.length);
}

/**
 * The number of tasks at the first interim check that found z < -0.3, or null. Checks are after 20,
 * 25, 30, ... tasks, however many results came in at once, so that the answer does not depend on
 * concurrency. Throws RangeError for a value outside -1..1.
 */
export function hopelessAt(differences: readonly number[]): number | null {
  for (const d of differences)
    if (!(d >= -1 && d <= 1)) throw new RangeError(`hopelessAt: expected differences -1..1, got ${d}`);
  for (let tasks = FIRST_CHECK; tasks <= differences.length; tasks += CHECK_EVERY)
    if (isHopelessNow(differences.slice(0, tasks))) return tasks;
  return null;
}

/**
 * True if the race may stop after these tasks: an interim check is due, and z < -0.3. Takes
 * `taskDifferences` in the order played.
 */
export const isHopelessNow = (differences: readonly number[]): boolean =>
  isDue(differences.length) && raceScore(differences) < KEEP.hopelessZ;

/** True if an interim check follows so many tasks: 20, 25, 30, ... */
const isDue = (tasks: number): boolean => tasks >= FIRST_CHECK && (tasks - FIRST_CHECK) % CHECK_EVERY === 0;

/**
 * `pairs` in the order played. Reasons: `hopeless` (a check before the last planned task failed;
 * what was played after it does not count in its favour), `incomplete` (stopped for another reason:
 * inconclusive), `improved` (kept: see `isBetter`), `not_better` (all else, and a tie). Throws as
 * `assertPairs`, or when more was played than planned.
 */
export function decideKeep(pairs: readonly Pair[], options: KeepOptions): Verdict {
  const { planned, voids = 0, ...spending } = KeepOptions.parse(options);
  const race = taskDifferences(pairs);
  if (race.length > planned) throw new RangeError(`decideKeep: expected at most ${planned} pairs, got ${race.length}`);
  const stopped = hopelessAt(race);
  const common = { stage: 'keep', test: 'mean', statistic: rounded(raceScore(race)), alpha: null } as const;
  const conclude = (decision: Verdict['decision'], reason: string, lead: string) =>
    verdictOf(pairs, { ...spending, voids }, { ...common, decision, reason, lead });
  if (stopped !== null && stopped < planned)
    return conclude('rejected', 'hopeless', `hopeless after ${stopped} of ${planned} dev tasks`);
  if (race.length + voids < planned)
    return conclude('inconclusive', 'incomplete', `${race.length} of ${planned} dev tasks played`);
  return isBetter(pairs)
    ? conclude('accepted', 'improved', 'kept')
    : conclude('rejected', 'not_better', 'not better on dev');
}

/**
 * True if the mean difference, families averaged, is above 0 by .3 standard errors. Half of
 * all no-op edits score above 0 by chance; requiring z > .3 rejects many of them and few real gains
 * (`docs/gate.md#race`).
 */
export const isBetter = (pairs: readonly Pair[]): boolean => raceScore(pairDifferences(pairs)) > KEEP.minZ;

/**
 * True if what was kept won so clearly (z >= 2) that its own scores are the bar from now on. Else
 * they are averaged with those that it beat: a single trial that won by luck would be a bar that
 * nothing passes.
 */
export const isClear = (pairs: readonly Pair[]): boolean => raceScore(pairDifferences(pairs)) >= KEEP.clearZ;

/**
 * Leave-one-out: `before` is the branch with the part, `after` the branch without it. The part is
 * dropped (`accepted`, reason `does_not_pay`) if the mean without it is higher, or equal while some
 * task differs: then it takes as much as it gives. It stays (`rejected`) if it `pays`, or if
 * `no_task_differs`: dev then says nothing, and the train failures that led to the part stand.
 * Throws as `assertPairs`.
 */
export function decidePrune(pairs: readonly Pair[], options: Spending = {}): Verdict {
  const differences = pairDifferences(pairs);
  const { better, worse } = countSigns(differences);
  const common = { stage: 'prune', test: 'mean', statistic: rounded(raceScore(differences)), alpha: null } as const;
  const conclude = (decision: Verdict['decision'], reason: string, lead: string) =>
    verdictOf(pairs, options, { ...common, decision, reason, lead });
  if (better + worse === 0) return conclude('rejected', 'no_task_differs', 'stays, no dev task depends on it');
  return mean(differences) < 0
    ? conclude('rejected', 'pays', 'stays, dev is worse without it')
    : conclude('accepted', 'does_not_pay', 'dropped, dev is no worse without it');
}
