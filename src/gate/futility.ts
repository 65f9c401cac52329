/** Ends an unfinished look when it cannot release, or almost certainly will not. */
import { z } from 'zod';
import { ln, normalQuantile } from './arithmetic.ts';
import { violatesMore } from './guards.ts';
import { countSigns, isWinOrLose, type Pair, pairDifferences } from './pairs.ts';
import { FUTILITY, RELEASE, STAR } from './rules.ts';
import { signTest } from './sign.ts';
import { wealthSoFar } from './star.ts';

export const FutilityOptions = z.object({
  /** Tasks of the panel. */
  planned: z.int().min(1),
  /** Trials per task and arm. @default taken from the pairs */
  trials: z.int().min(1).optional(),
  /** As in `ReleaseOptions`. @default 0.02 */
  alpha: z.number().gt(0).lt(1).optional(),
});
export type FutilityOptions = z.infer<typeof FutilityOptions>;

/**
 * True if the look may stop after `pairs`, the first ones of the committed order.
 * 1. Exact: more violations are certain, or `cannotRelease`. This stop never changes a decision.
 * 2. Likely (`willHardlyRelease`), from 20 observations: costs power, never alpha, because a
 *    release needs the complete panel. With families only violations stop. Throws RangeError as
 *    `assertPairs`.
 */
export function isFutile(pairs: readonly Pair[], options: FutilityOptions): boolean {
  if (pairs.length === 0) return false;
  const { planned, trials, alpha = RELEASE.alpha } = FutilityOptions.parse(options);
  const differences = pairDifferences(pairs);
  const remaining = planned - pairs.length;
  if (remaining <= 0) return false;
  if (violatesMore(pairs, remaining)) return true;
  if (pairs.some((pair) => pair.family !== undefined)) return false;
  const test = (trials ?? 1) === 1 && isWinOrLose(pairs) ? 'sign' : 'star';
  return (
    cannotRelease(differences, remaining, test, alpha) ||
    (differences.length >= FUTILITY.firstLook && willHardlyRelease(differences, remaining, alpha))
  );
}

/**
 * True if no continuation can release: the mean stays <= 0, the sign test fails with all remaining
 * tasks better, or the wealth stays below 1/alpha when each task multiplies it by 1.95.
 */
export function cannotRelease(
  differences: readonly number[],
  remaining: number,
  test: 'sign' | 'star',
  alpha: number,
): boolean {
  const sum = differences.reduce((total, d) => total + d, 0);
  if (sum + remaining <= 0) return true;
  if (test === 'sign') {
    const { better, worse } = countSigns(differences);
    return signTest(better + remaining, worse) > alpha;
  }
  const { logWealth, target } = wealthSoFar(differences, differences.length + remaining, alpha);
  return logWealth + remaining * ln(1 + STAR.stakeCap) < target;
}

/**
 * Stochastic curtailment (Lan, Simon & Halperin 1982): true if the sum of d stays below z(1 -
 * alpha) sqrt(sum of d^2), even if the remaining tasks gain the mean so far plus 2 standard errors,
 * and 2 standard deviations of luck. Lenient: the bet needs more (2.8 against 2.05 at alpha .02).
 */
export function willHardlyRelease(differences: readonly number[], remaining: number, alpha: number): boolean {
  let sum = 0;
  let squares = 0;
  for (const d of differences) {
    sum += d;
    squares += d * d;
  }
  const played = differences.length;
  const average = sum / played;
  // One imagined task changes, so that a panel without a difference still has an error.
  const moment = (squares + 1) / (played + 1);
  const error = Math.sqrt(moment / played);
  const gain = Math.min(1, average + FUTILITY.optimism * error);
  const luck = FUTILITY.optimism * Math.sqrt(remaining * moment);
  const best = sum + Math.min(remaining, remaining * gain + luck);
  const needed = normalQuantile(1 - alpha) * Math.sqrt(squares + remaining * moment);
  return best < needed;
}
