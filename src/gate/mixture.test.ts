/** The mixture bet: check values (`docs/gate.md#tag-guard`) and its mean under the null. */
import { expect, test } from 'vitest';
import { mixtureWealth } from './mixture.ts';

const mix = (better: number, worse: number): number[] => [
  ...new Array<number>(better).fill(1),
  ...new Array<number>(worse).fill(-1),
];

test('(6, 0) -> 15.96, (10, 2) -> 9.91', () => {
  expect(mixtureWealth(mix(6, 0))).toBeCloseTo(15.96, 2);
  expect(mixtureWealth(mix(10, 2))).toBeCloseTo(9.91, 2);
});

test('order and unchanged tasks do not matter', () => {
  expect(mixtureWealth([0, ...mix(10, 2).toReversed(), 0])).toBeCloseTo(mixtureWealth(mix(10, 2)), 10);
});

test('over all equally likely panels the mean is 1', () => {
  let sum = 0;
  for (let code = 0; code < 3 ** 7; code++)
    sum += mixtureWealth(Array.from({ length: 7 }, (_, t) => (Math.floor(code / 3 ** t) % 3) - 1));
  expect(sum / 3 ** 7).toBeCloseTo(1, 10);
});

test('large panels stay finite; misuse is an error', () => {
  expect(mixtureWealth(mix(5000, 0))).toBeLessThanOrEqual(1e300);
  expect(() => mixtureWealth([])).toThrow(RangeError);
  expect(() => mixtureWealth([NaN])).toThrow(RangeError);
});
