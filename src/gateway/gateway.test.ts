/** The gateway before a plain client loop: layers, conversations, faults, and who may ask it. */
import { afterEach, describe, expect, test } from 'vitest';
import { type HarnessParts, harnessOf, swapClause } from '../runtime/shop.fixture.ts';
import type { Json, JsonObject } from '../types.ts';
import { loop, type Opened, openShop, type Said, tools, type WireCall } from './gateway.fixture.ts';

let opened: Opened;
afterEach(() => opened.close());

const swapping: HarnessParts = { contract: { clauses: [swapClause] } };
const begin = (request = 'Swap the shelf of #W1000001 for the wooden one.'): Json[] => [
  { role: 'system', content: 'Serve the customer.' },
  { role: 'user', content: request },
];
const swap: Said = {
  content: 'I swap it.',
  calls: [['swap_items', { order_id: '#W1000001', item_ids: ['Bookshelf'], new_item_ids: ['wood'] }]],
};
/** Of the nth request upstream. */
const messagesOf = (n: number) => (opened.asked[n]?.body.messages ?? []) as JsonObject[];
const done: Said = { calls: [['done', { summary: 'Swapped.' }]] };

describe('a call through the layers', () => {
  test('reads are ordinary calls of the client, names become ids, and the summary is the answer', async () => {
    opened = await openShop(swapping);
    opened.say(swap, done);
    const { calls, ids, text, state, replies } = await loop(opened, begin());
    expect(calls).toEqual([
      'get_order {"order_id":"#W1000001"}',
      'get_product {"product_id":"P1"}',
      'swap_items {"order_id":"#W1000001","item_ids":["1001"],"new_item_ids":["1002"]}',
    ]);
    expect(state.at(-1)).toBe('#W1000001: ["1001"] -> ["1002"]');
    expect(text).toBe('Swapped.');
    expect(ids.map((id) => id.replace(/_.*_/, '_'))).toEqual(['hor_0', 'hor_1', 'ho_2']);
    expect(replies.at(-1)?.headers.get('x-optimize-ending')).toBe('done');
    expect(replies.map(({ headers }) => headers.get('x-optimize-harness'))).toEqual(Array(4).fill('v1'));
  });

  test('the model sees its own call with the result, its own ids, and told rules; usage is summed', async () => {
    opened = await openShop(swapping);
    opened.say(swap, done);
    await loop(opened, begin());
    expect(opened.asked).toHaveLength(2);
    const [first, second] = opened.asked.map(
      ({ body }) => body as { messages: Json[]; tools: { function: { name: string; description: string } }[] },
    );
    expect(second?.messages.slice(0, first?.messages.length)).toEqual(first?.messages);
    expect(second?.messages.slice(-2)).toMatchObject([
      {
        role: 'assistant',
        content: 'I swap it.',
        tool_calls: [{ id: 'vendor-1-0', function: { name: 'swap_items' } }],
      },
      { role: 'tool', tool_call_id: 'vendor-1-0' },
    ]);
    expect(first?.tools.map(({ function: { name } }) => name)).toContain('done');
    expect(JSON.stringify(first?.tools)).toContain('Only a delivered order can be swapped');
  });

  test('a block is answered inside', async () => {
    opened = await openShop({
      contract: {
        clauses: [
          {
            id: 'no-credit',
            tools: ['give_credit'],
            require: 'false',
            enforce: 'block',
            otherwise: 'No credit is given.',
          },
        ],
      },
    });
    opened.say({ calls: [['give_credit', { amount: 5 }]] }, done);
    const { calls, text } = await loop(opened, begin());
    expect([calls, text]).toEqual([[], 'Swapped.']);
    expect(messagesOf(1).at(-1)).toMatchObject({
      role: 'tool',
      content: 'No credit is given.',
    });
  });

  test('a conversation goes on behind its end, and what a client adds beside results is heard', async () => {
    opened = await openShop(swapping);
    opened.say(swap, done, { calls: [['get_order', { order_id: '#W1000002' }]] }, done);
    const messages = begin();
    await loop(opened, messages);
    messages.push({ role: 'user', content: 'And the ring of #W1000002?' });
    const { calls } = await loop(opened, messages);
    expect(calls).toEqual(['get_order {"order_id":"#W1000002"}']);
    expect(messagesOf(2).at(-1)).toEqual({
      role: 'user',
      content: 'And the ring of #W1000002?',
    });
  });

  test('parts that are no text, and unknown fields, go upstream as they came', async () => {
    opened = await openShop(swapping);
    opened.say(done);
    const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,AA' } };
    await loop(opened, [{ role: 'user', content: [{ type: 'text', text: 'This one.' }, image] }], {
      extra: { metadata: { a: 1 }, temperature: 0.3 },
    });
    expect(opened.asked[0]?.body).toMatchObject({ metadata: { a: 1 }, temperature: 0.3 });
    expect(messagesOf(0).at(-1)?.content).toEqual([{ type: 'text', text: 'This one.' }, image]);
  });
});

