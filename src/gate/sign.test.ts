/**
 * The sign test: known values, exact integers as the oracle, and the false-release probability by
 * enumeration.
 */
import { expect, test } from 'vitest';
import { RELEASE } from './rules.ts';
import { signTest } from './sign.ts';

test.each([
  [6, 0, 0.0156],
  [10, 2, 0.0193],
  [12, 4, 0.0384],
  [0, 0, 1],
  [0, 5, 1],
])('%i better, %i worse -> p = %f', (better, worse, p) => {
  expect(signTest(better, worse)).toBeCloseTo(p, 4);
});

/** sum of C(n, i) for i >= from, over 2^n, in integers. */
function exactTail(n: number, from: number): number {
  let coefficient = 1n;
  let tail = 0n;
  for (let i = n; i >= from; i--) {
    tail += coefficient;
    coefficient = (coefficient * BigInt(i)) / BigInt(n - i + 1);
  }
  return Number((tail * 10n ** 40n) / 2n ** BigInt(n)) / 1e40;
}

test('it agrees with integer arithmetic', () => {
  for (const n of [1, 2, 7, 8, 31, 100, 1000])
    for (let better = 0; better <= n; better += Math.max(1, Math.floor(n / 25))) {
      const exact = exactTail(n, better);
      expect(Math.abs(signTest(better, n - better) - exact)).toBeLessThanOrEqual(1e-12 * exact + 1e-39);
    }
});

test('p and its mirror overlap in the middle term only', () => {
  for (const [b, w] of [
    [3, 3],
    [9, 4],
    [40, 61],
  ] as const) {
    const middle = signTest(b, w) - signTest(b + 1, w - 1);
    expect(signTest(b, w) + signTest(w, b)).toBeCloseTo(1 + middle, 12);
  }
});

test('it falls with each better task and rises with each worse one', () => {
  for (let n = 0; n < 30; n++)
    for (let b = 0; b <= n; b++) {
      expect(signTest(b + 1, n - b)).toBeLessThan(signTest(b, n - b) + 1e-15);
      expect(signTest(b, n - b + 1)).toBeGreaterThan(signTest(b, n - b) - 1e-15);
    }
});

test('enumerated over all panels of up to 8 tasks, a null releases with probability <= alpha', () => {
  for (const changes of [0.1, 0.5, 0.9, 1])
    for (let tasks = 1; tasks <= 8; tasks++) {
      let total = 0;
      let released = 0;
      for (let code = 0; code < 3 ** tasks; code++) {
        let better = 0;
        let worse = 0;
        for (let rest = code, t = 0; t < tasks; t++, rest = Math.floor(rest / 3)) {
          if (rest % 3 === 1) better += 1;
          if (rest % 3 === 2) worse += 1;
        }
        const probability = (changes / 2) ** (better + worse) * (1 - changes) ** (tasks - better - worse);
        total += probability;
        if (signTest(better, worse) <= RELEASE.alpha) released += probability;
      }
      expect(total).toBeCloseTo(1, 12);
      expect(released).toBeLessThanOrEqual(RELEASE.alpha);
      if (tasks >= 6 && changes === 1) expect(released).toBeGreaterThan(0);
    }
});

test.each([NaN, Infinity, -1, 0.5])('%s is no count', (bad) => {
  expect(() => signTest(bad, 1)).toThrow(RangeError);
  expect(() => signTest(1, bad)).toThrow(RangeError);
});
