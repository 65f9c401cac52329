/** Every operation of the table keeps the promises of its kind. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  anyClause,
  anyContract,
  anyFormat,
  anyMonitor,
  anyRegulation,
  anySettings,
  anySkill,
  anyText,
} from '../../harness/documents.fixture.ts';
import { parseHarness } from '../../harness/parse.ts';
import { renderContract, renderRegulation, renderSettings } from '../../harness/render.fixture.ts';
import { renderSkill } from '../../harness/render.ts';
import { Clause, Format, Monitor } from '../../harness/schema.ts';
import type { HarnessFiles } from '../../types.ts';
import { applyEdit, EditError, editKey, invertEdit, touchedIds } from '../edits.ts';
import type { Edit } from '../schema.ts';
import { OP_NAMES, Op, rulesOf } from './index.ts';

const documents = fc.record({
  contract: anyContract,
  regulation: anyRegulation,
  settings: anySettings,
  skill: anySkill.filter(({ body }) => body.includes('\n')),
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

/** Values that an operation on these documents may name, by the name of the field. */
const namesIn = (
  op: Op['op'],
  { contract, regulation, skill }: Documents,
): Readonly<Record<string, readonly string[]>> => {
  const lines = skill.body.split('\n');
  const items = op.startsWith('clause.') ? contract.clauses : regulation.monitors;
  return {
    id: [...(op.startsWith('skill.') ? [skill.name, skill.name] : items.map(({ id }) => id)), 'x-new'],
    tool: [...Object.keys(contract.aliases), 'refund'],
    from: ['id', 'item', 'order'],
    to: ['order_id'],
    argument: contract.formats.map(({ argument }) => argument),
    pattern: contract.formats.map(({ pattern }) => pattern),
    value: ['native', 'text'],
    anchor: lines,
    after: lines,
    path: [`skills/${skill.name}/SKILL.md`, 'notes.md'],
    old: lines,
  };
};

/** Any value of a schema, with the names above where it has such a field. */
function anyOf(schema: unknown, names: readonly string[] = []): fc.Arbitrary<unknown> {
  if (schema === Clause) return anyClause;
  if (schema === Format) return anyFormat;
  if (schema === Monitor) return anyMonitor;
  if (schema instanceof z.ZodLiteral) return fc.constant(schema.value);
  if (schema instanceof z.ZodEnum) return fc.constantFrom(...schema.options);
  if (schema instanceof z.ZodBoolean) return fc.boolean();
  if (schema instanceof z.ZodNumber) return fc.integer({ min: 1, max: 9 });
  if (schema instanceof z.ZodNullable) return fc.option(anyOf(schema.unwrap(), names), { nil: null });
  if (schema instanceof z.ZodUnion) return fc.oneof(...schema.options.map((option) => anyOf(option, names)));
  if (schema instanceof z.ZodArray) return fc.array(anyOf(schema.element, names), { minLength: 1, maxLength: 3 });
  if (schema instanceof z.ZodString) return names.length > 0 ? fc.constantFrom(...names) : anyText(60);
  throw new TypeError('expected a schema that this test can make values of; teach it the new one');
}

/** Operations of one name, many of which fit the documents. */
function anyOpOn(name: Op['op'], documents: Documents): fc.Arbitrary<Op> {
  const names = namesIn(name, documents);
  const shape = Op.options.find(({ shape }) => shape.op.value === name)?.shape ?? {};
  const fields = Object.entries(shape).map(([key, schema]) => [key, anyOf(schema, names[key])] as const);
  return fc
    .record(Object.fromEntries(fields))
    .filter((op) => Op.safeParse(op).success)
    .map((op) => Op.parse(op));
}

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

/** The bytes; a switch that is set back stands at the end of its map, so there the meaning. */
const meaning = (files: HarnessFiles, name: Op['op']) =>
  name === 'switch.set'
    ? parseHarness('shop', new Map([['harness.yaml', files.get('harness.yaml') ?? '']])).settings
    : sorted(files);

describe.each(OP_NAMES)('%s', (name) => {
  const anyCase = documents.chain((all) => fc.tuple(fc.constant(filesOf(all)), anyOpOn(name, all)));

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
        if (rulesOf(op).invert(op) === null) expect(back).toBeNull();
        else if (back !== null && changed) expect(meaning(applyEdit(after, back), name)).toEqual(meaning(before, name));
      }),
      { seed: 5, numRuns: 50 },
    );
    expect(applied).toBeGreaterThan(3);
  });

  test('is read back, named, and known by what it touches', () => {
    fc.assert(
      fc.property(anyCase, ([, op]) => {
        expect(Op.parse(op)).toEqual(op);
        const rules = rulesOf(op);
        expect(rules.title(op)).toMatch(/^[a-z][^\n]{5,}/);
        expect(rules.risk.why).toContain(name);
        expect(rules.touched(op)).not.toEqual([]);
        expect(editKey(editOf(op))).toMatch(/^[0-9a-f]{64}$/);
        if (rules.added) expect(rules.invert(op)).toHaveLength(1);
        const [part] = [rules.added?.(op) ?? rules.removed?.(op) ?? []].flat();
        if (part !== undefined) expect(touchedIds(editOf(op))).toContain(part);
        // What the model reads comes from the operation.
        for (const word of rules.words(op).split(/\s+/))
          expect(JSON.stringify(op)).toContain(JSON.stringify(word).slice(1, -1));
      }),
      { seed: 6, numRuns: 15 },
    );
  });
});

test('a value that is no operation has no rules', () => {
  expect(() => rulesOf({ op: 'clause.move' as 'clause.add' })).toThrow('expected an edit operation, found clause.move');
});
