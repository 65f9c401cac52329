/** Nearly equal edits: what counts as the same place and the same words. */
import { expect, test } from 'vitest';
import type { Edit } from '../edit/schema.ts';
import { Clause } from '../harness/schema.ts';
import { editWords, withoutNearDuplicates } from './near.ts';

const say = (text: string, tool = 'cancel_order'): Edit => ({
  ops: [{ op: 'clause.add', clause: Clause.parse({ id: 'a', tools: [tool], say: text }) }],
  hypothesis: '',
  addresses: [],
  predicts: { fixes: 1, risks: '' },
  proposer: 'reflect',
});
const skill: Edit = {
  ...say(''),
  ops: [{ op: 'skill.add', id: 's', description: 'd', lines: ['1. Read the order first and copy its id.'] }],
};

test('the same words for the same tool are one edit, whatever their order, case and marks', () => {
  const first = say('Read the order first and copy its id.');
  expect(withoutNearDuplicates([say('Copy its id, and READ the order first!')], [first])).toEqual([]);
  expect(withoutNearDuplicates([first, first], [])).toEqual([first]);
});

test('another tool, another kind of edit, and other words are other edits', () => {
  const first = say('Read the order first and copy its id.');
  const others = [
    say('Read the order first and copy its id.', 'return_order'),
    skill,
    say('Never cancel a delivered order.'),
  ];
  expect(withoutNearDuplicates(others, [first])).toEqual(others);
});

test('edits without words are never near', () => {
  const flip: Edit = { ...say(''), ops: [{ op: 'switch.set', key: 'rescue', value: true }] };
  expect(editWords(flip)).toBe('');
  expect(withoutNearDuplicates([flip, flip], [])).toHaveLength(2);
});
