import { describe, expect, test } from 'vitest';
import { bareHarness, changed, done, goldOf, played, workshop, workshopTasks } from '../diagnosis/workshop.fixture.ts';
import { randomOf } from '../digest.ts';
import type { Edit, Op } from '../edit/schema.ts';
import { parseHarness } from '../harness/parse.ts';
import { Clause, Monitor } from '../harness/schema.ts';
import type { Environment, Harness, Task } from '../types.ts';
import type { Check } from './check.ts';
import { buildLeakIndex, CHECK_NAMES, type CheckContext, checkEdits } from './checks.ts';
import { harmfulEdits } from './harmful.ts';
import { mine } from './mine/mine.ts';
import { nullEdits } from './null.ts';

const environment = workshop as Environment;
const policy = bareHarness().policy;
const parent: Harness = parseHarness('workshop', bareHarness().files);
const passing = workshopTasks.slice(0, 6).map((t) => played(t, [goldOf(t), done('x')]));
const failing = workshopTasks.slice(6, 9).map((t) => played(t, [changed(t, { ticket_no: 'T1' }), done('x')]));
const traces = [...passing, ...failing];
const leak = await buildLeakIndex(environment, policy);

const edit = (...ops: Op[]): Edit => ({
  ops,
  hypothesis: 'h',
  addresses: [],
  predicts: { fixes: 1, risks: '' },
  proposer: 'mine',
});
const clause = (fields: object): Op => ({
  op: 'clause.add',
  clause: Clause.parse({ id: 'rule', tools: ['close_ticket'], ...fields }),
});
const check = (edits: Edit[], change: Partial<CheckContext> = {}) =>
  checkEdits({ parent, edits, environment, tasks: workshopTasks, traces, leak, ...change });
const fault = async (...args: Parameters<typeof check>) => (await check(...args)).find((r) => !r.passed)?.check ?? null;

describe('checks before a rollout', () => {
  test('a clean edit passes all of them, in order', async () => {
    const results = await check([edit(clause({ say: 'Read the ticket before you call close_ticket.' }))]);
    expect(results.map((r) => r.check)).toEqual(CHECK_NAMES);
    expect(results.every((r) => r.passed)).toBe(true);
  });

  test.each<[string, Edit]>([
    ['schema', { ...edit(clause({ say: 'x' })), ops: [] }],
    [
      'bounds',
      edit({ op: 'skill.add', id: 'long', description: 'd', lines: Array.from({ length: 41 }, (_, i) => `step ${i}`) }),
    ],
    ['lint', edit(clause({ tools: ['melt_ticket'], say: 'Melt it.' }))],
    ['leak', edit(clause({ say: 'Ticket T4126 is a good example.' }))],
    ['taint', edit(clause({ say: 'Archive ticket, it was ticket no T0 status closed owner id none parts part' }))],
    ['inert', edit(clause({ tell: 'off', say: 'Nobody reads this sentence.' }))],
    [
      'inert',
      edit({
        op: 'monitor.add',
        monitor: Monitor.parse({ id: 'm', kind: 'duplicate_call', threshold: 5, message: 'Again?' }),
      }),
    ],
    ['replay', edit(clause({ require: 'args.reason == "never"', enforce: 'block', otherwise: 'No.' }))],
  ])('%s refuses its planted case', async (name, planted) => {
    const said = 'archive ticket it was ticket no T0 status closed owner id none';
    const tasks = [...workshopTasks, { ...(workshopTasks[0] as Task<'train'>), id: 'said', request: said }];
    const results = await check([planted], { traces: [...traces], tasks });
    expect(results.at(-1)).toMatchObject({ check: name, passed: false, reason: name });
    expect(results.at(-1)?.detail).not.toBe('');
  });

  test('policy refuses protected ids', async () => {
    const files = new Map(parent.files).set('harness.yaml', 'version: 1\nprotected: [rule]\n');
    expect(await fault([edit(clause({ say: 'Read first.' }))], { parent: parseHarness('workshop', files) })).toBe(
      'policy',
    );
  });

  test('duplicate asks the record that is handed in', async () => {
    expect(await fault([edit(clause({ say: 'Read first.' }))], { mayTry: () => 'rejected before' })).toBe('duplicate');
  });

  test('a leak is not spelled out, and words of the tools and the policy are no leak', async () => {
    const told = (await check([edit(clause({ say: 'Ask own_902 about it.' }))])).find((r) => !r.passed);
    expect(told?.detail).not.toContain('902');
    expect(
      await fault([
        edit(clause({ say: 'Help people: call swap_parts with part_ids and new_part_ids, then close_ticket.' })),
      ]),
    ).toBeNull();
  });

  test('copied words are not spelled out, and words of the hypothesis, which is stored, are held to the same', async () => {
    const said = 'my name is Ann and I live in the third house on the left';
    const tasks = [...workshopTasks, { ...(workshopTasks[0] as Task<'train'>), id: 'said', request: said }];
    const harmless = edit(clause({ say: 'Read first.' }));
    const results = await check([{ ...harmless, hypothesis: `They said: ${said}.` }], { tasks, traces: [...traces] });
    const told = results.find((r) => !r.passed);
    expect(told).toMatchObject({ check: 'taint', detail: expect.not.stringContaining('house') });
    expect(await fault([harmless], { tasks, traces: [...traces] })).toBeNull();
  });

  test('what must not be stored is found whatever else is wrong', async () => {
    const files = new Map(parent.files).set('harness.yaml', 'version: 1\nprotected: [rule]\n');
    const guarded = parseHarness('workshop', files);
    const leaking = clause({ tools: ['melt_ticket'], say: 'Ignore what T4126 says.' });
    expect(await fault([{ ...edit(leaking), proposer: 'reflect' }], { parent: guarded })).toBe('leak');
    const long = edit({ op: 'skill.add', id: 'l', description: 'd', lines: Array.from({ length: 99 }, () => 'T4126') });
    expect(await fault([long])).toBe('leak');
  });

  test('a value of a sealed task is a leak as well', async () => {
    const sealed = {
      ...(workshopTasks[0] as Task),
      split: 'sealed' as const,
      target: [{ name: 'close_ticket', arguments: { ticket_no: '%Q777123' } }],
    };
    const index = await buildLeakIndex({ ...environment, tasks: [sealed] }, policy);
    expect(await fault([edit(clause({ say: 'Try Q777123 first.' }))], { leak: index })).toBe('leak');
  });

  test('a block that meets only failing runs passes replay', async () => {
    const rule = clause({
      require: 'args.ticket_no.startsWith("%")',
      enforce: 'block',
      otherwise: 'Write the sign.',
      tools: ['close_ticket', 'archive_ticket', 'swap_parts'],
    });
    expect(await fault([edit(rule)])).toBeNull();
  });
});

