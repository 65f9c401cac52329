/** OpenAI responses: replies as items and as events, and events of upstream as a reply. */
import { isObject, jsonOf } from '../../digest.ts';
import { eventsOf } from '../../models/sse.ts';
import type { Json, JsonObject } from '../../types.ts';
import type { ReplyWriter, SendEvent } from './surface.ts';
import { newId, objectIn, textIn, type WireReply, type WireRequest } from './wire.ts';

/** Member of an assistant's message that holds its items as they came. */
export const ITEMS = 'output_items';

interface ReplyItem {
  readonly item: JsonObject;
  /** Its place in the reply of upstream; null for one of ours. */
  readonly from: number | null;
}

/** Also of a refusal. */
export function textOfItem({ type = 'message', content }: JsonObject): string {
  if (type !== 'message') return '';
  const parts = Array.isArray(content) ? content : [content ?? ''];
  return parts
    .map((part) => (isObject(part) && typeof part.refusal === 'string' ? part.refusal : textIn(part)))
    .join('');
}

const isMessage = ({ type = 'message' }: JsonObject): boolean => type === 'message';
const isCall = ({ type }: JsonObject): boolean => type === 'function_call' || type === 'custom_tool_call';
const ourMessage = (text: string): JsonObject => ({
  id: newId('msg_'),
  type: 'message',
  status: 'completed',
  role: 'assistant',
  content: [{ type: 'output_text', text, annotations: [], logprobs: [] }],
});

/** Thoughts and unknown items as they came, the text, and the calls by their names of ours. */
export function itemsOf({ text, calls, kept }: WireReply, { tools }: WireRequest): ReplyItem[] {
  const raw = (Array.isArray(kept[ITEMS]) ? kept[ITEMS] : []) as JsonObject[];
  const isSame = raw.map(textOfItem).join('') === text;
  const items = raw.flatMap((item, from): ReplyItem[] =>
    isCall(item) || (isMessage(item) && !isSame) ? [] : [{ item, from }],
  );
  const custom = new Set(
    tools.flatMap(({ given }) => (isObject(given) && given.type === 'custom' ? [String(given.name)] : [])),
  );
  return [
    ...items,
    ...(isSame || text === '' ? [] : [{ item: ourMessage(text), from: null }]),
    ...calls.map(({ id, name, arguments: given }) => ({ item: callItem(id, name, given, custom), from: null })),
  ];
}

function callItem(callId: string, name: string, given: string, custom: ReadonlySet<string>): JsonObject {
  const base = { call_id: callId, name, status: 'completed' };
  return custom.has(name)
    ? { id: newId('ctc_'), type: 'custom_tool_call', ...base, input: textIn(objectIn(given).input) }
    : { id: newId('fc_'), type: 'function_call', ...base, arguments: given };
}

const NO_TOKENS: JsonObject = {
  input_tokens: 0,
  input_tokens_details: { cached_tokens: 0 },
  output_tokens: 0,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: 0,
};

/** Says what the client asked for, where upstream was asked for more. */
export function responseOf(
  { base, cut, calls, usage }: WireReply,
  { body }: WireRequest,
  output: readonly JsonObject[],
): JsonObject {
  const isCut = cut && calls.length === 0;
  return {
    id: newId('resp_'),
    created_at: Math.floor(Date.now() / 1000),
    model: body.model ?? '',
    error: null,
    metadata: {},
    parallel_tool_calls: true,
    temperature: null,
    top_p: null,
    ...base,
    object: 'response',
    status: isCut ? 'incomplete' : 'completed',
    incomplete_details: isCut ? { reason: 'max_output_tokens' } : null,
    instructions: body.instructions ?? null,
    tools: body.tools ?? [],
    tool_choice: body.tool_choice ?? 'auto',
    output: output as Json,
    usage: usage ?? NO_TOKENS,
  };
}

function valueIn(text: string): JsonObject | null {
  try {
    const value: unknown = jsonOf(text);
    return isObject(value) ? (value as JsonObject) : null;
  } catch {
    return null;
  }
}

/** Throws Error for a stream that was cut. */
export function collect(text: string): unknown {
  const items = new Map<number, JsonObject>();
  let begun = false;
  for (const event of eventsOf(text).map(valueIn)) {
    if (event === null) continue;
    const { type, response, item, output_index: index } = event;
    begun = true;
    if (type === 'error') return { error: event.error ?? event };
    if (type === 'response.output_item.done' && isObject(item)) items.set(Number(index), item as JsonObject);
    if (!/^response\.(?:completed|incomplete|failed)$/.test(String(type)) || !isObject(response)) continue;
    const { output } = response as JsonObject;
    // Some servers end with an empty list.
    if (Array.isArray(output) && output.length > 0) return response;
    return { ...response, output: [...items].sort(([a], [b]) => a - b).map(([, one]) => one) };
  }
  if (!begun) return undefined;
  throw new Error('the stream ended before the reply did');
}

