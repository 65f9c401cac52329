/** Shadow mode: nothing is changed, and every conversation is kept as it was. */
import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { isObject, jsonOf } from '../digest.ts';
import { plainOf } from '../models/exchange.ts';
import { toParams } from '../models/history.ts';
import { isStream } from '../models/sse.ts';
import type { Json, JsonObject } from '../types.ts';
import { spoken } from './begin.ts';
import { type Exchange, relay } from './relay.ts';
import type { WireSurface } from './surfaces/surface.ts';
import { toChatMessage, viewOf, type WireMessage, type WireRequest } from './surfaces/wire.ts';
import type { Upstream } from './upstream.ts';

/** A conversation as a chat completion: its newest request, and the reply last. */
export interface Overheard {
  readonly id: string;
  readonly time: string;
  readonly body: JsonObject;
  readonly reply: JsonObject;
  readonly usages: readonly JsonObject[];
  readonly model: string;
}

export interface Shadow {
  pass(exchange: Exchange, surface: WireSurface, request: WireRequest, text: string): Promise<void>;
  readonly talks: ReadonlyMap<string, Overheard>;
}

/** Larger replies pass, and are not kept. */
const MOST_KEPT = 8 * 2 ** 20;

/** `most`: conversations in memory; `onDrop` gets one that leaves it. */
export function openShadow(upstream: Upstream, most: number, onDrop: (talk: Overheard) => void): Shadow {
  const talks = new Map<string, Overheard>();
  const byView = new Map<string, string>();
  const viewById = new Map<string, string>();

  function keep(surface: WireSurface, request: WireRequest, completion: JsonObject): void {
    const { choices, usage, model } = completion;
    const first = Array.isArray(choices) ? choices[0] : undefined;
    const message = isObject(first) ? first.message : undefined;
    if (!isObject(message)) return;
    const said = spoken(request.messages);
    const last = said.findLastIndex(({ role }) => role === 'assistant');
    const before = last < 0 ? undefined : viewOf(said.slice(0, last + 1));
    const id = (before === undefined ? undefined : byView.get(before)) ?? randomBytes(6).toString('hex');
    const known = talks.get(id);
    if (before !== undefined) byView.delete(before);
    talks.delete(id);
    talks.set(id, {
      id,
      time: known?.time ?? new Date().toISOString(),
      body: surface.name === 'chat' ? request.body : inChatForm(request),
      reply: message as JsonObject,
      usages: [...(known?.usages ?? []), ...(isObject(usage) ? [usage as JsonObject] : [])],
      model: typeof model === 'string' ? model : '',
    });
    const view = viewOf([...said, heard(message as JsonObject)]);
    byView.set(view, id);
    viewById.set(id, view);
    if (talks.size <= most) return;
    const [oldest] = talks.values();
    if (oldest === undefined) return;
    talks.delete(oldest.id);
    byView.delete(viewById.get(oldest.id) ?? '');
    viewById.delete(oldest.id);
    onDrop(oldest);
  }

  return {
    talks,
    async pass(exchange, surface, request, text) {
      const parts: Buffer[] = [];
      let bytes = 0;
      let encoding: string | undefined;
      const tap = (message: IncomingMessage) => {
        encoding = message.headers['content-encoding'];
        message.on('data', (part: Buffer) => {
          bytes += part.length;
          if (bytes <= MOST_KEPT) parts.push(part);
        });
      };
      await relay(upstream, exchange, text, { tap });
      if (bytes > MOST_KEPT || exchange.response.statusCode >= 300) return;
      const whole = completionIn(surface, await textOf(parts, encoding));
      if (whole !== null) keep(surface, request, whole);
    },
  };
}

async function textOf(parts: readonly Buffer[], encoding: string | undefined): Promise<string> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of plainOf(Readable.from(parts), encoding) as AsyncIterable<Buffer>) chunks.push(chunk);
  } catch {
    // A body that cannot be decompressed has passed, and is not kept.
    return '';
  }
  return Buffer.concat(chunks).toString('utf8');
}

function completionIn(surface: WireSurface, text: string): JsonObject | null {
  try {
    const value = isStream('', text) ? surface.collect(text) : jsonOf(text);
    return isObject(value) ? surface.completion(value as JsonObject) : null;
  } catch {
    return null;
  }
}

const inChatForm = ({ messages, tools }: WireRequest): JsonObject => ({
  messages: toParams(messages.map(toChatMessage), new Set()) as object as Json,
  tools: tools.map(({ type, function: inner }) => ({ type, function: inner })) as Json,
});

function heard({ content, tool_calls: calls }: JsonObject): WireMessage {
  const text = typeof content === 'string' ? content : '';
  const list = Array.isArray(calls) ? calls.filter(isObject) : [];
  return {
    role: 'assistant',
    text,
    parts: [],
    calls: list.map((call) => {
      const inner = (isObject(call.function) ? call.function : {}) as Record<string, Json>;
      return {
        id: '',
        name: String(inner.name),
        arguments: typeof inner.arguments === 'string' ? inner.arguments : '{}',
      };
    }),
    callId: '',
    kept: {},
  };
}
