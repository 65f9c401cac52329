/** What is protected stays as it is to the byte, whatever edits are tried and in whatever order. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { workshop, workshopTasks } from '../diagnosis/workshop.fixture.ts';
import { applyEdit } from '../edit/edits.ts';
import type { Edit, Op } from '../edit/schema.ts';
import { anyClause, anyFormat, anyId, anyText } from '../harness/documents.fixture.ts';
import { parseHarness } from '../harness/parse.ts';
import { looserThan } from '../harness/permissions.ts';
import { Monitor } from '../harness/schema.ts';
import { sectionsOf } from '../harness/sections.ts';
import type { Environment, Harness } from '../types.ts';
import { buildLeakIndex, checkEdits } from './checks.ts';

const GUARD = `  - id: guard # never without this
    tools: [close_ticket]
    say: Ask before you close.
    enforce: hard
    require: args.reason == "finished"
`;
const STOP = `  - id: stop
    kind: duplicate_call
    threshold: 3
    message: Stop. # at once
    then: stop
`;
const SETTINGS = `version: 1
protected:
  - guard
  - stop
  - safe
  - 'parts#Identity'
permissions:
  tools: [get_ticket_details, close_ticket]
  limits: [{tool: close_ticket, argument: amount, max: 100}] # in euros
  confirm: [close_ticket]
caps:
  clauses: 20
`;
const SAFE = '---\nname: safe\ndescription: How to stay safe.\n---\n\n1. Ask first.\n2. Then act.\n';
const IDENTITY = '## Identity\n\n1. Ask first.\n\n';
const PARTS = `---\nname: parts\ndescription: How to work.\n---\n\nIn order.\n\n${IDENTITY}## Orders\n\n2. Then act.\n`;
const files = new Map([
  ['policy.md', 'Be kind.\n\nNever close what is not yours.\n'],
  ['harness.yaml', `${SETTINGS}realization:\n  rescue: false\n`],
  ['contract.yaml', `clauses:\n${GUARD}  - id: free\n    tools: [close_ticket]\n    say: Be quick.\n`],
  ['regulation.yaml', `monitors:\n${STOP}`],
  ['skills/safe/SKILL.md', SAFE],
  ['skills/open/SKILL.md', SAFE.replaceAll('safe', 'open')],
  ['skills/parts/SKILL.md', PARTS],
]);
const start = parseHarness('workshop', files);
const environment = workshop as Environment;
const leak = await buildLeakIndex(environment, start.policy);

const ids = fc.oneof(fc.constantFrom('guard', 'free', 'stop', 'safe', 'open', 'parts'), anyId);
const skills = fc.constantFrom('safe', 'open', 'parts', 'other');
const anyLine = fc.oneof(
  anyText(60),
  fc.constantFrom('1. Ask first.', '2. Then act.', '---', 'permissions: {}', 'protected: []', '<!-- policy -->'),
  fc.constantFrom('In order.', '## Identity', '## Orders', '<!--', '```', ''),
  fc.constantFrom(
    '~~~',
    '~~~ end',
    '```x',
    '``` a`b',
    '====',
    'Identity',
    '## Identit&#121;',
    '## *identity*',
    '<pre>',
    '> ~~~',
    '- ```',
  ),
);
const clauses = fc.tuple(anyClause, ids).map(([clause, id]) => ({ ...clause, id }));
const monitors = fc
  .tuple(ids, anyText(40))
  .map(([id, message]) => Monitor.parse({ id, kind: 'text_only', message, threshold: 2 }));
const anyOp: fc.Arbitrary<Op> = fc.oneof(
  clauses.map((clause): Op => ({ op: 'clause.add', clause })),
  fc.tuple(ids, clauses).map(([id, clause]): Op => ({ op: 'clause.replace', id, clause })),
  ids.map((id): Op => ({ op: 'clause.remove', id })),
  anyFormat.map((format): Op => ({ op: 'format.add', format })),
  fc.constant<Op>({ op: 'alias.add', tool: 'close_ticket', from: 'permissions', to: 'reason' }),
  monitors.map((monitor): Op => ({ op: 'monitor.add', monitor })),
  fc.tuple(ids, monitors).map(([id, monitor]): Op => ({ op: 'monitor.replace', id, monitor })),
  ids.map((id): Op => ({ op: 'monitor.remove', id })),
  fc
    .tuple(
      fc.constantFrom('rescue', 'protocol', 'max_blocks'),
      fc.oneof(fc.boolean(), fc.constantFrom('text', 'permissions: {}'), fc.nat(9)),
    )
    .map(([key, value]): Op => ({ op: 'switch.set', key: key as 'rescue', value })),
  fc
    .tuple(skills, anyText(40), fc.array(anyLine, { minLength: 1, maxLength: 3 }))
    .map(([id, description, lines]): Op => ({ op: 'skill.add', id, description, lines })),
  skills.map((id): Op => ({ op: 'skill.remove', id })),
  fc.tuple(skills, anyLine, anyLine).map(([id, after, line]): Op => ({ op: 'skill.insert', id, after, lines: [line] })),
  fc
    .tuple(skills, anyLine, anyLine)
    .map(([id, anchor, line]): Op => ({ op: 'skill.replace', id, anchor, lines: [line] })),
  fc.tuple(skills, anyLine).map(([id, anchor]): Op => ({ op: 'skill.delete', id, anchor })),
);
const anyEdit = fc
  .array(anyOp, { minLength: 1, maxLength: 3 })
  .map((ops): Edit => ({ ops, hypothesis: 'h', addresses: [], predicts: { fixes: 1, risks: '' }, proposer: 'mine' }));

/**
 * The harness after an edit that the policy check lets through; null for one that is refused before
 * or by it.
 */
async function tried(parent: Harness, edit: Edit): Promise<Harness | null> {
  const checks = await checkEdits({ parent, edits: [edit], environment, tasks: workshopTasks, traces: [], leak });
  if (!checks.some(({ check, passed }) => check === 'policy' && passed)) return null;
  return parseHarness('workshop', applyEdit(parent.files, edit));
}

/** `PAIRS=10000` for as many. */
const PAIRS = Number(process.env.PAIRS ?? 200);

let accepted = 0;

test(`${PAIRS} pairs of edits loosen nothing and change no protected byte`, async () => {
  await fc.assert(
    fc.asyncProperty(anyEdit, anyEdit, async (first, second) => {
      let now = start;
      for (const edit of [first, second]) {
        const child = await tried(now, edit);
        if (child === null) continue;
        accepted += 1;
        expect(looserThan(start.settings.permissions, child.settings.permissions)).toEqual([]);
        expect(child.settings.protected).toEqual(start.settings.protected);
        expect(child.settings.caps).toEqual(start.settings.caps);
        expect(child.files.get('policy.md')).toBe(files.get('policy.md'));
        expect(child.files.get('skills/safe/SKILL.md')).toBe(SAFE);
        expect(child.files.get('skills/parts/SKILL.md')?.split(IDENTITY)).toHaveLength(2);
        expect(sectionsOf(child.skills.find(({ name }) => name === 'parts')?.body ?? '', 'Identity')).toHaveLength(1);
        expect(child.files.get('contract.yaml')).toContain(GUARD);
        expect(child.files.get('regulation.yaml')).toContain(STOP);
        expect(child.files.get('harness.yaml')?.startsWith(SETTINGS)).toBe(true);
        now = child;
      }
    }),
    { seed: 11, numRuns: PAIRS },
  );
  // The property says something only where edits get through.
  expect(accepted).toBeGreaterThan(PAIRS / 5);
}, 300_000);
