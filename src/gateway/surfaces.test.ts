/** Each surface before its plain client loop: the same calls, whole and streamed. */
import { afterEach, describe, expect, test } from 'vitest';
import { type HarnessParts, swapClause } from '../runtime/shop.fixture.ts';
import type { JsonObject } from '../types.ts';
import { type Opened, openShop } from './gateway.fixture.ts';
import type { Said } from './surfaces/endpoint.fixture.ts';
import { CLIENTS, loopOf, type Post } from './surfaces/loops.fixture.ts';

let opened: Opened;
afterEach(() => opened.close());

const swapping: HarnessParts = { contract: { clauses: [swapClause] } };
const request = { role: 'user', content: 'Swap the shelf of #W1000001 for the wooden one.' };
const swap: Said = {
  content: 'I swap it.',
  calls: [['swap_items', { order_id: '#W1000001', item_ids: ['Bookshelf'], new_item_ids: ['wood'] }]],
};
const done: Said = { calls: [['done', { summary: 'Swapped.' }]] };
const post: Post = (body, path) =>
  opened.post(body, { 'x-api-key': 'sk-canary', 'anthropic-version': '2023-06-01' }, path);
const lastBody = () => opened.asked.at(-1)?.body as JsonObject;

const surfaces = Object.keys(CLIENTS) as (keyof typeof CLIENTS)[];
const both = surfaces.flatMap((name) => [false, true].map((streams) => [name, streams] as const));

test.each(both)('%s, streamed %s: names become ids, reads are calls of the client', async (name, streams) => {
  opened = await openShop(swapping);
  opened.say(swap, done);
  const { calls, text, state } = await loopOf(CLIENTS[name], post, [request], streams);
  expect(calls).toEqual([
    'get_order {"order_id":"#W1000001"}',
    'get_product {"product_id":"P1"}',
    'swap_items {"order_id":"#W1000001","item_ids":["1001"],"new_item_ids":["1002"]}',
  ]);
  expect([text, state.at(-1)]).toEqual(['Swapped.', '#W1000001: ["1001"] -> ["1002"]']);
  expect(opened.asked).toHaveLength(2);
  const [first, second] = opened.asked.map(({ body }) => (body.messages ?? body.input) as JsonObject[]);
  expect(second?.slice(0, first?.length)).toEqual(first);
  expect(JSON.stringify(lastBody().tools)).toContain('"done"');
  expect(JSON.stringify(lastBody())).not.toMatch(/"hor?_/);
  expect(opened.asked[0]?.headers).toMatchObject({ 'x-api-key': 'sk-canary', 'anthropic-version': '2023-06-01' });
});

const free = { settings: { realization: { rescue: false } } } as HarnessParts;
const open = { setting: { surface: { maxTurns: 8, vocabulary: undefined, answer: { kind: 'text' } } } } as const;
const look = [
  ['get_order', { order_id: '#W1000001' }],
  ['get_order', { order_id: '#W1000002' }],
] as const;

describe('a turn goes back as it came', () => {
  const thoughts: Record<string, JsonObject[]> = {
    messages: [
      { type: 'thinking', thinking: 'Two orders, then.', signature: 'c2ln' },
      { type: 'redacted_thinking', data: 'eHh4' },
      { type: 'future_block', anything: [1, { a: null }] },
    ],
    responses: [
      { id: 'rs_1', type: 'reasoning', summary: [{ type: 'summary_text', text: 'Two.' }], encrypted_content: 'eHh4' },
      { id: 'fu_1', type: 'future_item', anything: [1, { a: null }] },
    ],
  };
  const cases = both.filter(([name]) => name !== 'chat');

  test.each(cases)('%s, streamed %s', async (name, streams) => {
    opened = await openShop(free, open);
    const before = thoughts[name] as JsonObject[];
    opened.say({ content: 'I look.', before, calls: look }, { content: 'It is on its way.' });
    const { calls, text, history } = await loopOf(CLIENTS[name], post, [request], streams);
    expect([calls.length, text]).toEqual([2, 'It is on its way.']);
    expect(JSON.stringify(history)).toContain('eHh4');
    const sent = (lastBody().messages ?? lastBody().input) as JsonObject[];
    const turn = name === 'messages' ? (sent[1]?.content as JsonObject[]) : sent.slice(1, -2);
    expect(turn).toEqual([
      ...before,
      expect.objectContaining({ type: name === 'messages' ? 'text' : 'message' }),
      ...(name === 'messages'
        ? [
            { type: 'tool_use', id: 'toolu_1_0', name: 'get_order', input: { order_id: '#W1000001' } },
            { type: 'tool_use', id: 'toolu_1_1', name: 'get_order', input: { order_id: '#W1000002' } },
          ]
        : [
            expect.objectContaining({ id: 'fc_1_0', call_id: 'call_1_0', arguments: '{"order_id":"#W1000001"}' }),
            expect.objectContaining({ id: 'fc_1_1', call_id: 'call_1_1' }),
          ]),
    ]);
    const results = name === 'messages' ? (sent[2]?.content as JsonObject[]) : sent.slice(-2);
    expect(results.map(({ tool_use_id: a, call_id: b }) => a ?? b)).toEqual(
      name === 'messages' ? ['toolu_1_0', 'toolu_1_1'] : ['call_1_0', 'call_1_1'],
    );
  });

  test.each(cases)('%s, streamed %s: also in a new process without a journal', async (name, streams) => {
    opened = await openShop(free, open);
    const before = thoughts[name] as JsonObject[];
    opened.say({ content: 'I look.', before, calls: look });
    const history = (await loopOf(CLIENTS[name], post, [request], streams, 1)).history;
    await opened.restart(false);
    opened.say({ content: 'It is on its way.' });
    expect((await loopOf(CLIENTS[name], post, history, streams)).text).toBe('It is on its way.');
    expect(JSON.stringify(lastBody())).toContain(JSON.stringify(before).slice(1, -1));
  });
});
