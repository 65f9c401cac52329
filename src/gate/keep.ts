/** Tier 1: races and prunes on dev. It steers the search and claims nothing. */
import { z } from 'zod';
import type { Verdict } from '../types.ts';
import { mean, rounded, variance } from './arithmetic.ts';
import { countSigns, type Pair, pairDifferences, taskDifferences } from './pairs.ts';
import { CHECK_EVERY, FIRST_CHECK, KEEP } from './rules.ts';
import { Spending, verdictOf } from './verdict.ts';

export const KeepOptions = Spending.extend({
  /** Number of tasks planned for the race. */
  planned: z.int().min(1),
});
export type KeepOptions = z.infer<typeof KeepOptions>;

/** z = mean(d) / sqrt(max(var(d), .03) / t), var with divisor t - 1 (`docs/gate.md#race`). */
export function raceScore(differences: readonly number[]): number {
  return mean(differences) / Math.sqrt(Math.max(variance(differences), KEEP.varianceFloor) / differences.length);
}

/**
 * Tasks at the first interim check with z < -0.3, or null. Checks come after 20, 25, 30, ... tasks,
 * whatever the concurrency. Throws RangeError for a value outside -1..1.
 */
export function hopelessAt(differences: readonly number[]): number | null {
  for (const d of differences)
    if (!(d >= -1 && d <= 1)) throw new RangeError(`hopelessAt: expected differences -1..1, got ${d}`);
  for (let tasks = FIRST_CHECK; tasks <= differences.length; tasks += CHECK_EVERY)
    if (isHopelessNow(differences.slice(0, tasks))) return tasks;
  return null;
}

/** True if an interim check is due and z < -0.3. Takes `taskDifferences` in the order played. */
export const isHopelessNow = (differences: readonly number[]): boolean =>
  isDue(differences.length) && raceScore(differences) < KEEP.hopelessZ;

/** True after 20, 25, 30, ... tasks. */
const isDue = (tasks: number): boolean => tasks >= FIRST_CHECK && (tasks - FIRST_CHECK) % CHECK_EVERY === 0;

/**
 * Judges `pairs` in the order played. Throws as `assertPairs`, or for more pairs than planned.
 * - `hopeless` (rejected): an interim check failed; later results do not count.
 * - `incomplete` (inconclusive): stopped for another reason.
 * - `improved` (accepted): see `isBetter`; everything else, ties too, is `not_better` (rejected).
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
 * True if z > .3, families averaged. Half of all no-op edits score above 0 by chance; requiring z >
 * .3 rejects many of them and few real gains (`docs/gate.md#race`).
 */
export const isBetter = (pairs: readonly Pair[]): boolean => raceScore(pairDifferences(pairs)) > KEEP.minZ;

/**
 * True if z >= 2: the candidate's own scores then replace the baseline. A narrower win is averaged
 * with the baseline, because a lucky trial would be a baseline that nothing beats.
 */
export const isClear = (pairs: readonly Pair[]): boolean => raceScore(pairDifferences(pairs)) >= KEEP.clearZ;

/**
 * Leave-one-out: `before` has the part, `after` does not. Throws as `assertPairs`.
 * - `does_not_pay` (accepted, dropped): the mean without it is no lower, and some task differs.
 * - `pays` (rejected): the mean without it is lower.
 * - `no_task_differs` (rejected): dev says nothing, so the train failures behind the part decide.
 */
export function decidePrune(pairs: readonly Pair[], options: Spending = {}): Verdict {
  const differences = pairDifferences(pairs);
  const { better, worse } = countSigns(differences);
  const common = { stage: 'prune', test: 'mean', statistic: rounded(raceScore(differences)), alpha: null } as const;
  const conclude = (decision: Verdict['decision'], reason: string, lead: string) =>
    verdictOf(pairs, Spending.parse(options), { ...common, decision, reason, lead });
  if (better + worse === 0) return conclude('rejected', 'no_task_differs', 'stays, no dev task depends on it');
  return mean(differences) < 0
    ? conclude('rejected', 'pays', 'stays, dev is worse without it')
    : conclude('accepted', 'does_not_pay', 'dropped, dev is no worse without it');
}
