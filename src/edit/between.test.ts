/** Whoever edits the files by hand, the operations say the same. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyContract, anyRegulation, anySettings, anySkill } from '../harness/documents.fixture.ts';
import { parseHarness } from '../harness/parse.ts';
import { renderContract, renderRegulation, renderSettings } from '../harness/render.fixture.ts';
import { renderSkill } from '../harness/render.ts';
import type { HarnessFiles } from '../types.ts';
import { opsBetween } from './between.ts';
import { applyEdit } from './edits.ts';
import type { Op } from './ops/index.ts';

const files = (given: Record<string, string>): HarnessFiles => new Map(Object.entries(given));
const names = (ops: readonly Op[]) => ops.map(({ op }) => op);
const apply = (before: HarnessFiles, ops: readonly Op[]): HarnessFiles =>
  ops.reduce(
    (all, op) =>
      applyEdit(all, { ops: [op], hypothesis: '', addresses: [], predicts: { fixes: 0, risks: '' }, proposer: 'x' }),
    before,
  );
const skill = (body: string, head = 'name: renew\ndescription: Loans.') => `---\n${head}\n---\n\n${body}\n`;
const STEPS = '1. Read the loan.\n2. Check the limit.\n3. Renew it.';

describe('opsBetween', () => {
  it('names each change of a contract by its operation', () => {
    const before = files({
      'contract.yaml':
        'clauses:\n  - {id: a, tools: [x], say: One.}\n  - {id: b, tools: [x], say: Two.}\naliases: {x: {id: order_id}}\n',
    });
    const after = files({
      'contract.yaml':
        '# By hand.\nclauses:\n  - {id: b, tools: [x], say: Other.}\n  - {id: c, tools: [y], say: Three.}\naliases: {x: {id: loan_id}}\n',
    });
    const ops = opsBetween('shop', before, after);
    expect(names(ops)).toEqual(['clause.remove', 'clause.replace', 'clause.add', 'alias.remove', 'alias.add']);
  });

  it('leaves out comments and layout, which have no meaning', () => {
    const before = files({
      'harness.yaml': 'version: 1\n',
      'contract.yaml': 'clauses: [{id: a, tools: [x], say: Hi.}]\n',
    });
    const after = files({
      'harness.yaml': '# Ours.\nversion: 1\n',
      'contract.yaml': 'clauses:\n  - id: a\n    tools: [x]\n    say: Hi.\n',
    });
    expect(opsBetween('shop', before, after)).toEqual([]);
  });

  it.each([
    ['a new line', `${STEPS}\n4. Say the date.`, ['skill.insert']],
    ['a line before the first', `0. Be brief.\n${STEPS}`, ['skill.insert']],
    ['another wording', STEPS.replace('Check', 'Compare'), ['skill.replace']],
    ['a line less', '1. Read the loan.\n3. Renew it.', ['skill.delete']],
    ['a part before a heading', `${STEPS}\n\nFrom here on\n4. B`, ['skill.insert']],
    ['two places', `0. Be brief.\n${STEPS.replace('Renew it', 'Renew')}`, ['skill.insert', 'skill.replace']],
  ])('reads %s of a skill line by line', (_, body, expected) => {
    const path = 'skills/renew/SKILL.md';
    const [before, after] = [files({ [path]: skill(STEPS) }), files({ [path]: skill(body) })];
    const ops = opsBetween('shop', before, after);
    expect(names(ops)).toEqual(expected);
    expect(apply(before, ops)).toEqual(after);
  });

  it.each([
    ['permissions', 'harness.yaml', 'version: 1\n', 'version: 1\npermissions: {tools: [pay]}\n'],
    ['a policy', 'policy.md', 'Be kind.\nBe kind.\n', 'Be kind.\nBe brief.\n'],
    ['a new note', 'notes.md', undefined, 'Ours.\n'],
    ['a description', 'skills/renew/SKILL.md', skill(STEPS), skill(STEPS, 'name: renew\ndescription: Books.')],
    ['a repeated line', 'skills/renew/SKILL.md', skill('1. A\n1. A\n1. A'), skill('1. A\n1. A')],
    ['a licence', 'skills/renew/SKILL.md', undefined, skill(STEPS, 'name: renew\ndescription: L.\nmetadata: {a: "1"}')],
  ])('changes %s as text', (_, path, old, now) => {
    const before = files(old === undefined ? {} : { [path]: old });
    const ops = opsBetween('shop', before, files({ [path]: now }));
    expect(names(ops)).toEqual(['text.replace']);
    expect(apply(before, ops)).toEqual(files({ [path]: now }));
    expect(apply(files({ [path]: now }), opsBetween('shop', files({ [path]: now }), before))).toEqual(before);
  });

  it('gives any harness the meaning of any other', () => {
    const anyFiles = fc
      .record({ contract: anyContract, regulation: anyRegulation, settings: anySettings, skill: anySkill })
      .map(({ contract, regulation, settings, skill: one }) =>
        files(
          Object.fromEntries(
            [
              ['contract.yaml', renderContract(contract)],
              ['regulation.yaml', renderRegulation(regulation)],
              ['harness.yaml', renderSettings(settings)],
              [`skills/${one.name}/SKILL.md`, renderSkill(one)],
            ].filter(([, text]) => text !== ''),
          ),
        ),
      )
      .filter((all) => {
        try {
          return parseHarness('shop', all) !== null;
        } catch {
          return false;
        }
      });
    fc.assert(
      fc.property(anyFiles, anyFiles, (before, after) => {
        const given = parseHarness('shop', apply(before, opsBetween('shop', before, after)));
        const wanted = parseHarness('shop', after);
        const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1);
        expect(given.settings).toEqual(wanted.settings);
        expect(given.skills).toEqual(wanted.skills);
        expect(given.contract.aliases).toEqual(wanted.contract.aliases);
        expect([...given.contract.clauses].sort(byId)).toEqual([...wanted.contract.clauses].sort(byId));
        expect([...given.regulation.monitors].sort(byId)).toEqual([...wanted.regulation.monitors].sort(byId));
      }),
      { seed: 3, numRuns: 12 },
    );
  });
});
