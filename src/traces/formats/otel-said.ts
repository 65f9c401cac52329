/** What was said in the model calls of a conversation, from any of the four forms it is kept in. */
import { canonicalJson, isObject } from '../../digest.ts';
import type { Json, JsonObject } from '../../types.ts';
import type { GivenCall, Said } from './conversation.ts';
import { RecordFault } from './format.ts';
import { readMessage } from './messages.ts';
import { saidInParts } from './otel-parts.ts';
import { type Span, structured } from './otlp.ts';

interface Exchange {
  readonly input: readonly Said[];
  readonly output: readonly Said[];
}

/**
 * The calls of a conversation repeat its history: each adds what the ones before did not have.
 * Results that no message holds are taken from the spans of tools.
 */
export function said(calls: readonly Span[], tools: readonly Span[]): Said[] {
  let whole: Said[] = [];
  for (const { input, output } of calls.map(exchangeOf)) {
    const shared = sharedStart(whole, input);
    // A history that was shortened, or only its newest messages.
    const isWhole = input.length > 0 && (shared === whole.length || shared === input.length);
    const fresh = isWhole ? input.slice(shared) : whole.length === 0 ? input : newIn(whole, input);
    whole = [...whole, ...fresh];
    const already = endsWith(whole, output);
    if (!already) whole.push(...output);
  }
  return withResults(whole, tools);
}

const keyOf = (one: Said): string =>
  canonicalJson(
    one.who === 'agent'
      ? [one.who, one.text, one.calls.map(({ name, arguments: given }) => [name, given])]
      : [one.who, one.text, one.who === 'tool' ? (one.id ?? '') : ''],
  );

function sharedStart(a: readonly Said[], b: readonly Said[]): number {
  let at = 0;
  while (at < a.length && at < b.length && keyOf(a[at] as Said) === keyOf(b[at] as Said)) at += 1;
  return at;
}

const endsWith = (whole: readonly Said[], end: readonly Said[]): boolean =>
  end.length > 0 &&
  end.every(
    (one, at) => keyOf(one) === keyOf(whole[whole.length - end.length + at] ?? { who: 'user', text: '\u0000' }),
  );

/** What follows the last message of `input` that is known already; all of it where none is. */
function newIn(whole: readonly Said[], input: readonly Said[]): readonly Said[] {
  const keys = new Set(whole.map(keyOf));
  return input.slice(input.findLastIndex((one) => keys.has(keyOf(one))) + 1).filter(({ who }) => who !== 'system');
}

/** By precedence: attributes, the details event, events per message, numbered attributes. */
function exchangeOf(span: Span): Exchange {
  const details = span.events.find(({ name }) => name === 'gen_ai.client.inference.operation.details')?.attributes;
  return (
    inAttributes(span.attributes) ??
    (details === undefined ? null : inAttributes(details)) ??
    inEvents(span) ??
    inNumbered(span.attributes) ?? { input: [], output: [] }
  );
}

function inAttributes(attributes: JsonObject): Exchange | null {
  const [input, output] = [attributes['gen_ai.input.messages'], attributes['gen_ai.output.messages']];
  if (input === undefined && output === undefined) return null;
  const instructions = structured(attributes['gen_ai.system_instructions']);
  const system = Array.isArray(instructions) ? saidInParts({ role: 'system', parts: instructions }) : [];
  return { input: [...system, ...listOf(input)], output: listOf(output) };
}

/** Messages; a text that was cut is kept as text, marked as cut. */
function listOf(value: Json | undefined): Said[] {
  if (value === undefined || value === null) return [];
  const list = structured(value);
  if (Array.isArray(list)) return list.flatMap((one: Json) => messageOf(one));
  return typeof value === 'string' ? [{ who: 'agent', text: value, calls: [], cut: true }] : [];
}

function messageOf(message: Json): Said[] {
  const parts = saidInParts(message);
  if (parts.length > 0 || !isObject(message)) return parts;
  try {
    return [readMessage(message, 'a message')];
  } catch (error) {
    if (error instanceof RecordFault) return [];
    throw error;
  }
}

const ROLE_OF_EVENT: Readonly<Record<string, string>> = {
  'gen_ai.system.message': 'system',
  'gen_ai.user.message': 'user',
  'gen_ai.assistant.message': 'assistant',
  'gen_ai.tool.message': 'tool',
};

