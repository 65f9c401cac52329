/** Pairs: differences, families, and everything that is an error and never a verdict. */
import { expect, test } from 'vitest';
import { countSigns, isWinOrLose, Pair, pairDifferences, taskDifferences } from './pairs.ts';

const pair = (task: string, before: number[], after: number[], family?: string): Pair => ({
  task,
  tags: [],
  before,
  after,
  ...(family === undefined ? {} : { family }),
});

test('a difference is mean after minus mean before, whatever the numbers of trials', () => {
  expect(pairDifferences([pair('a', [0, 1], [1]), pair('b', [1, 1, 1, 0], [0.5, 0.25])])).toEqual([0.5, -0.375]);
});

test('equal scores give exactly 0', () => {
  expect(pairDifferences([pair('a', [0.1, 0.2, 0.3], [0.2])])).toEqual([0]);
  expect(countSigns(pairDifferences([pair('a', [0.7, 0.2], [0.45])]))).toEqual({ better: 0, worse: 0, same: 1 });
});

test('the tasks of a family are averaged, at the place of its first one', () => {
  const pairs = [
    pair('a', [0], [1], 'f'),
    pair('b', [1], [0]),
    pair('c', [0], [0], 'f'),
    pair('d', [0], [1]),
    pair('e', [1], [0], 'f'),
  ];
  expect(pairDifferences(pairs)).toEqual([0, -1, 1]);
  expect(taskDifferences(pairs)).toEqual([1, -1, 0, 1, -1]);
});

test.each([NaN, Infinity, -Infinity, -0.01, 1.01])('a reward of %s is an error', (bad) => {
  expect(() => pairDifferences([pair('a', [bad], [1])])).toThrow(RangeError);
  expect(() => pairDifferences([pair('a', [1], [1, bad])])).toThrow(RangeError);
  expect(Pair.safeParse(pair('a', [bad], [1])).success).toBe(false);
});

test('no pair, an arm without trials, and a task twice are errors', () => {
  expect(() => pairDifferences([])).toThrow(RangeError);
  expect(() => pairDifferences([pair('a', [], [1])])).toThrow('both arms');
  expect(() => pairDifferences([pair('a', [1], [])])).toThrow('both arms');
  expect(() => pairDifferences([pair('a', [1], [1]), pair('a', [1], [1])])).toThrow('twice');
  expect(() => pairDifferences([{ ...pair('a', [1], [1]), violationsAfter: -1 }])).toThrow('violations');
});

test('win-or-lose needs 0/1, one trial an arm, and no family of several tasks', () => {
  expect(isWinOrLose([pair('a', [0], [1]), pair('b', [1], [1], 'f')])).toBe(true);
  expect(isWinOrLose([pair('a', [0], [0.5])])).toBe(false);
  expect(isWinOrLose([pair('a', [0, 0], [1])])).toBe(false);
  expect(isWinOrLose([pair('a', [0], [1], 'f'), pair('b', [0], [1], 'f')])).toBe(false);
});

test('the schema refuses unknown keys', () => {
  expect(Pair.safeParse(pair('a', [0], [1])).success).toBe(true);
  expect(Pair.safeParse({ ...pair('a', [0], [1]), reward: 1 }).success).toBe(false);
});
