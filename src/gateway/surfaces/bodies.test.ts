/** Bodies there and back: what a client sends reaches upstream, what upstream says the client. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { toReply } from '../../models/completion.ts';
import { FREE } from '../../models/prices.ts';
import { shop } from '../../runtime/shop.fixture.ts';
import type { JsonObject } from '../../types.ts';
import { type Opened, openShop } from '../gateway.fixture.ts';
import * as anthropic from './bodies-messages.fixture.ts';
import * as openai from './bodies-responses.fixture.ts';
import { type SaidMessage, SPOKEN } from './endpoint.fixture.ts';
import { CLIENTS } from './loops.fixture.ts';
import { messages } from './messages.ts';
import { responses } from './responses.ts';
import type { WireReply } from './wire.ts';

let opened: Opened;
beforeAll(async () => {
  opened = await openShop(
    { settings: { realization: { rescue: false } } },
    { setting: { surface: { maxTurns: 8, vocabulary: undefined, answer: { kind: 'text' } } } },
  );
});
afterAll(() => opened.close());

const surfaces = {
  messages: { surface: messages, bodies: anthropic, field: 'messages' },
  responses: { surface: responses, bodies: openai, field: 'input' },
} as const;

describe.each(['messages', 'responses'] as const)('%s', (name) => {
  const { surface, bodies, field } = surfaces[name];
  const client = CLIENTS[name];

  test.each(Object.entries(bodies.histories))('upstream reads: %s', async (_, { came, sent = came }) => {
    opened.say({ content: 'Fine.' });
    const response = await opened.post(client.ask(came, false), {}, client.path);
    expect([response.status, response.headers.get('x-optimize-bypassed')]).toEqual([200, null]);
    const asked = opened.asked.at(-1)?.body as JsonObject;
    expect(asked[field]).toEqual(sent);
    expect(asked.tools).toHaveLength(shop.tools.length);
  });

  const request = surface.read(client.ask([{ role: 'user', content: 'x' }], true), () => true);
  /** As the core makes it of a reply of upstream, with the calls named anew. */
  const replied = (native: JsonObject): WireReply => {
    const completion = surface.completion(native);
    const { content, toolCalls, kept = {}, finish } = toReply(completion as never, { price: FREE, worstUsd: 0 });
    const { choices: _, usage, ...base } = completion;
    const calls = toolCalls.map((call, i) => ({ ...call, id: `ho_${i}` }));
    return { text: content, calls, base, kept, usage: usage as JsonObject, cut: finish === 'length', ending: null };
  };
  const renamed = (native: JsonObject): JsonObject => {
    let at = 0;
    const list = (native.output ?? native.content) as JsonObject[];
    const told = list.map((one) => {
      if (one.type === 'tool_use') return { ...one, id: `ho_${at++}` };
      return one.type === 'function_call' ? { ...one, id: expect.any(String), call_id: `ho_${at++}` } : one;
    });
    if (name === 'messages') return { ...native, content: told };
    const { instructions = null, tools = [] } = request.body;
    return { ...native, output: told, instructions, tools };
  };

  test.each(Object.entries(bodies.replies))('the client reads: %s', (_, said) => {
    const spoken = SPOKEN[`/v1${surface.path}`] as (typeof SPOKEN)[string];
    const native = spoken.whole(said as SaidMessage, 1);
    expect(surface.collect(spoken.stream(said as SaidMessage, 1))).toEqual(native);
    expect(surface.whole(replied(native), request)).toEqual(renamed(native));
    for (const live of [false, true]) {
      const events: JsonObject[] = [];
      const writer = surface.writer(request, (event) => void events.push(structuredClone(event) as JsonObject));
      let shown = '';
      if (live) for (const event of eventsIn(spoken.stream(said as SaidMessage, 1))) shown += writer.heard(event);
      const reply = replied(native);
      if (live) expect(shown).toBe(reply.text);
      writer.end(reply);
      expect(client.gather(events)).toEqual(renamed(native));
    }
  });
});

const eventsIn = (text: string): JsonObject[] =>
  text.split('\n').flatMap((line) => (line.startsWith('data: ') ? [JSON.parse(line.slice(6)) as JsonObject] : []));
