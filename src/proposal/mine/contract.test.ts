import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { diagnose } from '../../diagnosis/diagnose.ts';
import { bareHarness, changed, done, played, workshop, workshopTasks } from '../../diagnosis/workshop.fixture.ts';
import { randomOf } from '../../digest.ts';
import { loadPublicRetail } from '../../environments/retail/public.ts';
import type { Clause } from '../../harness/schema.ts';
import type { Environment, Task } from '../../types.ts';
import { mineContract } from './contract.ts';
import { learnFormat } from './formats.ts';
import { goldWrites, Prober } from './probe.ts';
import { learnProvenance } from './provenance.ts';
import { inputCel } from './sources.ts';

const publicData = join(import.meta.dirname, '../../../../shared/data/tau2/retail');
const hasPublicData = existsSync(join(publicData, 'db.json'));

async function learn(environment: Environment, tasks: readonly Task<'train'>[], budget = 6000) {
  const prober = new Prober(environment, budget);
  const golds = await goldWrites(environment, tasks);
  const context = { environment, harness: bareHarness(), traces: [], tasks, diagnoses: [], random: randomOf('test') };
  const { edits, notes } = await mineContract(context, prober, golds);
  const ops = edits.flatMap((e) => e.ops);
  const clauses = new Map(
    ops.flatMap((op): [string, Clause][] => (op.op === 'clause.add' ? [[op.clause.id, op.clause]] : [])),
  );
  const formats = ops.flatMap((op) => (op.op === 'format.add' ? [op.format] : []));
  return { clauses, formats, notes, used: prober.used };
}

describe('on a workshop that nobody described', async () => {
  const { clauses, formats, notes, used } = await learn(workshop as Environment, workshopTasks);

  test('a list argument is looked up in the record that another argument names, and the new one in what that record points to', () => {
    expect(clauses.get('lookup-swap-parts')?.prepare).toEqual([
      { read: { as: 'ticket', call: 'get_ticket_details', with: { ticket_no: 'args.ticket_no' } } },
      { ground: { argument: 'part_ids', from: 'ticket.parts', key: 'part_id' } },
      {
        read: {
          as: 'models',
          each: 'args.part_ids',
          call: 'get_model',
          with: { model_id: 'ticket.parts.filter(x, x.part_id == it)[0].model_id' },
        },
      },
      {
        ground: {
          argument: 'new_part_ids',
          from: 'values(models[i].kinds).filter(v, v.stock)',
          key: 'part_id',
          keep: 'ticket.parts.filter(x, x.part_id == args.part_ids[i])[0]',
          fallback: 'task.request',
        },
      },
    ]);
  });

  test('lists that the tool wants of equal length are required to be', () => {
    const clause = clauses.get('lookup-swap-parts');
    expect(clause).toMatchObject({
      require: expect.stringMatching(/^size\(args\.\w+\) == size\(args\.\w+\)$/),
      enforce: 'block',
    });
    expect(clause?.otherwise).toContain('swap_parts');
  });

  test('the state that a tool needs, and the tool that fits the other state', () => {
    expect(clauses.get('status-close-ticket')).toMatchObject({ require: 'ticket.status == "open"', enforce: 'block' });
    expect(clauses.get('status-archive-ticket')?.require).toBe('ticket.status == "closed"');
    expect(clauses.get('status-archive-ticket')?.otherwise).toMatch(
      /"open" \? "Call close_ticket with the same arguments/,
    );
    expect(clauses.get('status-swap-parts')?.say).toContain('only once');
  });

  test('an enum from values that the tool refuses to have changed', () => {
    expect(clauses.get('reason-close-ticket')?.require).toBe('args.reason in ["abandoned", "finished"]');
  });

  test('the sign that an id begins with is put back', () => {
    expect(formats).toEqual([{ argument: 'ticket_no', pattern: '^%T[0-9]{4}$', repair: { prefix: '%' } }]);
  });

  test('probes are counted, and a small budget is said', async () => {
    expect(used).toBeGreaterThan(0);
    expect(notes).toEqual([]);
    expect((await learn(workshop as Environment, workshopTasks, 50)).notes.join(' ')).toContain('probe budget');
  });

  test('a rule about unasked calls is told only where failures show the need', async () => {
    const [close] = workshopTasks as [Task<'train'>];
    const trace = played(close, [changed(close, { ticket_no: '%T4126' }), done('x')]);
    const found = await diagnose(trace, { task: close, environment: workshop, harness: bareHarness() });
    const base = {
      environment: workshop as Environment,
      harness: bareHarness(),
      traces: [trace],
      tasks: workshopTasks,
      random: randomOf(1),
    };
    const golds = await goldWrites(workshop as Environment, workshopTasks);
    const told = async (diagnoses: NonNullable<typeof found>[]) =>
      (await mineContract({ ...base, diagnoses }, new Prober(workshop as Environment, 6000), golds)).edits
        .flatMap((e) => e.ops)
        .find((op) => op.op === 'clause.add' && op.clause.id === 'asked-close-ticket');
    expect(await told([])).toMatchObject({ clause: { tell: 'off' } });
    expect(await told(found ? [found] : [])).toMatchObject({ clause: { tell: 'description' } });
  });
});

test.each([
  [['#A12', '#A13', '#A14', '#A15', '#A16'], { pattern: '^#A[0-9]{2}$', repair: { prefix: '#' } }],
  [['user_1', 'user_22', 'user_3', 'user_4', 'user_5'], { pattern: '^user_[0-9]+$', repair: { prefix: 'user_' } }],
])('a format is learned from %j', (values, expected) => {
  expect(learnFormat('x', values)).toEqual({ argument: 'x', ...expected });
});

test.each([[['1', '2', '3', '4', '5']], [['#A1', '#A2', '#A3']], [['ab c', 'ab d', 'ab e', 'ab f', 'ab g!']]])(
  'no format without a prefix, a shape and five values: %j',
  (values) => {
    expect(learnFormat('x', values)).toBeNull();
  },
);

test.skipIf(!hasPublicData)(
  `on the public tickets: order -> items -> variants${hasPublicData ? '' : ' (skipped: no ../shared/data/tau2)'}`,
  async () => {
    const environment = loadPublicRetail(publicData) as Environment;
    const tasks = environment.tasks.filter((t): t is Task<'train'> => t.split === 'train');
    const golds = (await goldWrites(environment, tasks)).filter(
      (g) => g.call.name === 'exchange_delivered_order_items',
    );
    const tool = environment.tools.find((t) => t.name === 'exchange_delivered_order_items');
    const found = tool && (await learnProvenance(new Prober(environment, 3000), tool, golds));
    expect(found?.reads.map((r) => [r.as, r.tool, inputCel(r.input)])).toEqual([
      ['order', 'get_order_details', 'args.order_id'],
      ['user', 'get_user_details', 'order.user_id'],
      ['products', 'get_product_details', 'order.items.filter(x, x.item_id == it)[0].product_id'],
    ]);
    expect(found?.origins.get('new_item_ids')).toMatchObject({
      each: 'item_ids',
      path: ['variants'],
      filter: 'available',
      keep: 'item_ids',
    });
    expect(found?.inRequest.get('order_id')).toBe(1);
  },
);
