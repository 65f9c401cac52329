/** Equal tasks are found by what they are, never by their ids. */
import { describe, expect, it, test } from 'vitest';
import { z } from 'zod';
import type { Split } from '../types.ts';
import { assertFit } from './check.ts';
import { defineEnvironment, tool } from './define.ts';
import { newTasks } from './equal-tasks.ts';

interface Row {
  readonly id: string;
  readonly split: Split;
  readonly input: { readonly door: string; readonly words?: string; readonly uid?: string };
  readonly family?: string;
}
const row = (id: string, split: Split, door = id, more: object = {}): Row => ({ id, split, input: { door, ...more } });
const distinct = (['train', 'dev', 'sealed'] as const).flatMap((split) =>
  Array.from({ length: 4 }, (_, i) => row(`${split}${i}`, split)),
);
const doors = (rows: readonly Row[], more: object = {}) =>
  defineEnvironment({
    name: 'doors',
    tasks: [...distinct, ...rows],
    prompt: ({ input: { door, words } }: Row) => words ?? `Open door ${door}.`,
    reset: ({ input: { door } }: Row) => ({ [door]: 'shut' }) as Record<string, string>,
    tools: {
      open: tool(
        'Open.',
        z.object({ door: z.string() }),
        (doors: Record<string, string>, { door }) => void Object.assign(doors, { [door]: 'open' }),
      ),
    },
    score: ({ input: { door } }: Row, state: Record<string, string>) => ({
      reward: state[door] === 'open' ? 1 : 0,
      checks: [],
    }),
    oracle: ({ input: { door } }: Row) => ({ calls: [{ name: 'open', arguments: { door } }], summary: 'Open.' }),
    ...more,
  } as never);
const judge = (...given: Parameters<typeof doors>) => assertFit(doors(...given), doors(...given).tasks);

test.each<[string, readonly Row[], RegExp]>([
  [
    'a sealed copy of a train task',
    [row('s', 'sealed', 'train1')],
    /1 tasks are in two splits.*train1 \(train\) and s \(sealed\)/,
  ],
  [
    'a dev copy under other blanks',
    [row('d', 'dev', 'train1', { words: ' Open  door train1 ' })],
    /train1 \(train\) and d \(dev\)/,
  ],
  [
    'a copy in capitals',
    [row('s', 'sealed', 'train1', { words: 'OPEN DOOR TRAIN1!' })],
    /train1 \(train\) and s \(sealed\)/,
  ],
  [
    'a copy with a number of its own',
    [row('s', 'sealed', 'train1', { uid: 'x7' })],
    /train1 \(train\) and s \(sealed\)/,
  ],
  [
    'copies within sealed',
    [row('a', 'sealed', 'x'), row('b', 'sealed', 'x'), row('c', 'sealed', 'x')],
    /3 tasks of a split are only 1.*a and b \(sealed\)/,
  ],
])('%s is refused', async (_, rows, sentence) => {
  await expect(judge(rows)).rejects.toThrow(sentence);
});

describe('what is not equal', () => {
  test.each<[string, readonly Row[]]>([
    ['copies of one family', ['a', 'b'].map((id) => ({ ...row(id, 'sealed', 'x'), family: 'x' }))],
    ['copies within train', [row('a', 'train', 'x'), row('b', 'train', 'x')]],
    [
      'the same words about another world',
      [row('a', 'train', 'x', { words: 'Open it.' }), row('b', 'sealed', 'y', { words: 'Open it.' })],
    ],
  ])('%s', async (_, rows) => {
    await expect(judge(rows)).resolves.toBeUndefined();
  });

  it('a start that depends on the id', async () => {
    const rows = [row('left', 'train', 'x'), row('right', 'sealed', 'x')];
    const reset = ({ id }: Row) => ({ x: id === 'right' ? 'jammed' : 'shut' });
    await expect(judge(rows, { reset })).resolves.toBeUndefined();
  });
});

it('a function is a list if another seed gives the same tasks, whatever their ids', () => {
  const made = (input: (seed: number, n: number) => string) =>
    doors([], {
      tasks: ({ seed, tasks }: { seed: number; tasks: number }) =>
        Array.from({ length: tasks }, (_, n) => row(`t${seed}-${n}`, 'train', input(seed, n))),
    }).generate;
  expect(made((_seed, n) => `${n}`)).toBeUndefined();
  expect(made((_seed, n) => `${n % 40}`)).toBeUndefined();
  expect(made((seed, n) => `${(seed + n) % 200}`)).toBeUndefined();
  expect(made((seed, n) => `${seed}-${n}`)).toBeDefined();
});

it('leaves known tasks and copies out of a fresh draw', () => {
  const fresh = [row('a', 'sealed', 'train1'), row('b', 'sealed', 'new'), row('c', 'sealed', 'new')];
  const { tasks } = doors(fresh);
  expect(newTasks(tasks.slice(-3), tasks.slice(0, -3)).map(({ id }) => id)).toEqual(['b']);
});
