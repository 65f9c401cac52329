/** What is sent before the first reply: the preamble, and skills that always show. */
import { expect, test } from 'vitest';
import type { JsonObject, Tool } from '../types.ts';
import { done, play } from './play.fixture.ts';
import { systemText } from './prompt.ts';
import type { HarnessParts } from './shop.fixture.ts';
import { workText } from './work-text.ts';

const parts: HarnessParts = {
  policy: 'You sell lamps.',
  contract: { clauses: [{ id: 'once', tools: ['cancel_order'], say: 'Cancel once.', tell: 'system' }] },
  skills: [
    { name: 'cancelling', description: 'Cancel an order', metadata: {}, body: '1. Read the order.\n' },
    { name: 'swaps', description: 'Swap items', metadata: {}, body: '1. Ask for the item.\n' },
  ],
};
const sent = async (settings: Record<string, unknown>, request: string) => {
  const { agent } = await play({ ...parts, settings }, [done], request);
  return agent.requests[0]?.messages.map(({ content }) => content);
};

test('preamble off: the text of the author alone is sent', async () => {
  expect(await sent({ preamble: false }, 'Please cancel it.')).toEqual([
    'You sell lamps.\n\n- Cancel once.',
    'Cancel an order\n1. Read the order.\n\nPlease cancel it.',
  ]);
  const [system, user] = (await sent({}, 'Please cancel it.')) ?? [];
  expect(system).toContain('Work on the request with the tools.');
  expect(user).toContain('Procedures that may help:');
});

test('skills always: each stands in every system text, the same for every request', async () => {
  const always = { preamble: false, skills: { show: 'always' } };
  const system =
    'You sell lamps.\n\n- Cancel once.\n\nCancel an order\n1. Read the order.\n\nSwap items\n1. Ask for the item.';
  for (const request of ['Please cancel it.', 'Hello?']) expect(await sent(always, request)).toEqual([system, request]);
  const off = { ...always, layers: { skills: false } };
  expect(await sent(off, 'Hello?')).toEqual(['You sell lamps.\n\n- Cancel once.', 'Hello?']);
});

test('who answers: the preamble says it in the words of the environment', () => {
  const situation = { user: 'reader', answer: { kind: 'tool' }, hasTools: true } as const;
  expect(workText({ ...situation, talks: true })).toContain(
    'The reader reads what you write without a call, and answers.',
  );
  expect(workText({ ...situation, talks: false })).toBe(
    'Work on the request with the tools. The request is all that the reader says: nobody answers questions. ' +
      'When the work is finished, or when it cannot be done, call done with a summary for the reader.',
  );
});

test('protocol text: arguments that are more than texts are told whole, plain ones in one sentence', () => {
  const toolOf = (name: string, parameters: JsonObject): Tool => ({
    name,
    description: 'Book a seat. Days are written YYYY-MM-DD.',
    parameters: { type: 'object', required: [], ...parameters },
    readOnly: false,
  });
  const told = (tool: Tool) =>
    systemText({ policy: '', work: null, clauses: [], skills: [], textTools: { bare: [tool], told: [tool] } });
  expect(told(toolOf('plain', { properties: { day: { type: 'string', description: 'The day.' } } }))).toContain(
    'plain(day?: string): Book a seat.\n',
  );
  const seat = {
    type: 'object',
    properties: { row: { type: 'integer', description: 'From 1.' }, side: { enum: ['left', 'right'] } },
    required: ['row'],
  };
  const shaped = told(
    toolOf('shaped', {
      properties: {
        seats: { type: 'array', items: { $ref: '#/$defs/seat' } },
        meal: { anyOf: [{ type: 'string', enum: ['fish', 'rice'] }, { type: 'null' }] },
        extras: { type: 'object', additionalProperties: { type: 'number' } },
        day: { type: 'string', description: 'Not before\ntoday.' },
        seat,
      },
      required: ['seats'],
      $defs: { seat },
    }),
  );
  const one = '{row: integer, side?: "left" | "right"}';
  expect(shaped).toContain(
    `shaped(seats: list of ${one}, meal?: "fish" | "rice" | null, extras?: {<key>: number}, day?: string, seat?: ${one}): ` +
      'Book a seat. Days are written YYYY-MM-DD.\n  day: Not before today.\n  seat.row: From 1.\n',
  );
  const node: JsonObject = { type: 'object', properties: { next: { $ref: '#/$defs/node' } } };
  expect(told(toolOf('endless', { properties: { first: node }, $defs: { node } }))).toContain('any');
});
