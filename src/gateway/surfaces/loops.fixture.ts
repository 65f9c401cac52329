/** Plain client loops in the tiny shop, one for each surface, whole and streamed. */
import { shop } from '../../runtime/shop.fixture.ts';
import type { Json, JsonObject } from '../../types.ts';

export type Post = (body: object, path: string) => Promise<Response>;

export interface Looped {
  readonly calls: string[];
  readonly text: string;
  readonly state: readonly string[];
  /** The history that the client holds at the end. */
  readonly history: Json[];
}

/** What a client reads of one reply. */
interface Heard {
  readonly text: string;
  readonly calls: readonly { readonly id: string; readonly name: string; readonly args: JsonObject }[];
  /** Entries of the history. */
  readonly held: readonly JsonObject[];
}

export interface Client {
  readonly path: string;
  ask(history: readonly Json[], streams: boolean): JsonObject;
  read(reply: JsonObject): Heard;
  /** A stream as the whole reply. */
  gather(events: readonly JsonObject[]): JsonObject;
  results(results: readonly { readonly id: string; readonly content: string }[]): JsonObject[];
}

const objectOf = (value: Json | undefined): JsonObject => (value ?? {}) as JsonObject;
const parsed = (text: Json | undefined): JsonObject => JSON.parse(String(text)) as JsonObject;

const anthropic: Client = {
  path: '/messages',
  ask: (history, stream) => ({
    model: 'm-1',
    max_tokens: 500,
    system: 'Serve the customer.',
    messages: history as Json,
    tools: shop.tools.map(({ name, description, parameters }) => ({ name, description, input_schema: parameters })),
    ...(stream ? { stream } : {}),
  }),
  read({ content }) {
    const blocks = content as JsonObject[];
    return {
      text: blocks.map(({ type, text }) => (type === 'text' ? String(text) : '')).join(''),
      calls: blocks.flatMap(({ type, id, name, input }) =>
        type === 'tool_use' ? [{ id: String(id), name: String(name), args: objectOf(input) }] : [],
      ),
      held: [{ role: 'assistant', content: content as Json }],
    };
  },
  gather(events) {
    const content: Record<string, Json>[] = [];
    let open = -1;
    let input = '';
    let whole: JsonObject = {};
    for (const { type, index, message, content_block: block, delta: given, usage } of events) {
      const delta = objectOf(given);
      if (type === 'message_start') whole = objectOf(message);
      if (type === 'content_block_start') {
        if (open >= 0 || index !== content.length) throw new Error(`block ${index} begins inside ${open}`);
        open = content.length;
        input = '';
        content.push({ ...objectOf(block) });
      }
      const last = content[open];
      if (type === 'content_block_delta') {
        if (last === undefined || index !== open) throw new Error(`a piece of block ${index}, which is not open`);
        const [, name = '', piece = ''] = Object.entries(delta).flat();
        if (delta.type === 'input_json_delta') input += String(delta.partial_json);
        else for (const [key, value] of Object.entries(delta)) if (key !== 'type') last[key] = `${last[key]}${value}`;
        if (name === '' && piece === '') throw new Error('an empty piece');
      }
      if (type === 'content_block_stop') {
        if (index !== open) throw new Error(`block ${index} ends, and ${open} is open`);
        if (last?.type === 'tool_use') last.input = parsed(input);
        open = -1;
      }
      if (type === 'message_delta') whole = { ...whole, ...delta, usage: objectOf(usage) };
      if (type === 'error') throw new Error(JSON.stringify(given));
    }
    if (events.at(-1)?.type !== 'message_stop') throw new Error('no message_stop');
    return { ...whole, content };
  },
  results: (results) => [
    {
      role: 'user',
      content: results.map(({ id, content }) => ({ type: 'tool_result', tool_use_id: id, content })),
    },
  ],
};

