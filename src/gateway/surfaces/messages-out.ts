/** Anthropic messages: replies as blocks and as events, and events of upstream as a reply. */
import { isObject, jsonOf } from '../../digest.ts';
import { eventsOf } from '../../models/sse.ts';
import type { Json, JsonObject } from '../../types.ts';
import type { ReplyWriter, SendEvent } from './surface.ts';
import { newId, objectIn, textIn, type WireReply, type WireRequest } from './wire.ts';

/** Member of an assistant's message that holds its content as it came. */
export const BLOCKS = 'content_blocks';

interface ReplyBlock {
  readonly block: JsonObject;
  /** Its place in the reply of upstream; null for one of ours. */
  readonly from: number | null;
}

const isText = (block: JsonObject): boolean => block.type === 'text';

/** Thoughts and unknown blocks as they came, the text, and the calls by their names of ours. */
export function blocksOf({ text, calls, kept }: WireReply): ReplyBlock[] {
  const raw = (Array.isArray(kept[BLOCKS]) ? kept[BLOCKS] : []) as JsonObject[];
  const isSame = raw.map((block) => (isText(block) ? textIn(block) : '')).join('') === text;
  const blocks = raw.flatMap((block, from): ReplyBlock[] =>
    block.type === 'tool_use' || (isText(block) && !isSame) ? [] : [{ block, from }],
  );
  return [
    ...blocks,
    ...(isSame || text === '' ? [] : [{ block: { type: 'text', text }, from: null }]),
    ...calls.map(({ id, name, arguments: given }) => ({
      block: { type: 'tool_use', id, name, input: objectIn(given) },
      from: null,
    })),
  ];
}

/** Of what is sent: calls stop a turn for tools, whatever upstream said. */
export function stopOf({ calls, cut, base }: WireReply): string {
  if (calls.length > 0) return 'tool_use';
  if (cut) return 'max_tokens';
  const given = String(base.stop_reason ?? '');
  return ['stop_sequence', 'refusal'].includes(given) ? given : 'end_turn';
}

export const usageOf = ({ usage }: WireReply): JsonObject => usage ?? { input_tokens: 0, output_tokens: 0 };

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
  let reply: Record<string, Json> | null = null;
  let ended = false;
  const blocks = new Map<Json, Record<string, Json>>();
  const inputs = new Map<Json, string>();
  for (const event of eventsOf(text).map(valueIn)) {
    if (event === null) continue;
    const { type, index = 0, content_block: block, delta } = event;
    if (type === 'error') return { error: event.error ?? 'unknown' };
    if (type === 'message_start' && isObject(event.message)) reply = { ...(event.message as JsonObject) };
    if (type === 'content_block_start' && isObject(block)) blocks.set(index, { ...(block as JsonObject) });
    if (type === 'content_block_delta' && isObject(delta)) {
      const piece = delta as JsonObject;
      if (piece.type === 'input_json_delta')
        inputs.set(index, `${inputs.get(index) ?? ''}${String(piece.partial_json ?? '')}`);
      else addTo(blocks.get(index), piece);
    }
    if (type === 'message_delta' && reply !== null) {
      const usage = { ...((reply.usage ?? {}) as JsonObject), ...((event.usage ?? {}) as JsonObject) };
      Object.assign(reply, delta, { usage });
    }
    if (type === 'message_stop') ended = true;
  }
  if (reply === null) return undefined;
  if (!ended && (reply.stop_reason ?? null) === null) throw new Error('the stream ended before the reply did');
  for (const [index, input] of inputs) {
    const block = blocks.get(index);
    // Text that is no JSON is the model's mistake, and goes through the layers as it is.
    if (block !== undefined) block.input = input === '' ? {} : (valueIn(input) ?? input);
  }
  return { ...reply, content: [...blocks].sort(([a], [b]) => Number(a) - Number(b)).map(([, block]) => block) };
}

