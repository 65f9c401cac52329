/** Intervals: published values, coverage on known populations, and behaviour at the edges. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { coverage } from '../../bench/gate/measure.ts';
import { better, noise } from '../../bench/gate/panels.ts';
import { pairedInterval, scoreInterval } from './interval.ts';

const repeat = (count: number, value: number): number[] => new Array<number>(count).fill(value);

test('it is the Wald+2 interval: 40 better, 20 worse, 160 tasks (value printed by the R package PropCIs)', () => {
  const { low, high } = pairedInterval([...repeat(40, 1), ...repeat(20, -1), ...repeat(100, 0)]);
  expect(low).toBeCloseTo(0.03089632, 7);
  expect(high).toBeCloseTo(0.21601726, 7);
});

test('it contains the mean, stays within -1..1, has width, and mirrors when the arms are swapped', () => {
  const difference = fc.integer({ min: -8, max: 8 }).map((eighths) => eighths / 8);
  fc.assert(
    fc.property(fc.array(difference, { minLength: 1, maxLength: 50 }), (differences) => {
      const { low, high } = pairedInterval(differences);
      const effect = differences.reduce((sum, d) => sum + d, 0) / differences.length;
      expect(low).toBeLessThanOrEqual(effect);
      expect(high).toBeGreaterThanOrEqual(effect);
      expect(low).toBeLessThan(high);
      expect(low).toBeGreaterThanOrEqual(-1);
      expect(high).toBeLessThanOrEqual(1);
      const mirrored = pairedInterval(differences.map((d) => -d));
      expect(mirrored).toEqual({ low: -high || 0, high: -low || 0 });
    }),
    { seed: 2, numRuns: 200 },
  );
});

test.each([better(60, 1, 0.1), better(100, 4, 0.05), noise(60, 4)])('95 %% intervals cover: $name', (world) => {
  expect(coverage(world, 1000, 3)).toBeGreaterThan(0.93);
});

test('a score of win-or-lose trials has the Wilson interval', () => {
  const wins = (won: number, lost: number) => [...repeat(won, 1), ...repeat(lost, 0)].map((reward) => [reward]);
  expect(scoreInterval(wins(8, 2))).toMatchObject({ score: 0.8 });
  expect(scoreInterval(wins(8, 2)).low).toBeCloseTo(0.4902, 4);
  expect(scoreInterval(wins(8, 2)).high).toBeCloseTo(0.9433, 4);
  expect(scoreInterval(wins(0, 10))).toMatchObject({ score: 0, low: 0 });
  expect(scoreInterval(wins(0, 10)).high).toBeCloseTo(0.2775, 4);
  expect(scoreInterval(wins(10, 0))).toMatchObject({ score: 1, high: 1 });
});

test('repeats narrow a score only as far as tasks agree', () => {
  const width = (rewards: number[][]) => scoreInterval(rewards).high - scoreInterval(rewards).low;
  const settled = Array.from({ length: 40 }, (_, i) => repeat(4, i % 2));
  const coins = Array.from({ length: 40 }, () => [0, 1, 0, 1]);
  const once = Array.from({ length: 40 }, (_, i) => [i % 2]);
  expect(width(settled)).toBeCloseTo(width(once), 12);
  expect(width(coins)).toBeLessThanOrEqual(width(once));
  const mixed = Array.from({ length: 40 }, (_, i) => (i % 4 === 0 ? [0, 0, 0, 1] : [0, 1, 1, 0]));
  expect(width(mixed)).toBeLessThan(width(once) * 0.7);
});

test('nothing to measure and rewards that are none are errors', () => {
  expect(() => pairedInterval([])).toThrow(RangeError);
  expect(() => pairedInterval([NaN])).toThrow(RangeError);
  expect(() => scoreInterval([])).toThrow(RangeError);
  expect(() => scoreInterval([[]])).toThrow(RangeError);
  expect(() => scoreInterval([[1.2]])).toThrow(RangeError);
  expect(() => scoreInterval([[NaN]])).toThrow(RangeError);
});
