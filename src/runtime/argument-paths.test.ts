/** Every layer reaches inside the arguments: a booking with `slot.date` and `payments[].cents`. */
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineEnvironment, tool } from '../environments/define.ts';
import { lintHarness } from '../harness/lint/lint.ts';
import type { JsonObject } from '../types.ts';
import { done, of } from './play.fixture.ts';
import { playEpisode } from './play.ts';
import { scriptedAgent } from './scripted-agent.fixture.ts';
import { type HarnessParts, harnessOf } from './shop.fixture.ts';

interface Desk {
  booked: JsonObject[];
}
const accounts = [
  { id: 'acc-11', bank: 'Nordic' },
  { id: 'acc-22', bank: 'Alpine' },
];
const environment = defineEnvironment<Desk, string>({
  name: 'desk',
  tasks: [{ id: 'a', input: 'Book a table.' }],
  tools: {
    list_accounts: tool('List the accounts.', z.object({}), () => accounts, { readOnly: true }),
    book: tool(
      'Book a table.',
      z.object({
        slot: z.object({ date: z.string(), guests: z.number() }),
        payments: z.array(z.object({ cents: z.number(), account_id: z.string() })),
      }),
      (state: Desk, booking) => void state.booked.push(booking),
    ),
  },
  reset: () => ({ booked: [] }),
  score: () => ({ reward: 1, checks: [] }),
});
const [task] = environment.tasks;

const right = {
  slot: { date: '2026-03-04', guests: 2 },
  payments: [
    { cents: 100, account_id: 'acc-11' },
    { cents: 250, account_id: 'acc-22' },
  ],
};

/** What the tool got, what was rewritten on the way, and what the model read. */
async function book(parts: HarnessParts, given: unknown) {
  if (task === undefined) throw new Error('expected a task');
  const agent = scriptedAgent([{ name: 'book', arguments: JSON.stringify(given) }, done]);
  const { steps } = await playEpisode({ harness: harnessOf(parts), environment, agent, task, trial: 0, seed: 1 });
  return {
    got: of(steps, 'call').find(({ call }) => call.name === 'book')?.call.arguments,
    rewrites: of(steps, 'rewrite').map(({ by, what, before, after }) => [by, what, before, after]),
    read: agent.requests[1]?.messages.at(-1)?.content,
  };
}
const realization = (switches: object): HarnessParts => ({ settings: { realization: switches } });

describe('argument paths', () => {
  it('rename: near-miss names and aliases inside objects and lists', async () => {
    const contract = { aliases: { book: { 'slot.day': 'slot.date' } } };
    const given = {
      slot: { day: '2026-03-04', guests: 2 },
      payments: [right.payments[0], { Cents: 250, 'account-id': 'acc-22' }],
    };
    const { got, rewrites } = await book({ contract, ...realization({ rename: true }) }, given);
    expect(got).toEqual(right);
    expect(rewrites).toEqual([
      ['alias:book.slot.day', 'argument name', 'slot.day', 'slot.date'],
      ['realization:rename', 'argument name', 'payments[1].Cents', 'payments[1].cents'],
      ['realization:rename', 'argument name', 'payments[1].account-id', 'payments[1].account_id'],
    ]);
  });
  it('coerce: types inside, and an object written as text', async () => {
    const given = {
      slot: '{"date": "2026-03-04", "guests": "2"}',
      payments: [right.payments[0], { cents: '250', account_id: 'acc-22' }],
    };
    const { got, rewrites } = await book(realization({ coerce: true }), given);
    expect(got).toEqual(right);
    expect(rewrites.map(([, what]) => what)).toEqual(['slot', 'slot.guests', 'payments[1].cents']);
  });
  it('formats: repaired where it stands, else refused with the place', async () => {
    const contract = {
      formats: [
        { argument: 'payments[].account_id', pattern: '^acc-[0-9]+$', repair: { prefix: 'acc-', case: 'lower' } },
        { argument: 'slot.date', tools: ['book'], pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' },
      ],
    };
    const [first] = right.payments;
    const repaired = await book({ contract }, { ...right, payments: [first, { cents: 250, account_id: 'ACC-22' }] });
    expect(repaired.got).toEqual(right);
    expect(repaired.rewrites).toEqual([['format:payments[].account_id', 'payments[1].account_id', 'ACC-22', 'acc-22']]);
    const refused = await book({ contract }, { ...right, slot: { date: 'Friday', guests: 2 } });
    expect(refused.got).toBeUndefined();
    expect(refused.read).toMatch(/^slot\.date "Friday" has the wrong shape/);
  });
  it('ground: each description in a list of objects becomes its key', async () => {
    const clause = {
      id: 'accounts',
      tools: ['book'],
      prepare: [
        { read: { as: 'accounts', call: 'list_accounts' } },
        { ground: { argument: 'payments[].account_id', from: 'accounts', key: 'id' } },
      ],
    };
    const given = { ...right, payments: [right.payments[0], { cents: 250, account_id: 'Alpine' }] };
    const { got, rewrites } = await book({ contract: { clauses: [clause] } }, given);
    expect(got).toEqual(right);
    expect(rewrites).toEqual([['accounts', 'payments[1].account_id', 'Alpine', 'acc-22']]);
    const asked = await book(
      { contract: { clauses: [clause] } },
      { ...right, payments: [{ cents: 1, account_id: 'x' }] },
    );
    expect(asked.read).toMatch(/^payments\[0\]\.account_id "x" .*say bank \(Alpine, Nordic\)/);
  });
  it('permissions: a limit holds for every element, and for one thing where a list belongs', async () => {
    const limits = [{ tool: 'book', argument: 'payments[].cents', max: 200 }];
    const parts = { settings: { permissions: { limits } } };
    expect((await book(parts, right)).read).toBe('payments[1].cents of book may be at most 200.');
    expect((await book(parts, { ...right, payments: right.payments[1] })).read).toContain('at most 200');
    expect((await book(parts, { ...right, payments: [right.payments[0]] })).got).toBeDefined();
  });
  it.each<[string, HarnessParts, string]>([
    [
      'a format',
      { contract: { formats: [{ argument: 'slot.dat', pattern: 'x' }] } },
      'no tool has an argument slot.dat; did you mean slot.date?',
    ],
    [
      'a list without its sign',
      { settings: { permissions: { limits: [{ tool: 'book', argument: 'payments.cents', max: 1 }] } } },
      'book has no argument payments.cents; did you mean payments[].cents?',
    ],
    [
      'a name at another depth',
      { contract: { formats: [{ argument: 'date', tools: ['book'], pattern: 'x' }] } },
      'book has no argument date; did you mean slot.date?',
    ],
    [
      'an expression',
      { contract: { clauses: [{ id: 'a', tools: ['book'], require: 'args.slot.dates != ""' }] } },
      '`args.slot.dates != ""`: no tool of the clause has an argument slot.dates; did you mean slot.date?',
    ],
    [
      'an alias into another object',
      { contract: { aliases: { book: { date: 'slot.date' } } } },
      'date and slot.date stand in different objects; rename within one',
    ],
  ])('lint knows the paths of %s', (_, parts, message) => {
    const issues = lintHarness(harnessOf(parts), environment.tools, new Map());
    expect(issues.map((issue) => issue.message)).toContain(message);
  });
});
