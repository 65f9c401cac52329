/** Which proposal comes first, and what becomes of a bundle that failed. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Edit } from '../edit/schema.ts';
import { gainPerCost, halvesOf, queueOf } from './queue.ts';

const edit = (proposer: Edit['proposer'], fixes: number, addresses: string[] = [], say = 'Say it.'): Edit => ({
  ops: [{ op: 'skill.add', id: 'a', description: 'When.', lines: [say] }],
  hypothesis: '',
  addresses,
  predicts: { fixes, risks: '' },
  proposer,
});
const fixesOf = (edits: readonly Edit[]) => edits.map(({ predicts }) => predicts.fixes);

describe('the queue', () => {
  test('holds the mined edits as one bundle, and what a model wrote before it when that is expected to gain more', () => {
    const queue = queueOf([edit('mine', 2), edit('mine', 1), edit('reflect', 4), edit('reflect', 1)]);
    expect(queue.map(({ form, edits }) => [form, fixesOf(edits)])).toEqual([
      ['single', [4]],
      ['bundle', [2, 1]],
      ['single', [1]],
    ]);
  });

  test('holds every edit by itself when nothing was mined', () => {
    const queue = queueOf([edit('null', 1), edit('null', 3)]);
    expect(queue.map(({ form, edits }) => [form, fixesOf(edits)])).toEqual([
      ['single', [3]],
      ['single', [1]],
    ]);
  });

  test('holds every edit once, best gain per cost first', () => {
    const edits = fc.array(fc.record({ mined: fc.boolean(), fixes: fc.integer({ min: 0, max: 9 }) }), { maxLength: 8 });
    fc.assert(
      fc.property(edits, (drawn) => {
        const all = drawn.map(({ mined, fixes }) => edit(mined ? 'mine' : 'reflect', fixes));
        const queue = queueOf(all);
        expect(new Set(queue.flatMap((proposal) => proposal.edits))).toEqual(new Set(all));
        const gains = queue.map((proposal) => gainPerCost(proposal.edits));
        expect(gains).toEqual([...gains].sort((a, b) => b - a));
      }),
    );
  });
});

describe('gain per cost', () => {
  test('counts a failure that two edits answer once', () => {
    const [a, b, c] = [edit('mine', 2, ['t1', 't2']), edit('mine', 2, ['t1', 't2']), edit('mine', 2, ['t3', 't4'])];
    expect(gainPerCost([a, b])).toBeLessThan(gainPerCost([a, c]));
  });

  test('falls with the text that every rollout has to read', () => {
    expect(gainPerCost([edit('mine', 2, [], 'word '.repeat(300))])).toBeLessThan(gainPerCost([edit('mine', 2)]));
  });
});

test('a bundle is halved, better half first, and one edit has no halves', () => {
  const halves = halvesOf([edit('mine', 3), edit('mine', 2), edit('mine', 1)]);
  expect(halves.map(({ form, edits }) => [form, fixesOf(edits)])).toEqual([
    ['half', [3, 2]],
    ['single', [1]],
  ]);
  expect(halvesOf([edit('mine', 3)])).toEqual([]);
});
