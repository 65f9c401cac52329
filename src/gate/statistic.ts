/** The one question of a release, asked of differences: did the exact test or the bet come out? */
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
 * Runs the test on the differences of a complete panel in their committed order. Besides the
 * statistic the mean has to be above 0: the bet stops once it has reached its target, and what came
 * later must not say the opposite. (That only ever refuses, so alpha holds; and it makes it
 * impossible that both arms beat each other.)
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
