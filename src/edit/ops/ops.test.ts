/** Every operation of the table keeps the promises of its kind. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  anyClause,
  anyContract,
  anyFormat,
  anyId,
  anyMonitor,
  anyRegulation,
  anySettings,
  anySkill,
  anyText,
} from '../../harness/documents.fixture.ts';
import { parseHarness } from '../../harness/parse.ts';
import { renderContract, renderRegulation, renderSettings, renderSkill } from '../../harness/render.ts';
import type { HarnessFiles } from '../../types.ts';
import { applyEdit, EditError, editKey, invertEdit, touchedIds } from '../edits.ts';
import type { Edit } from '../schema.ts';
import { OP_NAMES, Op, rulesOf } from './index.ts';

const documents = fc.record({
  contract: anyContract,
  regulation: anyRegulation,
  settings: anySettings,
  skill: anySkill,
});
type Documents = typeof documents extends fc.Arbitrary<infer T> ? T : never;

function filesOf({ contract, regulation, settings, skill }: Documents): HarnessFiles {
  const all: [string, string][] = [
    ['contract.yaml', renderContract(contract)],
    ['regulation.yaml', renderRegulation(regulation)],
    ['harness.yaml', renderSettings(settings)],
    [`skills/${skill.name}/SKILL.md`, renderSkill(skill)],
  ];
  return new Map(all.filter(([, text]) => text !== ''));
}

const anyLines = fc.array(anyText(60), { minLength: 1, maxLength: 3 });
const oneOf = <T>(items: readonly T[], other: fc.Arbitrary<T>) =>
  items.length === 0 ? other : fc.oneof(fc.constantFrom(...items), other);

/** Operations of each name that often fit the documents. */
const anyOpOn = ({ contract, regulation, skill }: Documents): Readonly<Record<Op['op'], fc.Arbitrary<Op>>> => {
  const clauseId = oneOf(
    contract.clauses.map(({ id }) => id),
    anyId,
  );
  const monitorId = oneOf(
    regulation.monitors.map(({ id }) => id),
    anyId,
  );
  const format = oneOf(contract.formats, anyFormat);
  const names = Object.entries(contract.aliases).flatMap(([tool, all]) =>
    Object.keys(all).map((from) => ({ tool, from })),
  );
  const alias = oneOf(
    names,
    fc.record({ tool: fc.constantFrom('get_order', 'refund'), from: fc.constantFrom('id', 'ref') }),
  );
  const anchor = fc.constantFrom(...skill.body.split('\n'));
  const id = fc.constant(skill.name);
  const tagged = <K extends Op['op']>(op: K) => fc.constant(op);
  return {
    'clause.add': fc.record({ op: tagged('clause.add'), clause: anyClause }),
    'clause.replace': fc
      .tuple(clauseId, anyClause)
      .map(([old, clause]) => ({ op: 'clause.replace', id: old, clause: { ...clause, id: old } })),
    'clause.remove': fc.record({ op: tagged('clause.remove'), id: clauseId }),
    'alias.add': alias.map((name) => ({ op: 'alias.add', ...name, to: 'order_id' })),
    'alias.remove': alias.map((name) => ({ op: 'alias.remove', ...name })),
    'format.add': fc.record({ op: tagged('format.add'), format: anyFormat }),
    'format.remove': format.map(({ argument, pattern }) => ({ op: 'format.remove', argument, pattern })),
    'monitor.add': fc.record({ op: tagged('monitor.add'), monitor: anyMonitor }),
    'monitor.replace': fc
      .tuple(monitorId, anyMonitor)
      .map(([old, monitor]) => ({ op: 'monitor.replace', id: old, monitor: { ...monitor, id: old } })),
    'monitor.remove': fc.record({ op: tagged('monitor.remove'), id: monitorId }),
    'switch.set': fc.oneof(
      fc.record({ op: tagged('switch.set'), key: fc.constantFrom('rescue', 'coerce'), value: fc.boolean() }),
      fc.record({ op: tagged('switch.set'), key: fc.constant('protocol'), value: fc.constantFrom('native', 'text') }),
      fc.record({ op: tagged('switch.set'), key: fc.constant('max_blocks'), value: fc.integer({ min: 1, max: 9 }) }),
    ),
    'skill.add': fc.record({ op: tagged('skill.add'), id: anyId, description: anyText(100), lines: anyLines }),
    'skill.remove': fc.record({ op: tagged('skill.remove'), id }),
    'skill.insert': fc.record({
      op: tagged('skill.insert'),
      id,
      after: fc.option(anchor, { nil: null }),
      lines: anyLines,
    }),
    'skill.replace': fc.record({ op: tagged('skill.replace'), id, anchor, lines: anyLines }),
    'skill.delete': fc.record({ op: tagged('skill.delete'), id, anchor }),
  };
};