function inEvents({ events }: Span): Exchange | null {
  const input = events.flatMap(({ name, attributes }) => {
    const role = ROLE_OF_EVENT[name];
    return role === undefined ? [] : messageOf(bodyOf(attributes, role));
  });
  const output = events.flatMap(({ name, attributes }) => {
    if (name !== 'gen_ai.choice') return [];
    const message = structured(attributes.message);
    const cut = attributes.finish_reason === 'length' ? { cut: true } : {};
    const body = isObject(message) ? { ...message } : { content: attributes.message ?? attributes.content ?? '' };
    const calls = structured(attributes.tool_calls) ?? (isObject(message) ? message.tool_calls : undefined);
    const read = messageOf({ ...body, ...(calls === undefined ? {} : { tool_calls: calls }), role: 'assistant' });
    return read.map((one) => (one.who === 'agent' ? { ...one, ...cut } : one));
  });
  return input.length + output.length === 0 ? null : { input, output };
}

/** An event's own members, or those of its body. */
function bodyOf(attributes: JsonObject, role: string): JsonObject {
  const body = structured(attributes['gen_ai.event.content'] ?? attributes.body ?? attributes.event_body);
  const all = isObject(body) ? { ...attributes, ...body } : attributes;
  const calls = structured(all.tool_calls);
  return {
    ...all,
    role,
    ...(calls === undefined ? {} : { tool_calls: calls }),
    tool_call_id: all.id ?? all.tool_call_id ?? null,
  };
}

/** `gen_ai.prompt.0.role`, as older instrumentations wrote it. */
function inNumbered(attributes: JsonObject): Exchange | null {
  const of = (prefix: string): Said[] => {
    const out: Said[] = [];
    for (let n = 0; `${prefix}.${n}.role` in attributes || `${prefix}.${n}.content` in attributes; n++) {
      const at = (name: string): Json | undefined => attributes[`${prefix}.${n}.${name}`];
      const calls: GivenCall[] = [];
      for (let c = 0; typeof at(`tool_calls.${c}.name`) === 'string'; c++) {
        const id = at(`tool_calls.${c}.id`);
        calls.push({
          id: typeof id === 'string' ? id : null,
          name: String(at(`tool_calls.${c}.name`)),
          arguments: String(at(`tool_calls.${c}.arguments`) ?? ''),
        });
      }
      const role = at('role') ?? (prefix.endsWith('completion') ? 'assistant' : 'user');
      const content = at('content') ?? '';
      const cut = at('finish_reason') === 'length' ? { cut: true } : {};
      if (role === 'assistant') out.push({ who: 'agent', text: String(content), calls, ...cut });
      else out.push(...messageOf({ role, content, tool_call_id: at('tool_call_id') ?? null }));
    }
    return out;
  };
  const [input, output] = [of('gen_ai.prompt'), of('gen_ai.completion')];
  return input.length + output.length === 0 ? null : { input, output };
}

/** Adds results that only the spans of tools hold, and calls that only they hold. */
function withResults(whole: readonly Said[], tools: readonly Span[]): Said[] {
  const answered = new Set(whole.flatMap((one) => (one.who === 'tool' && one.id !== null ? [one.id] : [])));
  const left = tools.flatMap((span) => {
    const { attributes } = span;
    const id = attributes['gen_ai.tool.call.id'];
    const result = attributes['gen_ai.tool.call.result'] ?? attributes['traceloop.entity.output'];
    if (result === undefined || result === null || (typeof id === 'string' && answered.has(id))) return [];
    const name = attributes['gen_ai.tool.name'];
    const text = typeof result === 'string' ? result : JSON.stringify(result);
    return [{ id: typeof id === 'string' ? id : null, name: typeof name === 'string' ? name : null, text }];
  });
  return whole.flatMap((one, at) => {
    if (one.who !== 'agent') return [one];
    // Results that the messages hold come first: by name only what they do not answer.
    let following = 0;
    while (whole[at + 1 + following]?.who === 'tool') following += 1;
    const open = one.calls.length - following;
    const added: Said[] = [];
    for (const call of one.calls) {
      const match = left.findIndex((result) =>
        result.id !== null && call.id !== null
          ? result.id === call.id
          : open > 0 && result.name === call.name && following === 0,
      );
      const found = left[match];
      if (found === undefined) continue;
      left.splice(match, 1);
      added.push({ who: 'tool', id: call.id, text: found.text, ...(call.id === null ? { name: call.name } : {}) });
    }
    return [one, ...added];
  });
}
