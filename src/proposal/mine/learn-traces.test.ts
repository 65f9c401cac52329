import { describe, expect, test } from 'vitest';
import { diagnose } from '../../diagnosis/diagnose.ts';
import {
  bareHarness,
  changed,
  done,
  goldOf,
  played,
  type Turn,
  workshop,
  workshopTasks,
} from '../../diagnosis/workshop.fixture.ts';
import { randomOf } from '../../digest.ts';
import { Contract } from '../../harness/schema.ts';
import type { Diagnosis, Environment, Harness, Task } from '../../types.ts';
import type { MineContext } from './context.ts';
import { mineMonitors } from './monitors.ts';
import { Prober } from './probe.ts';
import { mineRewrites } from './rewrites.ts';
import { frequentWords, learnPrecedence, mineSkills } from './skills.ts';
import { mineSwitches } from './switches.ts';

const environment = workshop as Environment;
const some = workshopTasks.slice(0, 6);

async function contextOf(
  turnsOf: (t: Task<'train'>) => Turn[],
  harness: Harness = bareHarness(),
): Promise<MineContext> {
  const traces = some.map((t) => played(t, turnsOf(t)));
  const diagnoses: Diagnosis[] = [];
  for (const [i, trace] of traces.entries()) {
    const found = await diagnose(trace, { task: some[i] as Task<'train'>, environment, harness });
    if (found) diagnoses.push(found);
  }
  return { environment, harness, traces, tasks: workshopTasks, diagnoses, random: randomOf(1) };
}

describe('switches', () => {
  test('calls written as text in most first turns: rescue, repair and the text protocol in one edit', async () => {
    const [edit] = mineSwitches(
      await contextOf((t) => [
        `\`\`\`json\n${JSON.stringify({ name: goldOf(t).name, arguments: goldOf(t).arguments })}\n\`\`\``,
      ]),
    );
    expect(edit?.ops).toEqual([
      { op: 'switch.set', key: 'rescue', value: true },
      { op: 'switch.set', key: 'repair', value: true },
      { op: 'switch.set', key: 'protocol', value: 'text' },
    ]);
    expect(edit?.addresses).toHaveLength(6);
  });

  test('without tools nothing is switched, whatever the replies look like', async () => {
    const context = await contextOf((t) => [JSON.stringify({ name: 'done', arguments: { summary: t.id } })]);
    expect(mineSwitches(context).length).toBeGreaterThan(0);
    expect(mineSwitches({ ...context, environment: { ...environment, tools: [], answer: { kind: 'text' } } })).toEqual(
      [],
    );
  });

  test('a text call now and then asks for rescue but leaves the protocol', async () => {
    const seldom = await contextOf((t) => (t === some[0] ? [JSON.stringify(goldOf(t))] : [goldOf(t), done('x')]));
    expect(mineSwitches(seldom)[0]?.ops.map((op) => op.op === 'switch.set' && op.key)).toEqual(['rescue', 'repair']);
  });

  test('a text where a list belongs asks for coerce, also inside a call written as text', async () => {
    const coerce = (edits: ReturnType<typeof mineSwitches>) =>
      edits.some((e) => e.ops.some((op) => op.op === 'switch.set' && op.key === 'coerce'));
    const single = (t: Task<'train'>): Turn =>
      t.request.includes('swap') ? changed(t, { part_ids: '70010' }) : goldOf(t);
    expect(coerce(mineSwitches(await contextOf((t) => [single(t), done('x')])))).toBe(true);
    expect(coerce(mineSwitches(await contextOf((t) => [JSON.stringify(single(t))])))).toBe(true);
    expect(coerce(mineSwitches(await contextOf((t) => [goldOf(t), done('x')])))).toBe(false);
  });

  test('a wrong argument name that comes again becomes an alias', async () => {
    const misnamed = (t: Task<'train'>): Turn => {
      const { ticket_no, ...rest } = goldOf(t).arguments;
      return { name: goldOf(t).name, arguments: { ...rest, ticket: ticket_no ?? '' } };
    };
    const ops = mineSwitches(await contextOf((t) => [misnamed(t), done('x')])).flatMap((e) => e.ops);
    expect(ops).toContainEqual({ op: 'alias.add', tool: 'archive_ticket', from: 'ticket', to: 'ticket_no' });
    expect(ops).toContainEqual({ op: 'switch.set', key: 'rename', value: true });
  });

  test('right calls ask for nothing', async () => {
    expect(mineSwitches(await contextOf((t) => [goldOf(t), done('x')]))).toEqual([]);
  });
});

