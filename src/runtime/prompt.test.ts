/** What is sent before the first reply: the preamble, and skills that always show. */
import { expect, test } from 'vitest';
import { done, play } from './play.fixture.ts';
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