describe('streams', () => {
  const eventsIn = (text: string) =>
    text
      .split('\n\n')
      .filter((line) => line.startsWith('data: {'))
      .map(
        (line) =>
          JSON.parse(line.slice(6)) as {
            choices: {
              delta: { content?: string; tool_calls?: (WireCall & { index: number })[] };
              finish_reason: string | null;
            }[];
            usage?: object;
          },
      );

  test('calls are whole, with ids, and usage only comes where it is asked for', async () => {
    opened = await openShop(swapping);
    opened.say(swap);
    for (const usage of [false, true]) {
      const response = await opened.post({
        model: 'm-1',
        messages: begin(),
        tools,
        stream: true,
        ...(usage ? { stream_options: { include_usage: true } } : {}),
      });
      const text = await response.text();
      expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
      const events = eventsIn(text);
      const call = events.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? []);
      expect(call).toMatchObject([
        {
          index: 0,
          id: expect.stringMatching(/^hor_/),
          function: { name: 'get_order', arguments: '{"order_id":"#W1000001"}' },
        },
      ]);
      expect(events.findLast(({ choices }) => choices.length > 0)?.choices[0]?.finish_reason).toBe('tool_calls');
      expect(events.some((event) => event.usage !== undefined)).toBe(usage);
      opened.say(swap);
    }
  });

  test('text that no layer holds comes as it comes', async () => {
    opened = await openShop(
      { settings: { realization: { rescue: false } } },
      { setting: { surface: { maxTurns: 8, vocabulary: undefined, answer: { kind: 'text' } } } },
    );
    opened.say({ content: 'It is on its way.' });
    const text = await (await opened.post({ model: 'm-1', messages: begin(), tools, stream: true })).text();
    const pieces = eventsIn(text).flatMap(({ choices }) => choices[0]?.delta.content || []);
    expect(pieces).toEqual(['It ', 'is ', 'on ', 'its ', 'way.']);
    expect(opened.asked[0]?.body).toMatchObject({ stream: true, stream_options: { include_usage: true } });
  });
});

