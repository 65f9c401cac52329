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
} from '../harness/documents.fixture.ts';
import { parseHarness } from '../harness/parse.ts';
import { renderContract, renderRegulation, renderSettings } from '../harness/render.fixture.ts';
import { renderSkill } from '../harness/render.ts';
import type { HarnessFiles } from '../types.ts';
import { applyEdit, EditError, invertEdit } from './edits.ts';
import type { Edit, Op } from './schema.ts';

const options = { seed: 7, numRuns: 100 };

const editOf = (...ops: Op[]): Edit => ({
  ops,
  hypothesis: 'it helps',
  addresses: [],
  predicts: { fixes: 1, risks: 'none' },
  proposer: 'mine',
});

const anyFiles: fc.Arbitrary<HarnessFiles> = fc
  .record({
    contract: anyContract,
    regulation: anyRegulation,
    settings: anySettings,
    skill: anySkill,
    policy: anyText(200),
  })
  .map(({ contract, regulation, settings, skill, policy }) => {
    const all: [string, string][] = [
      ['policy.md', policy],
      ['contract.yaml', renderContract(contract)],
      ['regulation.yaml', renderRegulation(regulation)],
      ['harness.yaml', renderSettings(settings)],
      [`skills/${skill.name}/SKILL.md`, renderSkill(skill)],
    ];
    return new Map(all.filter(([, text]) => text !== ''));
  });

const anyAdd: fc.Arbitrary<Op> = fc.oneof(
  anyClause.map((added): Op => ({ op: 'clause.add', clause: added })),
  anyFormat.map((format): Op => ({ op: 'format.add', format })),
  anyMonitor.map((monitor): Op => ({ op: 'monitor.add', monitor })),
  fc
    .record({
      tool: fc.constantFrom('get_order', 'refund'),
      from: fc.constantFrom('id', 'ref'),
      to: fc.constant('order_id'),
    })
    .map((alias): Op => ({ op: 'alias.add', ...alias })),
  fc
    .record({ id: anyId, description: anyText(100), lines: fc.array(anyText(80), { minLength: 1, maxLength: 4 }) })
    .map((skill): Op => ({ op: 'skill.add', ...skill })),
);

/** The result, or null where the edit does not apply. */
function tryApply(before: HarnessFiles, edit: Edit): HarnessFiles | null {
  try {
    return applyEdit(before, edit);
  } catch (error) {
    if (error instanceof EditError) return null;
    throw error;
  }
}

describe('for any files and any edit that adds', () => {
  test('the inverse gives the same bytes back', () => {
    let applied = 0;
    fc.assert(
      fc.property(anyFiles, fc.array(anyAdd, { minLength: 1, maxLength: 3 }), (before, ops) => {
        const edit = editOf(...ops);
        const after = tryApply(before, edit);
        if (!after) return;
        applied++;
        const back = invertEdit(after, edit);
        expect(back && [...applyEdit(after, back)].sort()).toEqual([...before].sort());
      }),
      options,
    );
    expect(applied).toBeGreaterThan(50);
  });

  test('the result parses, and contains what was added', () => {
    fc.assert(
      fc.property(anyFiles, anyAdd, (before, op) => {
        const after = tryApply(before, editOf(op));
        if (!after) return;
        if (op.op === 'clause.add') {
          const contract = new Map([['contract.yaml', after.get('contract.yaml') ?? '']]);
          expect(parseHarness('shop', contract).contract.clauses.at(-1)).toEqual(op.clause);
        }
        if (op.op === 'monitor.add') {
          const regulation = new Map([['regulation.yaml', after.get('regulation.yaml') ?? '']]);
          expect(parseHarness('shop', regulation).regulation.monitors.at(-1)).toEqual(op.monitor);
        }
      }),
      options,
    );
  });

  test('policy.md and the given files never change', () => {
    fc.assert(
      fc.property(anyFiles, anyAdd, (before, op) => {
        const copy = [...before];
        const after = tryApply(before, editOf(op));
        expect([...before]).toEqual(copy);
        if (after) expect(after.get('policy.md')).toBe(before.get('policy.md'));
      }),
      options,
    );
  });
});

test('replacing a clause by any other gives that clause', () => {
  fc.assert(
    fc.property(
      anyContract.filter(({ clauses }) => clauses.length > 0),
      anyClause,
      fc.nat(),
      (contract, other, pick) => {
        const before = new Map([['contract.yaml', renderContract(contract)]]);
        const index = pick % contract.clauses.length;
        const id = contract.clauses[index]?.id ?? '';
        const next = { ...other, id };
        const after = applyEdit(before, editOf({ op: 'clause.replace', id, clause: next }));
        const clauses = parseHarness('shop', after).contract.clauses;
        expect(clauses).toEqual(contract.clauses.with(index, next));
      },
    ),
    options,
  );
});
