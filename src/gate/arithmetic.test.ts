/** The in-house functions agree with the platform's and with simple-statistics. */
import { probit, sampleVariance } from 'simple-statistics';
import { expect, test } from 'vitest';
import { exp, leastEnough, ln, normalCdf, normalQuantile, rounded, variance } from './arithmetic.ts';

test('ln agrees with Math.log to 14 digits', () => {
  for (const x of [1e-300, 1e-9, 0.05, 0.5, 0.71, 0.9999999, 1, 1.0000001, 1.4143, 2, 50, 12345.678, 1e300])
    expect(Math.abs(ln(x) - Math.log(x))).toBeLessThanOrEqual(2e-15 * Math.max(1, Math.abs(Math.log(x))));
  expect(ln(1)).toBe(0);
});

test('exp agrees with Math.exp to 12 digits', () => {
  for (const x of [-700, -100, -3.3, -1e-9, 0, 1e-9, 0.5, 3.9, 100, 700])
    expect(exp(x) / Math.exp(x)).toBeCloseTo(1, 12);
  expect(exp(0)).toBe(1);
  expect(exp(-1000)).toBe(0);
});

test('ln and exp refuse what has no finite answer', () => {
  for (const x of [0, -1, NaN, Infinity]) expect(() => ln(x)).toThrow(RangeError);
  for (const x of [NaN, 710]) expect(() => exp(x)).toThrow(RangeError);
});

test('the normal distribution has its known values', () => {
  expect(normalCdf(0)).toBeCloseTo(0.5, 6);
  expect(normalCdf(1.959963984540054)).toBeCloseTo(0.975, 6);
  expect(normalCdf(-2.053748910631823)).toBeCloseTo(0.02, 6);
  expect(normalQuantile(0.98)).toBeCloseTo(2.05375, 4);
  expect(normalQuantile(0.9)).toBeCloseTo(probit(0.9), 2);
});

test('variance is the sample variance', () => {
  const values = [0.25, -1, 0.5, 0, 0, 1];
  expect(variance(values)).toBeCloseTo(sampleVariance(values), 14);
  expect(variance([3])).toBe(0);
});

test('rounded keeps 12 significant digits and has no negative zero', () => {
  expect(rounded(0.1 + 0.2)).toBe(0.3);
  expect(Object.is(rounded(-0), 0)).toBe(true);
});

test('the least number that is enough, and the highest when only that is', () => {
  for (let limit = 4; limit <= 50; limit++) expect(leastEnough(3, 50, (value) => value >= limit)).toBe(limit);
});
