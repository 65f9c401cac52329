/** The test of a release on differences: the exact sign test or the STaR bet. */
import { mean, rounded } from './arithmetic.ts';
import { countSigns } from './pairs.ts';
import { signTest } from './sign.ts';
import { starBet } from './star.ts';

export type ReleaseTest = 'sign' | 'star';

export interface TestResult {
  readonly test: ReleaseTest;
  /** p value of `sign`, wealth of `star`; 12 significant digits. */
  readonly statistic: number;
  /** True if H0 (mean difference <= 0) is rejected at alpha. */
  readonly passed: boolean;
}

/**
 * Runs the test on a complete panel in its committed order. The mean must be above 0 as well: the
 * bet stops at its target, and later tasks must not say the opposite. That can only refuse, so
 * alpha holds, and both arms can never beat each other.
 */
export function runTest(differences: readonly number[], test: ReleaseTest, alpha: number): TestResult {
  const above = mean(differences) > 0;
  if (test === 'sign') {
    const { better, worse } = countSigns(differences);
    const p = rounded(signTest(better, worse));
    return { test, statistic: p, passed: above && p <= alpha };
  }
  const bet = starBet(differences, alpha);
  return { test, statistic: rounded(bet.wealth), passed: above && bet.reached };
}