const editOf = (op: Op): Edit => ({
  ops: [op],
  hypothesis: 'it helps',
  addresses: [],
  predicts: { fixes: 1, risks: 'none' },
  proposer: 'mine',
});

/** The result, or null where the edit does not apply. */
function tryApply(before: HarnessFiles, edit: Edit): HarnessFiles | null {
  try {
    return applyEdit(before, edit);
  } catch (error) {
    if (error instanceof EditError) return null;
    throw error;
  }
}

const sorted = (files: HarnessFiles) => [...files].sort();

/** What removes or rewrites does not hold what is lost. */
const losing = /\.(?:remove|delete)$|^(?:clause|monitor)\.replace$/;

/** The bytes; a switch that is set back stands at the end of its map, so there the meaning. */
const meaning = (files: HarnessFiles, name: Op['op']) =>
  name === 'switch.set'
    ? parseHarness('shop', new Map([['harness.yaml', files.get('harness.yaml') ?? '']])).settings
    : sorted(files);

describe.each(OP_NAMES)('%s', (name) => {
  const anyCase = documents.chain((all) => fc.tuple(fc.constant(filesOf(all)), anyOpOn(all)[name]));

  test('applies, and taken back gives the same harness', () => {
    let applied = 0;
    fc.assert(
      fc.property(anyCase, ([before, op]) => {
        const copy = sorted(before);
        const edit = editOf(op);
        const after = tryApply(before, edit);
        expect(sorted(before)).toEqual(copy);
        if (after === null) return;
        const changed = sorted(after).join() !== copy.join();
        applied += changed ? 1 : 0;
        const back = invertEdit(after, edit);
        if (losing.test(name)) expect(back).toBeNull();
        else if (back !== null && changed) expect(meaning(applyEdit(after, back), name)).toEqual(meaning(before, name));
      }),
      { seed: 5, numRuns: 40 },
    );
    expect(applied).toBeGreaterThan(3);
  });

  test('is read back, named, and known by what it touches', () => {
    fc.assert(
      fc.property(anyCase, ([before, op]) => {
        expect(Op.parse(op)).toEqual(op);
        const rules = rulesOf(op);
        expect(rules.title(op)).toMatch(/^[a-z][^\n]{5,}/);
        expect(rules.risk.why).toContain(name);
        expect(rules.touched(op)).not.toEqual([]);
        expect(editKey(editOf(op))).toMatch(/^[0-9a-f]{64}$/);
        const [part] = [rules.added?.(op) ?? rules.removed?.(op) ?? []].flat();
        if (part !== undefined) expect(touchedIds(editOf(op))).toContain(part);
        // What the words say stands in the files, as somebody wrote it.
        const after = tryApply(before, editOf(op));
        if (after === null || rules.words(op) === '') return;
        const harness = parseHarness('shop', new Map([...after].filter(([path]) => path !== 'harness.yaml')));
        const texts = JSON.stringify([harness.contract, harness.regulation, harness.skills]).replace(/\s|\\n/g, '');
        for (const line of rules.words(op).trim().split('\n').slice(0, 1))
          expect(texts).toContain(JSON.stringify(line.trim()).slice(1, -1).replace(/\s/g, '').slice(0, 20));
      }),
      { seed: 6, numRuns: 15 },
    );
  });
});

test('a value that is no operation has no rules', () => {
  expect(() => rulesOf({ op: 'clause.move' as 'clause.add' })).toThrow('expected an edit operation, found clause.move');
});
