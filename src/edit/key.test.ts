/** What an edit is known by, and how it is taken back. */
import { describe, expect, test } from 'vitest';
import { Clause } from '../harness/schema.ts';
import { applyEdit, editKey, invertEdit, touchedIds } from './edits.ts';
import type { Edit, Op } from './schema.ts';

const editOf = (...ops: Op[]): Edit => ({
  ops,
  hypothesis: 'it helps',
  addresses: [],
  predicts: { fixes: 1, risks: 'none' },
  proposer: 'mine',
});
const clause = Clause.parse({ id: 'new-rule', tools: ['cancel_order'], say: 'Ask for the reason.' });
const skill = '---\nname: cancel\ndescription: Cancel an order\n---\n\n1. Read the order.\n2. Ask.\n2. Ask.\n';

describe('editKey', () => {
  const key = (...ops: Op[]) => editKey(editOf(...ops));
  const other: Op = { op: 'switch.set', key: 'rescue', value: true };
  test('leaves reasons, evidence, spacing, letter case and order out', () => {
    const reworded = { ...clause, say: ' ask  for the REASON.', evidence: ['t-1'] };
    expect(key({ op: 'clause.add', clause: reworded }, other)).toBe(key(other, { op: 'clause.add', clause }));
    expect(editKey({ ...editOf(other), hypothesis: 'else', addresses: ['t-9'], proposer: 'reflect' })).toBe(key(other));
  });
  test('tells other content apart', () => {
    expect(key({ op: 'clause.add', clause: { ...clause, enforce: 'block' } })).not.toBe(
      key({ op: 'clause.add', clause }),
    );
    expect(key({ ...other, value: false })).not.toBe(key(other));
  });
});

test('touchedIds names parts as traces do', () => {
  const edit = editOf(
    { op: 'clause.add', clause },
    { op: 'alias.add', tool: 'get_order', from: 'id', to: 'order_id' },
    { op: 'format.remove', argument: 'zip', pattern: 'x' },
    { op: 'switch.set', key: 'rescue', value: true },
  );
  expect(touchedIds(edit)).toEqual(['new-rule', 'alias:get_order.id', 'format:zip', 'realization:rescue']);
});

describe('invertEdit', () => {
  test('turns a two-valued switch and puts a replaced line back', () => {
    const edit = editOf(
      { op: 'switch.set', key: 'protocol', value: 'text' },
      { op: 'skill.replace', id: 'cancel', anchor: '1. Read the order.', lines: ['a', 'b'] },
    );
    const before = new Map([
      ['skills/cancel/SKILL.md', skill],
      ['harness.yaml', 'version: 1\n'],
    ]);
    const after = applyEdit(before, edit);
    const back = invertEdit(after, edit);
    expect(back && applyEdit(after, back)).toEqual(before);
  });
  test('is null where the lost content is unknown or already gone', () => {
    expect(invertEdit(new Map(), editOf({ op: 'clause.remove', id: 'x' }))).toBeNull();
    expect(invertEdit(new Map(), editOf({ op: 'clause.add', clause }))).toBeNull();
  });
});
