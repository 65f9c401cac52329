/** The STaR bet: wealth that grows only if the mean difference is above 0. */
import { exp, ln } from './arithmetic.ts';
import { RELEASE, STAR } from './rules.ts';

export interface StarBet {
  /** Final wealth W >= 0; it started at 1. */
  readonly wealth: number;
  /** True if W reached 1/alpha. */
  readonly reached: boolean;
}

/**
 * W = prod (1 + lambda_t d_t) over differences in their committed order, t = 0 .. N - 1, with
 * lambda_t = min(.95, sqrt(2 ln(1 / (alpha W)) / ((N - t) v_t))), 0 once W >= 1/alpha, and v_t =
 * max(.005, (5 * .15 + sum of past d^2) / (5 + past)). Source: `docs/gate.md#star-bet`. Stakes
 * depend on the past alone, so W is a supermartingale for a mean <= 0: P(W >= 1/alpha) <= alpha
 * (Ville 1939). Throws RangeError for an empty list, a difference outside -1..1, or alpha outside
 * (0, 1).
 */
export function starBet(differences: readonly number[], alpha: number = RELEASE.alpha): StarBet {
  if (differences.length === 0) throw new RangeError('starBet: expected at least one difference, got none');
  const { logWealth, target } = wealthSoFar(differences, differences.length, alpha);
  return { wealth: exp(logWealth), reached: logWealth >= target };
}

/** ln W after the first differences of a `planned` panel, and ln(1/alpha). Throws as `starBet`. */
export function wealthSoFar(
  differences: readonly number[],
  planned: number,
  alpha: number,
): { readonly logWealth: number; readonly target: number } {
  if (!(alpha > 0 && alpha < 1)) throw new RangeError(`starBet: expected alpha between 0 and 1, got ${alpha}`);
  const target = -ln(alpha);
  let logWealth = 0;
  let squares = 0;
  // An index is faster: plans and benchmarks place millions of bets.
  for (let t = 0; t < differences.length; t++) {
    const d = differences[t] as number;
    if (!(d >= -1 && d <= 1)) throw new RangeError(`starBet: expected differences -1..1, got ${d}`);
    if (logWealth < target && d !== 0) {
      const moment = Math.max(
        STAR.momentFloor,
        (STAR.momentWeight * STAR.momentPrior + squares) / (STAR.momentWeight + t),
      );
      const stake = Math.min(STAR.stakeCap, Math.sqrt((2 * (target - logWealth)) / ((planned - t) * moment)));
      logWealth += ln(1 + stake * d);
    }
    squares += d * d;
  }
  return { logWealth, target };
}
