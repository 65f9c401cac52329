/** Ending a look early: only when it cannot or will hardly release. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cannotRelease, isFutile } from './futility.ts';
import type { Pair } from './pairs.ts';
import { runTest } from './statistic.ts';

const panel = (differences: readonly number[]): Pair[] =>
  differences.map((d, index) => ({ task: `t${index}`, tags: [], before: [d < 0 ? 1 : 0], after: [d > 0 ? 1 : 0] }));
const repeat = (count: number, value: number): number[] => new Array<number>(count).fill(value);

test('a panel that even a perfect rest cannot save is futile', () => {
  expect(isFutile(panel(repeat(10, -1)), { planned: 15 })).toBe(true);
  expect(isFutile(panel(repeat(15, 0)), { planned: 20 })).toBe(true);
  // 5 tasks left can still give (6, 0).
  expect(isFutile(panel([...repeat(14, 0), 1]), { planned: 20 })).toBe(false);
});

test('violations end the look once the tasks to come cannot make up for them', () => {
  const pairs = panel(repeat(10, 1)).map((pair, index) => (index === 3 ? { ...pair, violationsAfter: 2 } : pair));
  expect(isFutile(pairs, { planned: 11 })).toBe(true);
  expect(isFutile(pairs, { planned: 12 })).toBe(false);
});

test('before 20 observations only the exact rule speaks; after that a lasting loss is enough', () => {
  expect(isFutile(panel(repeat(19, -1)), { planned: 200 })).toBe(false);
  expect(isFutile(panel(repeat(30, -1)), { planned: 100 })).toBe(true);
  expect(isFutile(panel([...repeat(20, 0), ...repeat(20, 1)]), { planned: 100 })).toBe(false);
});

test('nothing played, a complete panel, and families go on', () => {
  expect(isFutile([], { planned: 10 })).toBe(false);
  expect(isFutile(panel(repeat(10, -1)), { planned: 10 })).toBe(false);
  const families = panel(repeat(60, -1)).map((pair, index) => ({ ...pair, family: `f${index % 30}` }));
  expect(isFutile(families, { planned: 61 })).toBe(false);
});

test('the exact rule never stops a panel that would have released', () => {
  const difference = fc.integer({ min: -2, max: 2 }).map((halves) => halves / 2);
  fc.assert(
    fc.property(
      fc.array(difference, { minLength: 2, maxLength: 30 }),
      fc.array(fc.constantFrom(1, 1, 1, 0.5), { minLength: 1, maxLength: 15 }),
      (start, rest) => {
        const whole = [...start, ...rest];
        if (runTest(whole, 'star', 0.02).passed) expect(cannotRelease(start, rest.length, 'star', 0.02)).toBe(false);
        if (runTest(whole, 'sign', 0.02).passed) expect(cannotRelease(start, rest.length, 'sign', 0.02)).toBe(false);
      },
    ),
    { seed: 6, numRuns: 500 },
  );
});