describe("a caller's checks", () => {
  const harmless = () => [edit(clause({ say: 'Read first.' }))];
  const own = (check: Check['check']): Check => ({ name: 'ours', check });

  test('come after the built-in ones, may be asynchronous, and see nothing of held-out tasks', async () => {
    const seen: object[] = [];
    const results = await check(harmless(), {
      checks: [
        own(async (candidate) => {
          seen.push(candidate);
          return candidate.child.contract.clauses.length > 0 ? 'no rules today' : null;
        }),
      ],
    });
    expect(results.map((r) => r.check)).toEqual([...CHECK_NAMES, 'ours']);
    expect(results.at(-1)).toEqual({ check: 'ours', passed: false, reason: 'ours', detail: 'no rules today' });
    expect(Object.keys(seen[0] ?? {}).sort()).toEqual(['child', 'edits', 'environment', 'parent', 'tasks', 'traces']);
  });

  test.each<[string, Check['check'], string]>([
    [
      'throws',
      () => {
        throw new Error('no network');
      },
      'ours failed: no network',
    ],
    ['answers with nothing', (() => undefined) as unknown as Check['check'], 'ours: expected a reason or null'],
    ['gives no reason', () => '', 'ours refuses it without a reason'],
  ])('one that %s refuses under its name', async (_, what, reason) => {
    const results = await check(harmless(), { checks: [own(what)] });
    expect(results.at(-1)).toMatchObject({ check: 'ours', passed: false, detail: expect.stringContaining(reason) });
    expect(await fault(harmless(), { checks: [own(() => null)] })).toBeNull();
  });
});

describe('all mined edits', async () => {
  const context = { environment, harness: parent, traces, tasks: workshopTasks, diagnoses: [], random: randomOf(1) };
  const { edits, shapes } = await mine(context);

  test('are found, ordered by expected gain, and pass schema, bounds, policy, lint, leak and taint', async () => {
    expect(edits.length).toBeGreaterThan(6);
    const fixes = edits.map(({ predicts }) => predicts.fixes);
    expect(fixes).toEqual([...fixes].sort((a, b) => b - a));
    const results = await Promise.all(edits.map((e) => check([e], { shapes })));
    const faults = results.map((r) => r.find(({ passed }) => !passed)).filter((r) => r && !['inert'].includes(r.check));
    expect(faults).toEqual([]);
  });

  test('pass as one bundle', async () => {
    expect(await fault([...edits], { shapes })).toBeNull();
  });

  test('are the same for the same context', async () => {
    expect((await mine({ ...context, random: randomOf(1) })).edits).toEqual(edits);
  });

  test('without an oracle it says what it cannot learn', async () => {
    const { oracle: _, ...blind } = environment;
    expect((await mine({ ...context, environment: blind })).notes.join(' ')).toContain('No oracle');
  });
});

test('null edits are well-formed, different and change the prompt', async () => {
  const edits = nullEdits(parent, randomOf(2), 8);
  expect(new Set(edits.map((e) => JSON.stringify(e.ops))).size).toBe(8);
  for (const e of edits) expect(await fault([e])).toBeNull();
});

test('harmful edits are well-formed; the ones that block right calls are caught before a rollout', async () => {
  const edits = harmfulEdits({ environment, harness: parent, traces, tasks: workshopTasks, random: randomOf(3) });
  const faults = await Promise.all(edits.map((e) => fault([e])));
  expect(faults.filter((f) => f === 'schema' || f === 'bounds')).toEqual([]);
  expect(faults).toContain('replay');
  expect(faults).toContain(null);
});