/** Texts grow, lists get one more. */
function addTo(block: Record<string, Json> | undefined, { type: _, citation, ...piece }: JsonObject): void {
  if (block === undefined) return;
  if (citation !== undefined) block.citations = [...(Array.isArray(block.citations) ? block.citations : []), citation];
  for (const [name, value] of Object.entries(piece)) {
    const known = block[name];
    block[name] = typeof known === 'string' && typeof value === 'string' ? known + value : value;
  }
}

/** A block as its start and the pieces that follow. */
function piecesOf(block: JsonObject): [start: JsonObject, ...deltas: JsonObject[]] {
  const { type, text, thinking, signature, input, citations } = block;
  if (type === 'text')
    return [
      { ...block, text: '', ...(citations === undefined ? {} : { citations: [] }) },
      { type: 'text_delta', text: String(text) },
      ...(Array.isArray(citations) ? citations : []).map((citation) => ({ type: 'citations_delta', citation })),
    ];
  if (type === 'thinking')
    return [
      { ...block, thinking: '', signature: '' },
      ...(thinking === '' ? [] : [{ type: 'thinking_delta', thinking: String(thinking) }]),
      { type: 'signature_delta', signature: String(signature ?? '') },
    ];
  if (type === 'tool_use')
    return [
      { ...block, input: {} },
      { type: 'input_json_delta', partial_json: JSON.stringify(input) },
    ];
  return [block];
}

/** One block is open at a time, and places are counted from 0. */
export function writer({ body }: WireRequest, send: SendEvent): ReplyWriter {
  let started = false;
  let index = -1;
  let shown = 0;
  /** Place at upstream of the block that is open. */
  let open: Json = null;
  /** Places at upstream, of its newest reply, of blocks that the client has. */
  let passed = new Set<Json>();
  const start = (given: JsonObject) => {
    if (started) return;
    started = true;
    const usage = isObject(given.usage) ? given.usage : { input_tokens: 0, output_tokens: 0 };
    send({
      type: 'message_start',
      message: {
        id: newId('msg_'),
        model: body.model ?? '',
        ...given,
        type: 'message',
        role: 'assistant',
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage,
      } as JsonObject,
    });
  };
  const close = () => {
    if (open !== null) send({ type: 'content_block_stop', index });
    open = null;
  };
  return {
    heard(event) {
      const { type, index: place = 0, content_block: block, delta, message } = event;
      if (type === 'message_start') {
        close();
        passed = new Set();
        if (isObject(message)) start(message as JsonObject);
      }
      if (type === 'content_block_start' && isObject(block) && block.type !== 'tool_use' && open === null) {
        start({});
        index += 1;
        open = place;
        passed.add(place);
        send({ type, index, content_block: block as JsonObject });
      }
      if (type === 'content_block_delta' && place === open && isObject(delta)) {
        send({ type, index, delta: delta as JsonObject });
        const piece = typeof delta.text === 'string' ? delta.text : '';
        shown += piece.length;
        return piece;
      }
      if (type === 'content_block_stop' && place === open) close();
      return '';
    },
    end(reply) {
      close();
      start(reply.base);
      for (const { block, from } of blocksOf(reply)) {
        if (from !== null && passed.has(from)) continue;
        // What was shown stands at the beginning of a text of ours.
        const left = isText(block) && from === null ? { ...block, text: textIn(block).slice(shown) } : block;
        if (isText(left) && textIn(left) === '') continue;
        const [first, ...deltas] = piecesOf(left);
        index += 1;
        send({ type: 'content_block_start', index, content_block: first });
        for (const delta of deltas) send({ type: 'content_block_delta', index, delta });
        send({ type: 'content_block_stop', index });
      }
      const { stop_sequence: sequence = null } = reply.base;
      send({
        type: 'message_delta',
        delta: { stop_reason: stopOf(reply), stop_sequence: reply.calls.length > 0 ? null : sequence },
        usage: usageOf(reply),
      });
      send({ type: 'message_stop' });
    },
    fail(message) {
      close();
      send({ type: 'error', error: { type: 'api_error', message } });
    },
  };
}
