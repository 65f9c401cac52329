/** What N tasks can do, said before anything is played. */
import { expect, test } from 'vitest';
import { assignSplits } from '../environments/split.ts';
import type { Split, Task } from '../types.ts';
import { reachOf, unprovenBy } from './reach.ts';

const task = (id: number, split: Split = 'train'): Task => ({
  id: `t${id}`,
  split,
  tags: [],
  request: 'x',
  target: null,
});
const dealt = (count: number) =>
  assignSplits(
    Array.from({ length: count }, (_, id) => task(id)),
    'x',
  );

test.each<[number, string]>([
  [60, '60 tasks: learns and proposes; a release needs 120.'],
  [120, '120 tasks: learns, proposes and can release.'],
  [2, '2 tasks: can be played and diagnosed; a night needs 5 in the split train, a release 30 in the split sealed.'],
])('%d dealt tasks', (count, sentence) => {
  expect(reachOf({ tasks: dealt(count) })).toBe(sentence);
});

test('what a release lacks, by split', () => {
  expect(unprovenBy(dealt(120))).toBeNull();
  expect(unprovenBy(dealt(60))).toBe('15 dev and 15 sealed tasks; a release needs at least 20 and 30');
  expect(unprovenBy(dealt(100))).toBe('25 sealed tasks; a release needs at least 30');
});

test('shares of its own, no train tasks, no scorer', () => {
  const own = [task(0), task(1, 'dev'), ...Array.from({ length: 10 }, (_, id) => task(id + 2, 'sealed'))];
  expect(reachOf({ tasks: own })).toMatch(/a night needs 5 in the split train, a release \d+\.$/);
  expect(reachOf({ tasks: own.slice(2) })).toContain('in the split train');
  expect(reachOf({ tasks: own, unscored: true })).toContain('without a scorer');
});
