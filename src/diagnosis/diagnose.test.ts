import { describe, expect, test } from 'vitest';
import { Contract } from '../harness/schema.ts';
import type { Ending, Task } from '../types.ts';
import { clusterDiagnoses } from './clusters.ts';
import { diagnose } from './diagnose.ts';
import { bareHarness, changed, done, goldOf, played, type Turn, workshop, workshopTasks } from './workshop.fixture.ts';

const [close, archive, swap] = workshopTasks as [Task<'train'>, Task<'train'>, Task<'train'>];
const read = (t: Task): Turn => ({
  name: 'get_ticket_details',
  arguments: { ticket_no: goldOf(t).arguments.ticket_no ?? '' },
});

const find = async (t: Task<'train'>, turns: readonly Turn[], harness = bareHarness()) =>
  diagnose(played(t, turns), { task: t, environment: workshop, harness });

describe('diagnose', () => {
  test('a passed trace and a void trace have no diagnosis', async () => {
    expect(await find(swap, [goldOf(swap), done('ok')])).toBeNull();
    const context = { task: swap, environment: workshop, harness: bareHarness() };
    expect(await diagnose({ ...played(swap, []), score: null, error: 'network' }, context)).toBeNull();
  });

  test.each<[string, Task<'train'>, Turn[], { pattern: string; step: number; argument?: string }]>([
    [
      'the dropped sign of an id',
      close,
      [changed(close, { ticket_no: 'T4100' }), done('closed')],
      { pattern: 'missing_prefix', step: 1, argument: 'ticket_no' },
    ],
    [
      'a name where an id belongs',
      swap,
      [read(swap), changed(swap, { part_ids: ['Spring'] }), done('x')],
      { pattern: 'name_for_id', step: 4, argument: 'part_ids' },
    ],
    [
      'the same name before anything was read',
      swap,
      [changed(swap, { part_ids: ['Spring'] }), done('x')],
      { pattern: 'write_before_read', step: 1, argument: 'part_ids' },
    ],
    [
      'a failed read whose answer the later write needed',
      swap,
      [{ name: 'get_ticket', arguments: { ticket_no: '%T4126' } }, changed(swap, { part_ids: ['Spring'] }), done('x')],
      { pattern: 'wrong_name', step: 1 },
    ],
    [
      'a refused write that a later read does not make up for',
      swap,
      [
        read(swap),
        changed(swap, { part_ids: ['Spring'] }),
        { name: 'get_model', arguments: { model_id: 'mod3100' } },
        done('x'),
      ],
      { pattern: 'name_for_id', step: 4 },
    ],
    [
      'an id that stands nowhere',
      swap,
      [read(swap), changed(swap, { part_ids: ['1008292230'] }), done('x')],
      { pattern: 'invented_id', step: 4, argument: 'part_ids' },
    ],
    [
      'a text where a list belongs',
      swap,
      [read(swap), changed(swap, { part_ids: '70224' }), done('x')],
      { pattern: 'wrong_type', step: 4, argument: 'part_ids' },
    ],
    [
      'an unknown argument',
      close,
      [{ name: 'close_ticket', arguments: { ticket: '%T4100', reason: 'finished' } }, done('x')],
      { pattern: 'wrong_name', step: 1, argument: 'ticket' },
    ],
    [
      'a tool that does not fit the state',
      archive,
      [{ ...goldOf(archive), name: 'close_ticket' }, done('x')],
      { pattern: 'wrong_state', step: 1 },
    ],
    [
      'a change that nobody asked for',
      swap,
      [read(swap), { name: 'close_ticket', arguments: { ticket_no: '%T4126', reason: 'finished' } }, done('x')],
      { pattern: 'unasked_write', step: 4 },
    ],
    [
      'a wrong value in a write that succeeds',
      close,
      [changed(close, { ticket_no: '%T4152' }), done('x')],
      { pattern: 'invented_id', step: 1 },
    ],
    ['done without any write', close, [done('The ticket is closed.')], { pattern: 'claim', step: 1 }],
    [
      'a call written as text',
      close,
      ['```json\n{"name": "close_ticket", "arguments": {"ticket_no": "%T4100"}}\n```'],
      { pattern: 'text_call', step: 0 },
    ],
    [
      'the same read until the turns are out',
      close,
      [read(close), read(close), read(close), read(close)],
      { pattern: 'loop', step: 12 },
    ],
    ['talk until the end', close, [read(close), 'I am not sure what to do.'], { pattern: 'gave_up', step: 4 }],
  ])('%s', async (_, t, turns, expected) => {
    expect(await find(t, turns)).toMatchObject(expected);
  });

  test('the responsible write is the first after which the oracle cannot finish, not a later error', async () => {
    const t = workshopTasks[6] as Task<'train'>;
    const wrong = changed(t, { new_part_ids: ['70038'] });
    const found = await find(t, [read(t), wrong, goldOf(t), done('x')]);
    expect(found).toMatchObject({ step: 4, tool: 'swap_parts' });
  });

  test('a success with the same tool elsewhere does not make up for a refused call', async () => {
    const other = workshopTasks[6] as Task<'train'>;
    const both: Task<'train'> = {
      ...swap,
      request: `${swap.request} ${other.request}`,
      target: [goldOf(swap), goldOf(other)] as never,
    };
    const turns = [changed(swap, { ticket_no: 'T4126' }), goldOf(other), done('x')];
    expect(await find(both, turns)).toMatchObject({ pattern: 'missing_prefix', step: 1 });
  });

  test('a write with a wrong value that could have been mended, and was not, is responsible', async () => {
    const record: typeof workshop = {
      ...workshop,
      execute: (state, made) => {
        const ticket = state.get(String(made.arguments.ticket_no));
        if (made.name !== 'close_ticket' || !ticket) return workshop.execute(state, made);
        ticket.status = String(made.arguments.reason);
        return { content: 'closed', error: false };
      },
      score: (t, state) => {
        const { ticket_no: no, reason } = goldOf(t).arguments;
        return { reward: state.get(String(no))?.status === reason ? 1 : 0, checks: [] };
      },
    };
    const trace = {
      ...played(close, [read(close), changed(close, { reason: 'abandoned' }), done('x')]),
      score: { reward: 0, checks: [] },
    };
    const found = await diagnose(trace, { task: close, environment: record, harness: bareHarness() });
    expect(found).toMatchObject({ pattern: 'wrong_value', argument: 'reason', step: 4 });
  });

  test('what was to be reported could not be known after a read that failed', async () => {
    const lookUp = { name: 'get_model', arguments: { model_id: 'mod3100' } };
    const reporting: typeof workshop = {
      ...workshop,
      oracle: (t) => ({ calls: [lookUp, goldOf(t)], summary: 'Hinge' }),
    };
    const turns = [{ name: 'get_model', arguments: { model_id: '3100' } }, goldOf(close), done('x')];
    const trace = { ...played(close, turns), score: { reward: 0, checks: [{ name: 'report', passed: false }] } };
    const found = await diagnose(trace, { task: close, environment: reporting, harness: bareHarness() });
    expect(found).toMatchObject({ tool: 'get_model', argument: 'model_id', step: 1 });
  });

  test('a refusal that a replay does not show is the fault of the environment', async () => {
    const trace = played(close, [goldOf(close), done('x')]);
    const steps = trace.steps.map((step) =>
      step.kind === 'result' ? { ...step, content: 'Error: try later', error: true } : step,
    );
    const refused = { ...trace, steps, score: { reward: 0, checks: [] } };
    const found = await diagnose(refused, { task: close, environment: workshop, harness: bareHarness() });
    expect(found).toMatchObject({ pattern: 'environment', cause: 'environment_fault', step: 1 });
  });

  test('a claim with no change is told apart from a claim after one', async () => {
    expect((await find(close, [done('Closed.')]))?.completionWithoutEffect).toBe(true);
    expect(
      (await find(close, [changed(close, { ticket_no: '%T4126' }), done('Closed.')]))?.completionWithoutEffect,
    ).toBe(false);
  });

  test('the cause follows what the harness says about tool and argument', async () => {
    const turns = [changed(swap, { part_ids: ['Spring'] }), done('x')];
    const withClause = (clause: object) =>
      bareHarness({
        contract: Contract.parse({
          clauses: [{ id: 'ids', tools: ['swap_parts'], say: 'part_ids are numbers.', ...clause }],
        }),
      });
    expect(await find(swap, turns)).toMatchObject({ cause: 'rule_missing' });
    expect(await find(swap, turns, withClause({}))).toMatchObject({ cause: 'rule_vague', blames: 'ids' });
    expect(await find(swap, turns, withClause({ require: 'true', enforce: 'off' }))).toMatchObject({
      cause: 'rule_ignored',
      blames: 'ids',
    });
    const early = (say: string) =>
      bareHarness({ contract: Contract.parse({ clauses: [{ id: 'first', tools: ['swap_parts'], say }] }) });
    expect(await find(swap, turns, early('Read the ticket first.'))).toMatchObject({
      cause: 'rule_vague',
      blames: 'first',
    });
    expect(await find(swap, turns, early('Be polite.'))).toMatchObject({ cause: 'rule_missing' });
  });

  test('a clause that blocks a right call again and again is wrong, not ignored', async () => {
    const clause = { id: 'never', tools: ['close_ticket'], require: 'args.reason == "none"', enforce: 'block' };
    const trace = played(close, [goldOf(close), goldOf(close), done('x')]);
    const blocked = trace.steps.flatMap((step) =>
      step.kind === 'call'
        ? [{ kind: 'block' as const, by: 'never', callId: step.callId, call: step.call, message: 'Not now.' }]
        : step.kind === 'result'
          ? []
          : [step],
    );
    const refused = { ...trace, steps: blocked, score: { reward: 0, checks: [] } };
    const harness = bareHarness({ contract: Contract.parse({ clauses: [clause] }) });
    const found = await diagnose(refused, { task: close, environment: workshop, harness });
    expect(found).toMatchObject({ cause: 'rule_wrong', blames: 'never' });
  });
});