describe('a conversation', () => {
  test.each(['', '{"id": "up-1", "choi'])('outlives an answer that upstream cuts behind %j', async (body) => {
    opened = await openShop(swapping);
    opened.say({ status: 0, body }, swap, done);
    const messages = begin();
    const dropped = await opened.post({ model: 'm-1', messages, tools });
    expect([dropped.status, dropped.headers.get('x-optimize-bypassed')]).toEqual([502, null]);
    const { text, ids } = await loop(opened, messages);
    expect([text, ids[0]]).toEqual(['Swapped.', expect.stringMatching(/^hor_/)]);
  });

  test('is asked again without a second call upstream, and goes on behind a fault of upstream', async () => {
    opened = await openShop(swapping);
    opened.say({ status: 429, body: '{"error":{"message":"slow down"}}' }, swap);
    const messages = begin();
    const refused = await opened.post({ model: 'm-1', messages, tools });
    expect([refused.status, await refused.json()]).toEqual([429, { error: { message: 'slow down' } }]);
    const first = await opened.post({ model: 'm-1', messages, tools });
    const id = first.headers.get('x-optimize-conversation') as string;
    const again = await opened.post({ model: 'm-1', messages, tools }, { 'x-optimize-conversation': id });
    expect(await again.json()).toEqual(await first.json());
    expect(opened.asked).toHaveLength(2);
  });

  test('without a result of a call is refused with the id, and changes nothing', async () => {
    opened = await openShop(swapping);
    opened.say(swap, done);
    const messages = begin();
    await loop(opened, messages, { most: 1 });
    const result = messages.pop() as Json;
    const broken = await opened.post({
      model: 'm-1',
      messages: [...messages, { role: 'user', content: 'Well?' }],
      tools,
    });
    const said = ((await broken.json()) as { error: { message: string } }).error.message;
    expect([broken.status, said]).toEqual([400, expect.stringMatching(/tool_call_id hor_[0-9a-f]{12}_0, found none/)]);
    messages.push(result);
    expect((await loop(opened, messages)).text).toBe('Swapped.');
  });

  test.each([true, false])('goes on in a new process, with its journal: %s', async (journal) => {
    opened = await openShop(swapping);
    opened.say(swap, done);
    const whole = await loop(opened, begin());
    opened.say(swap);
    const messages = begin();
    const before = await loop(opened, messages, { most: 2 });
    await opened.restart(journal);
    opened.say(...(journal ? [done] : [swap, done]));
    const after = await loop(opened, messages);
    expect(after.text).toBe('Swapped.');
    const calls = [...before.calls, ...after.calls];
    expect(calls.at(-1)).toBe(whole.calls.at(-1));
    if (journal) expect(calls).toEqual(whole.calls);
    const last = opened.asked.at(-1)?.body.messages as JsonObject[];
    expect(JSON.stringify(last)).not.toContain('hor_');
  });

  test('keeps the harness that it began with', async () => {
    opened = await openShop(swapping);
    opened.say(swap, done, { calls: [['give_credit', { amount: 1 }]] }, done);
    const old = begin();
    await loop(opened, old, { most: 1 });
    opened.stage.inForce = { label: 'v2', harness: harnessOf({}) };
    const [later, newer] = [await loop(opened, old), await loop(opened, begin('Another.'))];
    expect(later.replies.at(-1)?.headers.get('x-optimize-harness')).toBe('v1');
    expect(newer.replies.at(-1)?.headers.get('x-optimize-harness')).toBe('v2');
  });

  test('equal beginnings are two conversations; one without calls is found by its texts', async () => {
    opened = await openShop(
      {},
      { setting: { surface: { maxTurns: 8, vocabulary: undefined, answer: { kind: 'text' } } } },
    );
    opened.say({ content: 'Which?' }, { content: 'Which?' }, { content: 'Fine.' });
    const ids: (string | null)[] = [];
    for (let i = 0; i < 2; i++)
      ids.push((await opened.post({ model: 'm', messages: begin(), tools })).headers.get('x-optimize-conversation'));
    expect(ids[0]).not.toBe(ids[1]);
    const next = await opened.post({
      model: 'm',
      messages: [...begin(), { role: 'assistant', content: 'Which?' }, { role: 'user', content: 'The red.' }],
      tools,
    });
    expect(ids).toContain(next.headers.get('x-optimize-conversation'));
  });
});

describe('what passes unchanged', () => {
  const plain = { model: 'm-1', messages: begin(), tools, tool_choice: 'none' };

  test.each<[string, object]>([
    ['a request that wants no call', plain],
    ['one without tools', { model: 'm-1', messages: begin() }],
    ['one that wants a form', { ...plain, tool_choice: 'auto', response_format: { type: 'json_object' } }],
  ])('%s', async (_, body) => {
    opened = await openShop(swapping);
    opened.say({ content: 'yes' });
    const response = await opened.post(body);
    expect(await response.json()).toMatchObject({ id: 'up-1', choices: [{ message: { content: 'yes' } }] });
    expect(opened.asked[0]?.body).toEqual(body);
  });

  test('everything while the environment is frozen, and in shadow mode', async () => {
    opened = await openShop(swapping);
    opened.stage.frozen = 'frozen since decision 3';
    opened.say({ content: 'a' });
    const body = { model: 'm-1', messages: begin(), tools };
    const response = await opened.post(body);
    expect([response.headers.get('x-optimize-bypassed'), opened.asked[0]?.body]).toEqual(['frozen', body]);
    await opened.close();
    opened = await openShop(swapping, { mode: 'shadow' });
    opened.say(swap);
    const shadowed = (await (await opened.post(body)).json()) as { choices: { message: object }[] };
    expect(shadowed.choices[0]?.message).toMatchObject({ tool_calls: [{ id: 'vendor-1-0' }] });
    expect(opened.asked[0]?.body).toEqual(body);
  });

  test.each([false, true])('a request at which a layer of ours fails, unless it is closed: %s', async (failClosed) => {
    const isReadOnly = () => {
      throw new TypeError('a fault of ours');
    };
    opened = await openShop(swapping, { failClosed, setting: { isReadOnly } });
    opened.say({ content: 'from upstream' });
    const response = await opened.post({ model: 'm-1', messages: begin(), tools });
    expect([response.status, response.headers.get('x-optimize-bypassed')]).toEqual(
      failClosed ? [502, null] : [200, 'error'],
    );
  });
});
