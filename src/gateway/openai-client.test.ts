/** The published `openai` client, unchanged but for its base URL, in the tiny shop. */
import OpenAI from 'openai';
import type { ChatCompletionMessageParam } from 'openai/resources/chat/completions';
import type { ResponseInputItem } from 'openai/resources/responses/responses';
import { afterEach, expect, test } from 'vitest';
import { type HarnessParts, shop, swapClause } from '../runtime/shop.fixture.ts';
import type { JsonObject } from '../types.ts';
import { type Opened, openShop } from './gateway.fixture.ts';
import type { Said } from './surfaces/endpoint.fixture.ts';

let opened: Opened;
afterEach(() => opened.close());

const swapping: HarnessParts = { contract: { clauses: [swapClause] } };
const request = 'Swap the shelf of #W1000001 for the wooden one.';
const swap: Said = {
  content: 'I swap it.',
  calls: [['swap_items', { order_id: '#W1000001', item_ids: ['Bookshelf'], new_item_ids: ['wood'] }]],
};
const done: Said = { calls: [['done', { summary: 'Swapped.' }]] };
const expected = {
  calls: [
    'get_order {"order_id":"#W1000001"}',
    'get_product {"product_id":"P1"}',
    'swap_items {"order_id":"#W1000001","item_ids":["1001"],"new_item_ids":["1002"]}',
  ],
  text: 'Swapped.',
};

interface Run {
  readonly client: OpenAI;
  readonly calls: string[];
  tool(name: string, text: string): string;
}

function open(): Run {
  const state = shop.reset({ id: 't', split: 'train', tags: [], request: '', target: null });
  const calls: string[] = [];
  return {
    client: new OpenAI({ baseURL: opened.url, apiKey: 'sk-test', maxRetries: 0 }),
    calls,
    tool(name, text) {
      calls.push(`${name} ${text}`);
      return shop.execute(state, { name, arguments: JSON.parse(text) as JsonObject }).content;
    },
  };
}

const functions = shop.tools.map(({ name, description, parameters }) => ({
  type: 'function' as const,
  function: { name, description, parameters: parameters as Record<string, unknown> },
}));

async function chatLoop({ client, tool }: Run, streams: boolean): Promise<string> {
  const messages: ChatCompletionMessageParam[] = [{ role: 'user', content: request }];
  for (;;) {
    const asked = { model: 'm-1', messages, tools: functions };
    const completion = streams
      ? await client.chat.completions
          .stream({ ...asked, stream_options: { include_usage: true } })
          .finalChatCompletion()
      : await client.chat.completions.create(asked);
    expect(completion).toMatchObject({ object: 'chat.completion', id: expect.any(String), model: 'm-1' });
    const { message } = completion.choices[0] as (typeof completion.choices)[0];
    messages.push(message);
    if (!message.tool_calls?.length) return message.content ?? '';
    for (const call of message.tool_calls)
      if (call.type === 'function')
        messages.push({
          role: 'tool',
          tool_call_id: call.id,
          content: tool(call.function.name, call.function.arguments),
        });
  }
}

async function responsesLoop({ client, tool }: Run, streams: boolean): Promise<string> {
  const input: ResponseInputItem[] = [{ role: 'user', content: request }];
  const tools = functions.map(({ type, function: inner }) => ({ type, ...inner, strict: false }));
  for (;;) {
    const asked = { model: 'm-1', input, tools, store: false };
    const response = streams
      ? await client.responses.stream(asked).finalResponse()
      : await client.responses.create(asked);
    expect(response).toMatchObject({ object: 'response', status: 'completed', tools });
    input.push(...(response.output as ResponseInputItem[]));
    const calls = response.output.flatMap((item) => (item.type === 'function_call' ? [item] : []));
    if (calls.length === 0) return response.output_text;
    for (const { call_id, name, arguments: text } of calls)
      input.push({ type: 'function_call_output', call_id, output: tool(name, text) });
  }
}

function runTools({ client, tool }: Run, streams: boolean): Promise<string | null> {
  const tools = functions.map(({ type, function: inner }) => ({
    type,
    function: { ...inner, parameters: inner.parameters as object, function: (text: string) => tool(inner.name, text) },
  }));
  const asked = { model: 'm-1', messages: [{ role: 'user' as const, content: request }], tools };
  return streams
    ? client.chat.completions.runTools({ ...asked, stream: true }).finalContent()
    : client.chat.completions.runTools(asked).finalContent();
}

const loops = { chatLoop, responsesLoop, runTools };
const cases = (Object.keys(loops) as (keyof typeof loops)[]).flatMap((name) =>
  [false, true].map((streams) => [name, streams] as const),
);

test.each(cases)('%s, streamed %s: gets the same calls and the same text', async (name, streams) => {
  opened = await openShop(swapping);
  opened.say(swap, done);
  const run = open();
  const text = await loops[name](run, streams);
  expect({ calls: run.calls, text }).toEqual(expected);
});

const free = { settings: { realization: { rescue: false } } } as HarnessParts;
const answers = { setting: { surface: { maxTurns: 8, vocabulary: undefined, answer: { kind: 'text' } } } } as const;

test('text that no layer holds is read as it comes', async () => {
  opened = await openShop(free, answers);
  opened.say({ content: 'It is on its way.' }, { content: 'It is on its way.' });
  const { client } = open();
  const asked = { model: 'm-1', tools: functions, messages: [{ role: 'user' as const, content: request }] };
  const pieces: string[] = [];
  const stream = client.chat.completions.stream(asked);
  stream.on('content', (piece) => pieces.push(piece));
  expect(await stream.finalContent()).toBe('It is on its way.');
  const tools = functions.map(({ type, function: inner }) => ({ type, ...inner, strict: false }));
  const response = client.responses.stream({ model: 'm-1', input: request, tools });
  const deltas: string[] = [];
  response.on('response.output_text.delta', ({ delta }) => deltas.push(delta));
  expect((await response.finalResponse()).output_text).toBe('It is on its way.');
  const expectedPieces = ['It ', 'is ', 'on ', 'its ', 'way.'];
  expect([pieces.filter((piece) => piece !== ''), deltas]).toEqual([expectedPieces, expectedPieces]);
});

test('a refusal is an error of its kind, on each surface', async () => {
  opened = await openShop(swapping);
  const { client } = open();
  const tools = functions.map(({ type, function: inner }) => ({ type, ...inner, strict: false }));
  const asked = client.responses.create({ model: 'm-1', input: 'x', tools, previous_response_id: 'resp_1' });
  await expect(asked).rejects.toThrow(/^400 previous_response_id: expected the whole history/);
  opened.say({ status: 429, body: '{"error":{"message":"slow down"}}' });
  await expect(client.responses.create({ model: 'm-1', input: 'x', tools })).rejects.toThrow(/^429 slow down/);
  opened.say({ status: 401, body: '{"error":{"message":"no such key"}}' });
  const chat = client.chat.completions.create({
    model: 'm-1',
    messages: [{ role: 'user', content: 'x' }],
    tools: functions,
  });
  await expect(chat).rejects.toBeInstanceOf(OpenAI.AuthenticationError);
});
