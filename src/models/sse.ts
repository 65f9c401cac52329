/** A streamed reply as the whole reply that it adds up to (server-sent events, HTML 9.2). */
import { isObject } from '../digest.ts';
import { parseJson } from '../runtime/repair.ts';
import type { Json, JsonObject } from '../types.ts';

/** True for a stream of events, also of a server that calls it something else. */
export const isStream = (contentType: string, text = ''): boolean =>
  /^\s*text\/event-stream\b/i.test(contentType) || /^\uFEFF?\s*(?:data|event|id|retry)?:[ {[]/.test(text);

const END = /(?:^|[\r\n])data: ?\[DONE\]\s*$/;

/** True behind the last event; some servers leave the connection open. */
export function isStreamEnd(chunks: readonly Buffer[]): boolean {
  let tail = '';
  for (let at = chunks.length - 1; at >= 0 && tail.length < 32; at--)
    tail = `${chunks[at]?.subarray(-32).toString('latin1')}${tail}`;
  return END.test(tail);
}

/** The data of each event, without comments; lines end in CR, LF or both. */
export function eventsOf(text: string): string[] {
  const events: string[] = [];
  let data: string[] = [];
  const end = () => {
    if (data.length > 0) events.push(data.join('\n'));
    data = [];
  };
  for (const line of text.replace(/^\uFEFF/, '').split(/\r\n|\r|\n/)) {
    if (line === '') end();
    // Some servers leave out the blank line between events that are whole by themselves.
    if (line.startsWith('data:') && data.length > 0 && isWhole(data.join('\n'))) end();
    if (line.startsWith('data:')) data.push(line.slice(line.startsWith('data: ') ? 6 : 5));
  }
  end();
  return events;
}

const isWhole = (text: string): boolean => text.trim() === '[DONE]' || parseJson(text) !== undefined;

/**
 * Undefined for a stream that is no chat completion. Throws Error for one that was cut: neither a
 * finish reason nor the end mark came.
 */
export function replyOf(text: string): unknown {
  const events = eventsOf(text);
  const values = events.map(parseJson).filter(isObject) as JsonObject[];
  const fault = values.find((value) => value.error !== undefined && value.error !== null);
  if (fault !== undefined) return { error: fault.error };
  const chunks = values.filter(({ choices }) => Array.isArray(choices));
  if (chunks.length === 0) return values.at(-1);

  const whole: Record<string, Json> = {};
  const message: Record<string, Json> = {};
  let finish: Json = null;
  for (const chunk of values) {
    const { choices, ...top } = chunk;
    const [first] = Array.isArray(choices) ? choices.filter((one) => isObject(one) && (one.index ?? 0) === 0) : [];
    const { delta, message: given, finish_reason: reason, usage } = (first ?? {}) as JsonObject;
    for (const [name, value] of Object.entries({ ...nonNull({ usage }), ...nonNull(top) })) whole[name] = value;
    if (isObject(delta)) addTo(message, delta as JsonObject);
    // A whole message ends some streams; it says all that came before.
    else if (isObject(given)) Object.assign(message, nonNull(given as JsonObject));
    finish = reason ?? finish;
  }
  if (finish === null && !events.some((event) => event.trim() === '[DONE]'))
    throw new Error('the stream ended before the reply did');
  const { usage, x_groq: groq } = whole;
  return {
    ...whole,
    ...(usage === undefined && isObject(groq) && isObject(groq.usage) ? { usage: groq.usage } : {}),
    object: 'chat.completion',
    choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: finish }],
  };
}

const nonNull = (members: Readonly<Record<string, Json | undefined>>): JsonObject =>
  Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== null && value !== undefined),
  ) as JsonObject;

/** Members that name a thing once, however often they are sent; other texts grow. */
const NAMES = ['role', 'id', 'type', 'index', 'name', 'format'];

/** Adds a piece to what came before; lists grow, but an entry that has a place is added to. */
function addTo(whole: Record<string, Json>, piece: JsonObject): void {
  for (const [name, value] of Object.entries(nonNull(piece)) as [string, Json][]) {
    const known = whole[name];
    if (NAMES.includes(name)) {
      if (known === undefined || value !== '') whole[name] = value;
    } else if (name === 'tool_calls' && Array.isArray(value)) whole[name] = withEntries(known, value, callOf);
    else if (Array.isArray(value)) whole[name] = withEntries(asParts(known), value, placeOf);
    else if (Array.isArray(known) && typeof value === 'string') whole[name] = [...known, { type: 'text', text: value }];
    else if (typeof known === 'string' && typeof value === 'string') whole[name] = known + value;
    else if (isObject(known) && isObject(value)) addTo(known as Record<string, Json>, value as JsonObject);
    else whole[name] = value;
  }
}

const asParts = (known: Json | undefined): Json | undefined =>
  typeof known !== 'string' ? known : known === '' ? [] : [{ type: 'text', text: known }];

type Find = (entries: readonly JsonObject[], piece: JsonObject) => JsonObject | undefined;

const placeOf: Find = (entries, { index, type }) =>
  index === undefined ? undefined : entries.find((one) => one.index === index && one.type === type);

/** A piece with another id is another call, also where a server gives all calls one place. */
const callOf: Find = (entries, { index, id, function: made }) => {
  const newest = entries.findLast((one) => index === undefined || index === null || one.index === index);
  const other = typeof id === 'string' && id !== '' && newest?.id !== undefined && newest.id !== id;
  const starts = index === undefined && id === undefined && isObject(made) && typeof made.name === 'string';
  return other || starts ? undefined : newest;
};

function withEntries(known: Json | undefined, pieces: readonly Json[], find: Find): Json[] {
  const entries = [...(Array.isArray(known) ? known : [])] as Json[];
  for (const piece of pieces) {
    const whole = isObject(piece) ? find(entries.filter(isObject) as JsonObject[], piece as JsonObject) : undefined;
    if (whole === undefined) entries.push(structuredClone(piece));
    else addTo(whole as Record<string, Json>, piece as JsonObject);
  }
  return entries;
}
