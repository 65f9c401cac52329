/** The exact one-sided sign test over the tasks that differ. */
import { exp, ln } from './arithmetic.ts';

/**
 * P(Bin(better + worse, 1/2) >= better); 1 when no task differs (Dixon & Mood 1946; for 0/1 pairs
 * the exact one-sided McNemar test). Throws RangeError for anything but counts.
 */
export function signTest(better: number, worse: number): number {
  for (const count of [better, worse])
    if (!Number.isInteger(count) || count < 0) throw new RangeError(`signTest: expected counts, got ${count}`);
  const n = better + worse;
  // The upper tail is summed from the middle outwards, where its terms only shrink.
  return 2 * better > n ? upperTail(n, better) : 1 - upperTail(n, n - better + 1);
}

/** P(Bin(n, 1/2) >= from) for from > n / 2. */
function upperTail(n: number, from: number): number {
  if (from > n) return 0;
  let logFirst = -n * Math.LN2;
  for (let i = 1; i <= n - from; i++) logFirst += ln((n - i + 1) / i);
  let ratio = 1;
  let sum = 1;
  for (let i = from; i < n; i++) {
    ratio *= (n - i) / (i + 1);
    sum += ratio;
  }
  return Math.min(1, exp(logFirst) * sum);
}
