/** What a surface refuses by name, what passes unchanged, and faults in its own form. */
import { afterEach, describe, expect, test } from 'vitest';
import { type HarnessParts, swapClause } from '../../runtime/shop.fixture.ts';
import type { JsonObject } from '../../types.ts';
import { type Opened, openShop } from '../gateway.fixture.ts';
import { SPOKEN } from './endpoint.fixture.ts';
import { SURFACES, surfaceAt } from './index.ts';
import { CLIENTS, eventsOfText } from './loops.fixture.ts';
import { messages } from './messages.ts';
import { responses } from './responses.ts';

let opened: Opened;
afterEach(() => opened.close());

const swapping: HarnessParts = { contract: { clauses: [swapClause] } };
const ask = [{ role: 'user', content: 'Swap it.' }];
type Name = 'messages' | 'responses';
const bodyOf = (name: Name, more: object = {}): JsonObject => ({ ...CLIENTS[name].ask(ask, false), ...more });
const toolsOf = (name: Name): object[] => bodyOf(name).tools as object[];
const search = { messages: { type: 'web_search_20250305', name: 'web_search' }, responses: { type: 'web_search' } };
const other = {
  messages: { name: 'fly', description: '', input_schema: { type: 'object' } },
  responses: { type: 'function', name: 'fly', description: '', parameters: { type: 'object' }, strict: false },
};

test.each<[Name, string, object, RegExp]>([
  [
    'messages',
    'a search of the vendor',
    { tools: [...toolsOf('messages'), search.messages] },
    /^tools: web_search would/,
  ],
  [
    'messages',
    'a server of the vendor',
    { mcp_servers: [{ type: 'url', name: 'crm', url: 'https://x' }] },
    /^tools: crm/,
  ],
  ['messages', 'no messages', { messages: [] }, /^messages: expected a list with at least one/],
  ['messages', 'another role', { messages: [{ role: 'boss', content: 'x' }] }, /^messages\[0\]\.role: expected user/],
  ['responses', 'a search of the vendor', { tools: [...toolsOf('responses'), search.responses] }, /^tools: web_search/],
  ['responses', 'a stored response', { previous_response_id: 'resp_1' }, /^previous_response_id: expected the whole/],
  ['responses', 'a stored conversation', { conversation: 'conv_1' }, /^conversation: expected the whole/],
  ['responses', 'a stored prompt', { prompt: { id: 'pmpt_1' } }, /^prompt: expected the whole/],
  ['responses', 'a reply for later', { background: true }, /^background: expected the whole/],
  ['responses', 'a stored item', { input: [...ask, { type: 'item_reference', id: 'rs_1' }] }, /^input: item_reference/],
  ['responses', 'no input', { input: [] }, /^input: expected a text or a list/],
])('%s: %s is refused by name, in the form of the surface', async (name, _, more, says) => {
  opened = await openShop(swapping);
  const response = await opened.post(bodyOf(name, more), {}, CLIENTS[name].path);
  const { error, type } = (await response.json()) as { error: { message: string; type: string }; type?: string };
  expect([response.status, error.type, type]).toEqual([
    400,
    'invalid_request_error',
    name === 'messages' ? 'error' : undefined,
  ]);
  expect(error.message).toMatch(says);
  expect(opened.asked).toEqual([]);
});

test.each<[Name, string, object]>([
  ['messages', 'a search of the vendor without a tool of the harness', { tools: [other.messages, search.messages] }],
  ['messages', 'a wish for no call', { tool_choice: { type: 'none' } }],
  ['messages', 'a wish for a form', { output_config: { format: { type: 'json_schema', schema: {} } } }],
  ['messages', 'a request without tools', { tools: [] }],
  ['responses', 'a search of the vendor without a tool of the harness', { tools: [other.responses, search.responses] }],
  ['responses', 'a stored response without a tool of the harness', { tools: [], previous_response_id: 'resp_1' }],
  ['responses', 'a wish for no call', { tool_choice: 'none' }],
  ['responses', 'a wish for a form', { text: { format: { type: 'json_schema', name: 'x', schema: {} } } }],
])('%s: %s passes unchanged', async (name, _, more) => {
  opened = await openShop(swapping);
  opened.say({ content: 'yes' });
  const { path } = CLIENTS[name];
  const response = await opened.post(bodyOf(name, more), {}, path);
  expect(await response.json()).toEqual(SPOKEN[`/v1${path}`]?.whole({ content: 'yes' }, 1));
  expect(opened.asked[0]?.body).toEqual(bodyOf(name, more));
});

test.each<Name>(['messages', 'responses'])(
  '%s: in shadow mode nothing is refused and nothing changed',
  async (name) => {
    opened = await openShop(swapping, { mode: 'shadow' });
    opened.say({ content: 'yes' }, { content: 'yes' });
    const { path } = CLIENTS[name];
    for (const body of [bodyOf(name), bodyOf(name, { tools: [...toolsOf(name), search[name]] })]) {
      const response = await opened.post(body, {}, path);
      expect(await response.json()).toMatchObject({ model: 'm-1' });
      expect(opened.asked.at(-1)?.body).toEqual(body);
    }
  },
);

