/** What N tasks can do, said before anything is played. */
import { expect, test } from 'vitest';
import { assignSplits } from '../environments/split.ts';
import type { Split, Task } from '../types.ts';
import { reachOf } from './reach.ts';

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
  [60, '60 tasks: can be played and diagnosed; a night, and with it a release, needs 120.'],
  [120, '120 tasks: learns, proposes and can release.'],
  [2, '2 tasks: can be played and diagnosed; a night, and with it a release, needs 30 in the split sealed.'],
])('%d dealt tasks', (count, sentence) => {
  expect(reachOf({ tasks: dealt(count) })).toBe(sentence);
});

test('shares of its own, no train tasks, no scorer', () => {
  const own = [task(0), task(1, 'dev'), ...Array.from({ length: 10 }, (_, id) => task(id + 2, 'sealed'))];
  expect(reachOf({ tasks: own })).toEqual(expect.stringMatching(/a release, needs \d+\.$/));
  expect(reachOf({ tasks: own.slice(2) })).toContain('in the split train');
  expect(reachOf({ tasks: own, unscored: true })).toContain('without a scorer');
});