describe('monitors', () => {
  const idsOf = (context: MineContext) =>
    mineMonitors(context).flatMap((e) => e.ops.map((op) => op.op === 'monitor.add' && op.monitor.id));

  test('a claim with no write asks for the monitor that names the write tools', async () => {
    const context = await contextOf(() => [done('All finished.')]);
    expect(idsOf(context)).toEqual(['nothing-done-yet']);
    expect(JSON.stringify(mineMonitors(context))).toContain('archive_ticket');
  });

  test('loops ask for a hint and a stop; a harness that has them is left alone', async () => {
    const loop = await contextOf((t) =>
      Array.from(
        { length: 8 },
        (): Turn => ({ name: 'get_ticket_details', arguments: { ticket_no: goldOf(t).arguments.ticket_no ?? '' } }),
      ),
    );
    expect(idsOf(loop)).toEqual(['same-call-again', 'same-call-stop', 'failures-in-a-row']);
    const monitors = mineMonitors(loop).flatMap((e) =>
      e.ops.flatMap((op) => (op.op === 'monitor.add' ? [op.monitor] : [])),
    );
    expect(idsOf({ ...loop, harness: bareHarness({ regulation: { monitors } }) })).toEqual([]);
  });
});

describe('rewrites', async () => {
  const blamed = (cause: Diagnosis['cause']): Diagnosis[] =>
    ['a', 'b'].map((trace) => ({
      trace,
      task: trace,
      step: 0,
      failure: 'contract_mismatch',
      cause,
      pattern: 'wrong_state',
      tool: 'close_ticket',
      blames: 'rule',
      completionWithoutEffect: false,
      evidence: '',
      confidence: 1,
    }));
  const harness = bareHarness({
    contract: Contract.parse({
      clauses: [{ id: 'rule', tools: ['close_ticket'], say: 'x', require: 'true', enforce: 'note' }],
    }),
  });
  const context = { ...(await contextOf((t) => [goldOf(t), done('x')])), harness };

  test('what was ignored is enforced with its wording unchanged', async () => {
    const [edit] = mineRewrites({ ...context, diagnoses: blamed('rule_ignored') });
    expect(edit?.ops[0]).toMatchObject({ op: 'clause.replace', clause: { say: 'x', enforce: 'block' } });
  });

  test('what was wrong is removed, unless it is protected', async () => {
    expect(mineRewrites({ ...context, diagnoses: blamed('rule_wrong') })[0]?.ops).toEqual([
      { op: 'clause.remove', id: 'rule' },
    ]);
    const locked = { ...harness, settings: { ...harness.settings, protected: ['rule'] } };
    expect(mineRewrites({ ...context, harness: locked, diagnoses: blamed('rule_wrong') })).toEqual([]);
  });
});

describe('skills', () => {
  test('steps name tools and the description holds shared words, never an id', async () => {
    const context = await contextOf(() => [done('x')]);
    const failed = { ...(context.diagnoses[0] as Diagnosis), pattern: 'wrong_order' };
    const [edit] = mineSkills(
      { ...context, diagnoses: [failed] },
      {
        provenances: [],
        precedences: [{ first: 'swap_parts', then: 'archive_ticket' }],
      },
    );
    const [op] = edit?.ops ?? [];
    expect(op?.op === 'skill.add' && op.lines.join('\n')).toMatch(/call swap_parts before archive_ticket/);
    expect(op?.op === 'skill.add' && op.description).toMatch(/ticket/);
    expect(op?.op === 'skill.add' && op.description).not.toMatch(/\d/);
  });

  test('failures that no procedure cures give no skill', async () => {
    const context = await contextOf(() => [done('x')]);
    const diagnoses = context.diagnoses.map((one) => ({ ...one, pattern: 'name_for_id' }));
    expect(mineSkills({ ...context, diagnoses }, { provenances: [], precedences: [] })).toEqual([]);
  });

  test('the order of two writes is learned by swapping them', async () => {
    const t = workshopTasks[0] as Task<'train'>;
    const no = goldOf(t).arguments.ticket_no ?? '';
    const closeFirst = goldOf(t);
    const archive = { name: 'archive_ticket', arguments: { ticket_no: no, reason: 'finished' } };
    const golds = [t, t].map((task) => ({ task, before: [closeFirst], call: archive }));
    expect(await learnPrecedence(new Prober(environment, 100), golds)).toEqual([
      { first: 'close_ticket', then: 'archive_ticket' },
    ]);
  });

  test('words that few requests share are left out', async () => {
    expect(frequentWords(workshopTasks, workshopTasks, 20)).not.toContain('hinge');
    expect(frequentWords(workshopTasks, workshopTasks, 20)).toContain('ticket');
  });
});