describe('unknown fields', () => {
  test.each<[Name, object]>([
    ['messages', { thinking: { type: 'enabled', budget_tokens: 1024 }, metadata: { user_id: 'u' }, of_next_year: [1] }],
    ['responses', { reasoning: { effort: 'low' }, include: ['reasoning.encrypted_content'], of_next_year: [1] }],
  ])('%s: pass, and the client reads its own tools', async (name, more) => {
    opened = await openShop(swapping);
    opened.say({ calls: [['done', { summary: 'Fine.' }]] });
    const body = bodyOf(name, more);
    const reply = (await (await opened.post(body, {}, CLIENTS[name].path)).json()) as JsonObject;
    expect(opened.asked[0]?.body).toMatchObject(more);
    if (name === 'responses') expect([reply.tools, reply.instructions]).toEqual([body.tools, body.instructions]);
    expect(CLIENTS[name].read(reply).text).toBe('Fine.');
  });

  test('messages: a mark for the cache stands where it stood, and follows the newest message', async () => {
    opened = await openShop(swapping);
    const mark = { cache_control: { type: 'ephemeral' } };
    const system = [{ type: 'text', text: 'Serve the customer.', ...mark }];
    const tools = toolsOf('messages').map((tool, i, all) => (i === all.length - 1 ? { ...tool, ...mark } : tool));
    const first = { role: 'user', content: [{ type: 'text', text: 'Where is it?', ...mark }] };
    opened.say({ calls: [['get_order', { order_id: '#W1000001' }]] }, { calls: [['done', { summary: 'Fine.' }]] });
    const post = (list: object[]) =>
      opened.post(bodyOf('messages', { system, tools, messages: list }), {}, '/messages');
    const { content } = (await (await post([first])).json()) as { content: { type: string; id: string }[] };
    const id = content.find(({ type }) => type === 'tool_use')?.id;
    const result = { type: 'tool_result', tool_use_id: id, content: '{"status":"delivered"}', ...mark };
    await post([
      { role: 'user', content: [{ type: 'text', text: 'Where is it?' }] },
      { role: 'assistant', content },
      { role: 'user', content: [result] },
    ]);
    const [before, after] = opened.asked.map(({ body }) => body);
    expect(before).toMatchObject({ system: [system[0], { type: 'text' }], messages: [first] });
    expect((before?.tools as object[] | undefined)?.at(-2)).toMatchObject(mark);
    const sent = after?.messages as JsonObject[];
    expect(sent[0]?.content).toEqual([{ type: 'text', text: 'Where is it?' }]);
    expect(sent.at(-1)?.content).toEqual([{ ...result, tool_use_id: 'toolu_1_0' }]);
  });
});

describe('a fault of upstream', () => {
  const spoken = { content: 'It is on its way.' };
  const halfOf = (path: string): string => {
    const events = SPOKEN[path]?.stream(spoken, 1).split('\n\n') ?? [];
    return events.slice(0, 5).join('\n\n');
  };

  test('a stream that is cut is no reply', () => {
    for (const surface of SURFACES)
      expect(() => surface.collect(halfOf(`/v1${surface.path}`))).toThrow(/ended before the reply did/);
  });

  test.each<Name>(['messages', 'responses'])('%s: after the first words ends as an error of the surface', (name) => {
    const surface = { messages, responses }[name];
    const events: JsonObject[] = [];
    const writer = surface.writer(
      surface.read(bodyOf(name), () => true),
      (event) => void events.push(event as JsonObject),
    );
    for (const event of eventsOfText(halfOf(`/v1${surface.path}`))) writer.heard(event);
    writer.fail('upstream is gone');
    expect(events.at(-1)).toMatchObject(
      name === 'messages'
        ? { type: 'error', error: { type: 'api_error', message: 'upstream is gone' } }
        : { type: 'response.failed', response: { status: 'failed', error: { message: 'upstream is gone' } } },
    );
  });

  test('the error of a stream is told, not taken for a reply', () => {
    const event = 'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n';
    expect(messages.collect(event)).toEqual({ error: { type: 'overloaded_error', message: 'Overloaded' } });
    const failed = { type: 'response.failed', response: { status: 'failed', error: { message: 'no' }, output: [] } };
    const read = responses.collect(`data: ${JSON.stringify(failed)}\n\n`);
    expect(responses.completion(read as JsonObject)).toEqual({ error: { message: 'no' } });
  });
});

test('a path with /v1 once, twice or not at all is the same surface', () => {
  for (const path of ['/messages', '/v1/messages', '/v1/v1/messages']) expect(surfaceAt(path)?.name).toBe('messages');
  expect(surfaceAt('/v1/messages/count_tokens')).toBeUndefined();
});
