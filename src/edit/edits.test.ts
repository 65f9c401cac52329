import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyClause, anyContract, anyFormat } from '../harness/documents.fixture.ts';
import { renderContract } from '../harness/render.fixture.ts';
import { Clause } from '../harness/schema.ts';
import type { HarnessFiles } from '../types.ts';
import { applyEdit, checkBounds, measureEdit, previewEdit } from './edits.ts';
import type { Edit, Op } from './schema.ts';

const options = { seed: 7, numRuns: 100 };

const editOf = (...ops: Op[]): Edit => ({
  ops,
  hypothesis: 'it helps',
  addresses: [],
  predicts: { fixes: 1, risks: 'none' },
  proposer: 'mine',
});
const apply = (files: HarnessFiles, ...ops: Op[]) => applyEdit(files, editOf(...ops));

const contractText = `# Rules of the shop, reviewed in March.
clauses:
  # The first rule.
  - id: cancel-pending # since May
    say: Only a pending order can be cancelled.
    tools: [cancel_order] # one tool
    require: order.status == "pending"

  # The second rule.
  - id: exchange-once
    tools: [exchange_items]
    say: Exchange once.

# Names that the model gets wrong.
aliases:
  get_order: {id: order_id} # seen often

formats:
  - {argument: order_id, pattern: "^#W[0-9]{7}$"} # with a hash
`;
const comments = (text: string | undefined): string[] => (text ?? '').match(/# .*$/gm) ?? [];
const files: HarnessFiles = new Map([
  ['policy.md', 'Be kind.\n'],
  ['contract.yaml', contractText],
]);
const clause = Clause.parse({ id: 'new-rule', tools: ['cancel_order'], say: 'Ask for the reason.' });
const lines = (before: HarnessFiles, after: HarnessFiles) =>
  previewEdit(before, after)
    .split('\n')
    .filter((line) => /^[+-](?![+-])/.test(line));

describe('the diff of an edit shows the edit and nothing else', () => {
  test.each<[string, Op, string[]]>([
    [
      'clause.add',
      { op: 'clause.add', clause },
      ['+  - id: new-rule', '+    tools: [cancel_order]', '+    say: Ask for the reason.'],
    ],
    [
      'clause.replace keeps order and comments',
      {
        op: 'clause.replace',
        id: 'cancel-pending',
        clause: Clause.parse({
          id: 'cancel-pending',
          tools: ['cancel_order', 'refund'],
          say: 'Only a pending order can be cancelled.',
          require: 'order.status == "pending"',
          enforce: 'block',
        }),
      },
      ['-    tools: [cancel_order] # one tool', '+    tools: [cancel_order, refund] # one tool', '+    enforce: block'],
    ],
    [
      'clause.remove takes its comment along',
      { op: 'clause.remove', id: 'exchange-once' },
      [
        '-  # The second rule.',
        '-  - id: exchange-once',
        '-    tools: [exchange_items]',
        '-    say: Exchange once.',
        '-',
      ],
    ],
    [
      'alias.add',
      { op: 'alias.add', tool: 'get_order', from: 'order', to: 'order_id' },
      ['-  get_order: {id: order_id} # seen often', '+  get_order: {id: order_id, order: order_id} # seen often'],
    ],
    [
      'alias.add of another tool',
      { op: 'alias.add', tool: 'refund', from: 'id', to: 'order_id' },
      ['+  refund: {id: order_id}'],
    ],
    [
      'format.add',
      { op: 'format.add', format: { argument: 'zip', pattern: '^[0-9]+$' } },
      ['+  - {argument: zip, pattern: "^[0-9]+$"}'],
    ],
  ])('%s', (_, op, expected) => {
    expect(lines(files, apply(files, op))).toEqual(expected);
  });

  test('a switch, in a file that is there and in one that is not', () => {
    const op: Op = { op: 'switch.set', key: 'rescue', value: true };
    expect(apply(files, op).get('harness.yaml')).toBe('version: 1\nrealization:\n  rescue: true\n');
    expect(apply(new Map([['harness.yaml', '# mine\n']]), op).get('harness.yaml')).toBe(
      '# mine\n\nversion: 1\nrealization:\n  rescue: true\n',
    );
    const own = new Map([['harness.yaml', 'version: 1 # ours\nrealization: { protocol: text }\ncaps:\n  skills: 3\n']]);
    expect(apply(own, op).get('harness.yaml')).toBe(
      'version: 1 # ours\nrealization:\n  protocol: text\n  rescue: true\ncaps:\n  skills: 3\n',
    );
    expect(apply(own, { op: 'switch.set', key: 'protocol', value: 'native' }).get('harness.yaml')).toBe(
      'version: 1 # ours\ncaps:\n  skills: 3\n',
    );
  });

  test('a list that was written as empty opens up', () => {
    const empty = new Map([['contract.yaml', 'clauses: []  # none yet\nformats: []\n']]);
    expect(apply(empty, { op: 'clause.add', clause }).get('contract.yaml')).toBe(
      'clauses:\n  - id: new-rule\n    tools: [cancel_order]\n    say: Ask for the reason.\n  # none yet\nformats: []\n',
    );
  });

  test('line ends of Windows stay', () => {
    const windows = new Map([['contract.yaml', contractText.replaceAll('\n', '\r\n')]]);
    const text = apply(windows, { op: 'clause.add', clause }).get('contract.yaml') ?? '';
    expect(text.replaceAll('\r\n', '')).not.toContain('\n');
    expect(text.replaceAll('\r\n', '\n')).toBe(apply(files, { op: 'clause.add', clause }).get('contract.yaml'));
  });

  test('a layout by hand becomes the usual one, which is no part of the edit', () => {
    const byHand = Array.from({ length: 30 }, (_, n) => `{ id: r${n},   tools: [x] }`).join(',\n  ');
    const before = new Map([['contract.yaml', `clauses: [${byHand}] # all\n`]]);
    const edit = editOf({ op: 'clause.remove', id: 'r0' });
    const after = applyEdit(before, edit);
    expect(after.get('contract.yaml')).toMatch(/^clauses:\n {2}- id: r1\n {4}tools: \[x\]\n(.*\n)*.*# all\n$/);
    expect(measureEdit(before, after).changedLines).toBeGreaterThan(60);
    expect(checkBounds(before, edit)).toBeNull();
  });
});

test('on a text laid out as usual an edit gives the text of the edited contract', () => {
  fc.assert(
    fc.property(anyContract, anyClause, fc.nat(), (contract, other, pick) => {
      const before = new Map([['contract.yaml', renderContract(contract)]]);
      const { clauses } = contract;
      const at = pick % (clauses.length + 1);
      const { id } = clauses[at] ?? { id: 'x-new' };
      const next = { ...other, id };
      const op: Op =
        at < clauses.length ? { op: 'clause.replace', id, clause: next } : { op: 'clause.add', clause: next };
      const text = apply(before, op).get('contract.yaml');
      // A section that was absent comes last.
      fc.pre(clauses.length > 0 || renderContract(contract) === '');
      expect(text).toBe(renderContract({ ...contract, clauses: clauses.toSpliced(at, 1, next) }));
    }),
    options,
  );
});

test('adding to a text with comments removes no line and reflows nothing', () => {
  const anyOp = fc.oneof(
    anyClause.map((added): Op => ({ op: 'clause.add', clause: { ...added, id: `x-${added.id}` } })),
    anyFormat.map((format): Op => ({ op: 'format.add', format: { ...format, argument: 'zip' } })),
  );
  fc.assert(
    fc.property(anyOp, (op) => {
      expect(lines(files, apply(files, op)).filter((line) => line.startsWith('-'))).toEqual([]);
    }),
    options,
  );
});

describe('comments survive', () => {
  test('every edit that adds or replaces', () => {
    const anyOp: fc.Arbitrary<Op> = fc.oneof(
      anyClause.map((added): Op => ({ op: 'clause.add', clause: added })),
      anyFormat
        .filter(({ pattern, argument }) => `${argument}${pattern}` !== 'order_id^#W[0-9]{7}$')
        .map((format): Op => ({ op: 'format.add', format })),
      anyClause.map(
        (other): Op => ({
          op: 'clause.replace',
          id: 'cancel-pending',
          clause: { ...other, id: 'cancel-pending', tools: ['cancel_order'] },
        }),
      ),
      fc.constant<Op>({ op: 'alias.add', tool: 'get_order', from: 'order', to: 'order_id' }),
      fc.constant<Op>({ op: 'alias.remove', tool: 'get_order', from: 'id' }),
    );
    fc.assert(
      fc.property(anyOp, (op) => {
        const after = apply(files, op).get('contract.yaml');
        const kept = comments(after);
        for (const comment of comments(contractText)) {
          // A removed value may take the comment behind it along.
          if (op.op === 'alias.remove' && comment === '# seen often') continue;
          expect(kept).toContain(comment);
        }
      }),
      options,
    );
  });
});

const skill = '---\nname: cancel\ndescription: Cancel an order\n---\n\n1. Read the order.\n2. Ask.\n2. Ask.\n';
const withSkill: HarnessFiles = new Map([['skills/cancel/SKILL.md', skill]]);

describe('lines of a skill', () => {
  test.each<[Op, string]>([
    [
      { op: 'skill.insert', id: 'cancel', after: '1. Read the order.', lines: ['new'] },
      '1. Read the order.\nnew\n2. Ask.\n2. Ask.\n',
    ],
    [{ op: 'skill.insert', id: 'cancel', after: null, lines: ['new'] }, 'new\n1. Read the order.\n2. Ask.\n2. Ask.\n'],
    [
      { op: 'skill.replace', id: 'cancel', anchor: '1. Read the order.', lines: ['a', 'b'] },
      'a\nb\n2. Ask.\n2. Ask.\n',
    ],
    [{ op: 'skill.delete', id: 'cancel', anchor: '1. Read the order.' }, '2. Ask.\n2. Ask.\n'],
  ])('%j', (op, body) => {
    const text = apply(withSkill, op).get('skills/cancel/SKILL.md');
    expect(text).toBe(`---\nname: cancel\ndescription: Cancel an order\n---\n\n${body}`);
  });
});

describe('an operation that does not apply has a reason', () => {
  test.each<[string, Op]>([
    ['anchor_missing', { op: 'skill.delete', id: 'cancel', anchor: '3. Nothing.' }],
    ['anchor_missing', { op: 'skill.replace', id: 'cancel', anchor: 'name: cancel', lines: ['name: other'] }],
    ['anchor_ambiguous', { op: 'skill.delete', id: 'cancel', anchor: '2. Ask.' }],
    ['unknown_id', { op: 'skill.remove', id: 'nope' }],
    ['unknown_id', { op: 'clause.remove', id: 'nope' }],
    ['unknown_id', { op: 'monitor.remove', id: 'nope' }],
    ['unknown_id', { op: 'alias.remove', tool: 'get_order', from: 'nope' }],
    ['unknown_id', { op: 'format.remove', argument: 'zip', pattern: 'x' }],
    ['duplicate_id', { op: 'skill.add', id: 'cancel', description: 'x', lines: ['x'] }],
    ['duplicate_id', { op: 'clause.add', clause: { ...clause, id: 'exchange-once' } }],
    ['duplicate_id', { op: 'clause.replace', id: 'cancel-pending', clause: { ...clause, id: 'exchange-once' } }],
    ['duplicate_id', { op: 'alias.add', tool: 'get_order', from: 'id', to: 'x' }],
    ['duplicate_id', { op: 'format.add', format: { argument: 'order_id', pattern: '^#W[0-9]{7}$' } }],
    ['invalid', { op: 'switch.set', key: 'rescue', value: 'maybe' }],
    ['invalid', { op: 'skill.add', id: 'blank', description: 'x', lines: [' '] }],
    ['invalid', { op: 'clause.add', clause: { ...clause, say: 'Ask\u202e now.' } }],
  ])('%s: %j', (reason, op) => {
    const all = new Map([...files, ...withSkill]);
    expect(() => apply(all, op)).toThrow(expect.objectContaining({ name: 'EditError', reason }));
  });

  test('broken YAML', () => {
    expect(() => apply(new Map([['contract.yaml', 'clauses: [']]), { op: 'clause.add', clause })).toThrow(
      expect.objectContaining({ reason: 'invalid' }),
    );
  });
});

describe('bounds', () => {
  test('size counts added and removed lines and added characters', () => {
    const after = apply(files, { op: 'alias.add', tool: 'get_order', from: 'order', to: 'order_id' });
    expect(measureEdit(files, after)).toEqual({ changedLines: 2, addedCharacters: ', order: order_id'.length });
    expect(measureEdit(files, files)).toEqual({ changedLines: 0, addedCharacters: 0 });
  });
  test('one edit may not be long', () => {
    const long = (count: number, length: number): Edit =>
      editOf({
        op: 'skill.add',
        id: 'x',
        description: 'x',
        lines: Array.from({ length: count }, () => 'a'.repeat(length)),
      });
    expect(checkBounds(files, long(10, 80))).toBeNull();
    expect(checkBounds(files, long(41, 2))).toMatch(/40 changed lines/);
    expect(checkBounds(files, long(10, 200))).toMatch(/1500 added characters/);
  });
  test('an edit that does not apply says why', () => {
    expect(checkBounds(files, editOf({ op: 'skill.remove', id: 'x' }))).toMatch(/found no x/);
  });
});
