/** The mixture bet: evidence against a protected tag that ignores the order of its tasks. */
import { MIXTURE } from './rules.ts';

/**
 * E = (1/G) sum over g of prod (1 + lambda_g d), lambda_g = .95 (g - 1/2) / G, G = 20, d in -1..1;
 * at most 1e300. E has mean <= 1 when the mean of d is <= 0, so P(E >= e) <= 1/e (Ville 1939;
 * `docs/gate.md#tag-guard`). STaR stakes all on the last tasks and reaches a target of 3 by luck in
 * up to a third of the cases, this mixture in about 4 %. Throws RangeError for bad input.
 */
export function mixtureWealth(differences: readonly number[]): number {
  if (differences.length === 0) throw new RangeError('mixtureWealth: expected at least one difference, got none');
  for (const d of differences)
    if (!(d >= -1 && d <= 1)) throw new RangeError(`mixtureWealth: expected differences -1..1, got ${d}`);
  let total = 0;
  for (let g = 1; g <= MIXTURE.bets; g++) {
    const stake = (MIXTURE.stakeCap * (g - 0.5)) / MIXTURE.bets;
    let wealth = 1;
    for (const d of differences) wealth *= 1 + stake * d;
    total += Math.min(wealth, 1e300) / MIXTURE.bets;
  }
  return Math.min(total, 1e300);
}