test('clusters are counted by pattern, tool and argument', async () => {
  const some = [swap, workshopTasks[6] as Task<'train'>].map((t) =>
    find(t, [read(t), changed(t, { part_ids: ['Spring'] }), done('x')]),
  );
  const all = (await Promise.all([...some, find(close, [done('Closed.')])])).flatMap((d) => (d ? [d] : []));
  const clusters = clusterDiagnoses(all);
  expect(clusters.map((c) => [c.key, c.count])).toEqual([
    ['name_for_id/swap_parts/part_ids', 2],
    ['claim/close_ticket/-', 1],
  ]);
  expect(clusters[0]?.traces).toHaveLength(2);
});

test('a wrong answer is named by the field that is wrong, or by its form', async () => {
  const environment = { ...workshop, answer: { kind: 'json', schema: { type: 'object' } } as const };
  const checks = [
    { name: 'vendor', passed: true },
    { name: 'date', passed: false, detail: 'date: expected "2026-03-04", found "4 March 2026"' },
  ];
  const answered = (ending: Ending) =>
    diagnose(
      { ...played(swap, []), steps: [{ kind: 'end', ending }], score: { reward: 0.5, checks } },
      { task: swap, environment, harness: bareHarness() },
    );
  expect(await answered({ reason: 'text', summary: '{}', value: {} })).toMatchObject({
    pattern: 'wrong_answer',
    argument: 'date',
    failure: 'residual_reasoning',
    evidence: expect.stringContaining('expected "2026-03-04"'),
  });
  expect(await answered({ reason: 'text', summary: 'I cannot.' })).toMatchObject({ argument: 'form' });
});