/** Every item is added and done, and the last event holds all of them and the usage. */
export function writer(request: WireRequest, send: SendEvent): ReplyWriter {
  let sequence = 0;
  let id: Json = newId('resp_');
  let started = false;
  let shown = 0;
  const output: JsonObject[] = [];
  /** The message at upstream that is open. */
  let open: { readonly place: Json; readonly item: JsonObject; parts: number } | null = null;
  let passed = new Set<Json>();
  const event = (type: string, members: JsonObject) => send({ type, sequence_number: sequence++, ...members });
  const running = (status: string): JsonObject => ({
    ...responseOf({ ...NOTHING, base: { id } }, request, output),
    status,
    usage: null,
  });
  const start = (given: Json | undefined) => {
    if (started) return;
    started = true;
    id = given ?? id;
    event('response.created', { response: running('in_progress') });
    event('response.in_progress', { response: running('in_progress') });
  };
  const at = (item: JsonObject) => ({ item_id: item.id ?? '', output_index: output.length });
  const done = (item: JsonObject) => {
    event('response.output_item.done', { output_index: output.length, item });
    output.push(item);
  };
  const sendWhole = (item: JsonObject) => {
    const [[added, begun], ...others] = lifeOf(item);
    event(added, { output_index: output.length, ...begun });
    for (const [type, members] of others) event(type, { ...at(item), ...members });
    done(item);
  };
  return {
    heard(given) {
      const { type, item, response, output_index: place = 0, delta, part, item_id: _, ...members } = given;
      const node = isObject(item) ? (item as JsonObject) : {};
      if (type === 'response.created') {
        passed = new Set();
        start(isObject(response) ? (response.id as Json) : undefined);
      }
      if (type === 'response.output_item.added' && isMessage(node) && open === null) {
        start(undefined);
        open = { place, item: node, parts: 0 };
        passed.add(place);
        event(type, { output_index: output.length, item: { ...node, status: 'in_progress', content: [] } });
      }
      if (type === 'response.output_item.done' && open?.place === place) {
        open = null;
        done(node);
      } else if (type === 'response.output_item.done' && !isMessage(node) && !isCall(node) && open === null) {
        start(undefined);
        passed.add(place);
        sendWhole(node);
      }
      if (
        open === null ||
        open.place !== place ||
        !/^response\.(?:output_text|content_part|refusal)\./.test(String(type))
      )
        return '';
      const { sequence_number: __, ...others } = members;
      event(String(type), {
        ...others,
        ...(part === undefined ? {} : { part }),
        ...(delta === undefined ? {} : { delta }),
        ...at(open.item),
      } as JsonObject);
      const piece = String(type).endsWith('.delta') && typeof delta === 'string' ? delta : '';
      shown += piece.length;
      return piece;
    },
    end(reply) {
      start(reply.base.id);
      for (const { item, from } of itemsOf(reply, request)) {
        if (from !== null && passed.has(from)) continue;
        const left = from === null && isMessage(item) ? textOfItem(item).slice(shown) : null;
        if (left === '') continue;
        sendWhole(left === null ? item : ourMessage(left));
      }
      const response: JsonObject = { ...responseOf(reply, request, output), id };
      event(response.status === 'incomplete' ? 'response.incomplete' : 'response.completed', { response });
    },
    fail(message) {
      start(undefined);
      event('response.failed', {
        response: { ...running('failed'), error: { code: 'server_error', message } },
      });
    },
  };
}

const NOTHING: WireReply = { text: '', calls: [], base: {}, kept: {}, usage: null, cut: false, ending: null };

type ItemEvent = [type: string, members: JsonObject];

/** Events of an item from its beginning to before its end. */
function lifeOf(item: JsonObject): [ItemEvent, ...ItemEvent[]] {
  const { type = 'message', content, arguments: text, input, summary } = item;
  const added = (members: JsonObject): ItemEvent => ['response.output_item.added', { item: { ...item, ...members } }];
  if (type === 'function_call')
    return [
      added({ arguments: '', status: 'in_progress' }),
      ['response.function_call_arguments.delta', { delta: String(text) }],
      ['response.function_call_arguments.done', { name: item.name as Json, arguments: String(text) }],
    ];
  if (type === 'custom_tool_call')
    return [
      added({ input: '', status: 'in_progress' }),
      ['response.custom_tool_call_input.delta', { delta: String(input) }],
      ['response.custom_tool_call_input.done', { input: String(input) }],
    ];
  if (type === 'reasoning')
    return [
      added({ summary: [] }),
      ...(Array.isArray(summary) ? summary : []).flatMap((part, index): ItemEvent[] => {
        const place = { summary_index: index };
        const said = textIn(part);
        const empty = { ...(part as JsonObject), text: '' };
        return [
          ['response.reasoning_summary_part.added', { ...place, part: empty }],
          ['response.reasoning_summary_text.delta', { ...place, delta: said }],
          ['response.reasoning_summary_text.done', { ...place, text: said }],
          ['response.reasoning_summary_part.done', { ...place, part }],
        ];
      }),
    ];
  if (type !== 'message') return [added({})];
  return [
    added({ status: 'in_progress', content: [] }),
    ...(Array.isArray(content) ? content : []).flatMap((part, index): ItemEvent[] => {
      const place = { content_index: index };
      const inner = part as JsonObject;
      const [kind, said] =
        inner.type === 'refusal' ? ['refusal', String(inner.refusal)] : ['output_text', textIn(inner)];
      const field = kind === 'refusal' ? 'refusal' : 'text';
      return [
        ['response.content_part.added', { ...place, part: { ...inner, [field]: '' } }],
        [`response.${kind}.delta`, { ...place, delta: said, ...(kind === 'refusal' ? {} : { logprobs: [] }) }],
        [`response.${kind}.done`, { ...place, [field]: said, ...(kind === 'refusal' ? {} : { logprobs: [] }) }],
        ['response.content_part.done', { ...place, part: inner }],
      ];
    }),
  ];
}