const openai: Client = {
  path: '/responses',
  ask: (history, stream) => ({
    model: 'm-1',
    instructions: 'Serve the customer.',
    store: false,
    input: history as Json,
    tools: shop.tools.map(({ name, description, parameters }) => ({
      type: 'function',
      name,
      description,
      parameters,
      strict: false,
    })),
    ...(stream ? { stream } : {}),
  }),
  read({ output }) {
    const items = output as JsonObject[];
    return {
      text: items
        .flatMap(({ type, content }) => (type === 'message' ? (content as JsonObject[]) : []))
        .map(({ text }) => String(text))
        .join(''),
      calls: items.flatMap(({ type, call_id: id, name, arguments: text }) =>
        type === 'function_call' ? [{ id: String(id), name: String(name), args: parsed(text) }] : [],
      ),
      held: items,
    };
  },
  gather(events) {
    const added = events.filter(({ type }) => type === 'response.output_item.added');
    const done = events.filter(({ type }) => type === 'response.output_item.done');
    events.forEach(({ sequence_number: number }, at) => {
      if (number !== at) throw new Error(`event ${at} has the number ${number}`);
    });
    const last = events.at(-1);
    const response = objectOf(last?.response);
    if (!/^response\.(?:completed|incomplete)$/.test(String(last?.type))) throw new Error(`ends with ${last?.type}`);
    if (added.length !== done.length) throw new Error(`${added.length} items added, ${done.length} done`);
    const items = done.map(({ item }) => item);
    if (JSON.stringify(items) !== JSON.stringify(response.output)) throw new Error('other items at the end');
    return response;
  },
  results: (results) =>
    results.map(({ id, content }) => ({ type: 'function_call_output', call_id: id, output: content })),
};

const completions: Client = {
  path: '/chat/completions',
  ask: (history, stream) => ({
    model: 'm-1',
    messages: [{ role: 'system', content: 'Serve the customer.' }, ...history],
    tools: shop.tools.map(({ name, description, parameters }) => ({
      type: 'function',
      function: { name, description, parameters },
    })) as Json,
    ...(stream ? { stream } : {}),
  }),
  read({ choices }) {
    const [{ message }] = choices as [{ message: JsonObject }];
    const calls = (message.tool_calls ?? []) as { id: string; function: { name: string; arguments: string } }[];
    return {
      text: String(message.content ?? ''),
      calls: calls.map(({ id, function: made }) => ({ id, name: made.name, args: parsed(made.arguments) })),
      held: [message],
    };
  },
  gather(events) {
    const deltas = events.flatMap(({ choices }) =>
      (choices as { delta: { content?: string; tool_calls?: JsonObject[] } }[]).map(({ delta }) => delta),
    );
    const calls = deltas.flatMap(({ tool_calls: made = [] }) => made).map(({ index: _, ...call }) => call);
    const content = deltas.map(({ content = '' }) => content).join('');
    const message = { role: 'assistant', content, ...(calls.length > 0 ? { tool_calls: calls } : {}) };
    return { choices: [{ message }] };
  },
  results: (results) => results.map(({ id, content }) => ({ role: 'tool', tool_call_id: id, content })),
};

export const CLIENTS = { messages: anthropic, responses: openai, chat: completions } as const;

export const eventsOfText = (text: string): JsonObject[] =>
  text
    .split('\n\n')
    .flatMap((one) => one.split('\n').filter((line) => line.startsWith('data: {')))
    .map((line) => parsed(line.slice(6)));

/** Calls the tools until there is a text; keeps the whole history. Throws what the gateway says. */
export async function loopOf(
  client: Client,
  post: Post,
  history: Json[],
  streams: boolean,
  most = 20,
): Promise<Looped> {
  const state = shop.reset({ id: 't', split: 'train', tags: [], request: '', target: null });
  const calls: string[] = [];
  for (let turn = 0; turn < most; turn++) {
    const response = await post(client.ask(history, streams), client.path);
    const text = await response.text();
    if (!response.ok) throw new Error(text);
    const heard = client.read(streams ? client.gather(eventsOfText(text)) : parsed(text));
    history.push(...heard.held);
    if (heard.calls.length === 0) return { calls, text: heard.text, state: shop.changes(state), history };
    const results = heard.calls.map(({ id, name, args }) => {
      calls.push(`${name} ${JSON.stringify(args)}`);
      return { id, content: shop.execute(state, { name, arguments: args }).content };
    });
    history.push(...client.results(results));
  }
  return { calls, text: '', state: shop.changes(state), history };
}
