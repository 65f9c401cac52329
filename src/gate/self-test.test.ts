/** A/A: the self test measures what was put in. */
import { expect, test } from 'vitest';
import { randomOf } from '../digest.ts';
import { RELEASE } from './rules.ts';
import { type Rolls, selfTest, tasksNeeded } from './self-test.ts';

/** Tasks with the given chances; `words` differ in every trial. */
function rolls(chances: readonly number[], trials: number, seed: number, family?: (index: number) => string): Rolls[] {
  const random = randomOf('self test', seed);
  return chances.map((chance, index) => ({
    task: `t${index}`,
    ...(family === undefined ? {} : { family: family(index) }),
    rewards: Array.from({ length: trials }, () => (random() < chance ? 1 : 0)),
    words: Array.from({ length: trials }, () => String(random())),
  }));
}
const repeat = <T>(count: number, value: T): T[] => new Array<T>(count).fill(value);

test('an agent that repeats itself has no noise and raises no false alarm', () => {
  const same = rolls([...repeat(20, 0), ...repeat(20, 1)], 4, 1).map((roll) => ({ ...roll, words: repeat(4, 'same') }));
  expect(selfTest(same, randomOf('a'))).toMatchObject({
    deterministic: true,
    sameScore: 1,
    noise: 0,
    falseKeeps: 0,
    falseReleases: 0,
    drift: { effect: 0 },
    familyCorrelation: null,
  });
});

test('noise is the mean of p (1 - p), and equal arms are released no more often than alpha', () => {
  const result = selfTest(rolls(repeat(100, 0.5), 6, 2), randomOf('b'));
  expect(result.deterministic).toBe(false);
  expect(Math.abs(result.noise - 0.25)).toBeLessThan(0.03);
  expect(result.falseReleases).toBeLessThanOrEqual(RELEASE.alpha + 0.015);
  // Less than half of what changes nothing passes the small bar of tier 1.
  expect(result.falseKeeps).toBeGreaterThan(0.1);
  expect(result.falseKeeps).toBeLessThan(0.45);
});

test('drift between the halves is found, and its sign is that of the change', () => {
  const falling = rolls(repeat(20, 0.5), 4, 3).map((roll) => ({ ...roll, rewards: [1, 1, 0, 0] }));
  expect(selfTest(falling, randomOf('c')).drift).toMatchObject({ effect: -1 });
});

test('families that score alike correlate, families of strangers do not', () => {
  const family = (index: number) => `f${index % 12}`;
  const alike = Array.from({ length: 30 }, (_, index) => (index % 12 < 6 ? 0.02 : 0.98));
  expect(selfTest(rolls(alike, 4, 4, family), randomOf('d')).familyCorrelation).toBeGreaterThan(0.8);
  const strangers = Array.from({ length: 60 }, (_, index) => (index < 30 ? 0.02 : 0.98));
  expect(Math.abs(selfTest(rolls(strangers, 4, 5, family), randomOf('e')).familyCorrelation as number)).toBeLessThan(
    0.3,
  );
});

test('more noise, smaller effects and fewer trials need more tasks', () => {
  const needed = (effect: number, trials: number, noise: number) => tasksNeeded(effect, trials, noise) ?? Infinity;
  expect(needed(0.1, 4, 0.12)).toBeGreaterThan(needed(0.2, 4, 0.12));
  expect(needed(0.1, 4, 0.2)).toBeGreaterThan(needed(0.1, 4, 0.02));
  expect(needed(0.2, 1, 0.12)).toBeGreaterThan(needed(0.2, 4, 0.12));
  expect(tasksNeeded(0.01, 1, 0.25)).toBeNull();
});

test('too few tasks or trials are an error', () => {
  expect(() => selfTest(rolls([0.5], 4, 1), randomOf('f'))).toThrow(RangeError);
  expect(() => selfTest(rolls([0.5, 0.5], 2, 1), randomOf('f'))).toThrow('three or more trials');
  expect(() => selfTest([], randomOf('f'))).toThrow(RangeError);
});
