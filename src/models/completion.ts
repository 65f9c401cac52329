/** Requests and replies of the chat completions interface, and which parts can be trusted. */
import type OpenAI from 'openai';
import { z } from 'zod';
import { isObject } from '../digest.ts';
import { InfrastructureError } from '../errors.ts';
import type { ChatReply, ChatToolCall, Json, JsonObject, Tool } from '../types.ts';
import { costOf, type Price } from './prices.ts';
import { billedTokens } from './usage.ts';

export const toToolParam = (tool: Tool) => ({
  type: 'function' as const,
  function: { name: tool.name, description: tool.description, parameters: tool.parameters as Record<string, unknown> },
});

export const toFormat = (schema: JsonObject) => ({
  type: 'json_schema' as const,
  json_schema: { name: 'reply', strict: true, schema: schema as Record<string, unknown> },
});

const FINISH: Readonly<Record<string, ChatReply['finish']>> = {
  stop: 'stop',
  tool_calls: 'tool_calls',
  function_call: 'tool_calls',
  length: 'length',
  max_tokens: 'length',
  MAX_TOKENS: 'length',
  model_length: 'length',
};

/** Some servers send the message in parts; parts that are not text are not the answer. */
const Content = z.union([
  z.string(),
  z
    .array(z.looseObject({ type: z.string(), text: z.string().optional() }))
    .transform((parts) => parts.map(({ type, text }) => (type === 'text' ? (text ?? '') : '')).join('')),
]);
/** Only the fields that are used; servers add and omit the others. */
const Completion = z.object({
  model: z.string().nullish().catch(null),
  choices: z
    .array(
      z.object({
        finish_reason: z.string().nullish().catch(null),
        error: z.looseObject({}).nullish().catch(null),
        message: z.looseObject({ content: Content.nullish(), refusal: z.string().nullish().catch(null) }).nullish(),
      }),
    )
    .min(1),
});

/** Name of a call without one: an unknown tool, which the model is told. */
const NAMELESS = '(none)';

/** A call in any shape that servers give it: what the model wrote is its own, however odd. */
function toCall(given: unknown, index: number): ChatToolCall {
  const { id, type: _, index: __, function: inner, custom, ...more } = (isObject(given) ? given : {}) as JsonObject;
  const made = [inner, custom, more].find(isObject) ?? {};
  const { name, arguments: text, input, ...beside } = made;
  const kept = {
    ...(typeof id === 'string' && id !== '' ? { id } : {}),
    ...nonEmpty(made === more ? {} : more),
    ...(made === inner && Object.keys(nonEmpty(beside)).length > 0 ? { function: nonEmpty(beside) } : {}),
  };
  return {
    id: typeof id === 'string' && id !== '' ? id : `call_${index}`,
    name: typeof name === 'string' && name.trim() !== '' ? name : NAMELESS,
    arguments: argumentText(text ?? input),
    ...(Object.keys(kept).length > 0 ? { given: kept } : {}),
  };
}

/** JSON text; some servers send a value, or null or `[]` for no arguments. */
function argumentText(given: Json | undefined): string {
  if (typeof given === 'string') return given;
  if (given === undefined || given === null || (Array.isArray(given) && given.length === 0)) return '{}';
  return JSON.stringify(given);
}

/** Members of a message that are read here, or say nothing to the endpoint that sent them. */
const READ = ['role', 'content', 'refusal', 'tool_calls', 'function_call', 'annotations', 'audio', 'name'];

/** Without members that hold nothing: some endpoints refuse what others send empty. */
const nonEmpty = (members: JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(members).filter(
      ([, value]) =>
        value !== null &&
        value !== undefined &&
        value !== '' &&
        !(typeof value === 'object' && Object.keys(value).length === 0),
    ),
  );

/** What goes back as it came: thoughts, signatures, unknown members, text in parts. */
function keptOf(message: JsonObject): JsonObject {
  const { content } = message;
  const parts = Array.isArray(content) && content.some((part) => isObject(part) && part.type !== 'text');
  const others = Object.entries(message).filter(([name]) => !READ.includes(name));
  return { ...nonEmpty(Object.fromEntries(others)), ...(parts ? { content } : {}) };
}

/** Only the file name: the folder of a local model describes the machine, not the model. */
const servedName = (model: string): string =>
  /^(\/|[A-Za-z]:\\)/.test(model) ? (model.split(/[\\/]/).at(-1) ?? model) : model;

/**
 * `worstUsd` is charged when the reply has no usage. Throws InfrastructureError: retryable when
 * this is no chat completion, final when a content filter withheld the answer.
 */
export function toReply(
  completion: OpenAI.Chat.Completions.ChatCompletion,
  { price, worstUsd }: { price: Price; worstUsd: number },
): ChatReply {
  const parsed = Completion.safeParse(completion);
  const top = isObject(completion) ? (completion as JsonObject) : {};
  const first = parsed.data?.choices[0];
  const fault = isObject(top.error) || typeof top.error === 'string' ? top.error : first?.error;
  if (fault && !first?.message?.tool_calls) throw asError(fault as Json);
  const finish = first?.finish_reason ?? '';
  if (FILTERED.test(finish))
    throw new InfrastructureError("the endpoint's content filter withheld the reply", {
      who: 'vendor',
      about: 'filter',
    });
  if (finish === 'error') throw asError('finish reason "error"');
  // A server that could not read a call may send nothing beside the reason.
  const message = first?.message ?? (/malformed|unexpected_tool/i.test(finish) ? {} : null);
  if (!parsed.success || message === null)
    throw new InfrastructureError(`the endpoint replied without a message (${shapeOf(completion)})`, {
      who: 'endpoint',
      retryable: true,
    });
  const { model } = parsed.data;
  const calls = message.tool_calls ?? message.function_call;
  const reported = billedTokens(completion);
  const counts = reported ?? { inputTokens: 0, outputTokens: 0, cachedTokens: 0 };
  const kept = keptOf(message as JsonObject);
  return {
    content: withoutThoughts(message.content ?? message.refusal ?? ''),
    toolCalls: isObject(calls) ? [toCall(calls, 0)] : Array.isArray(calls) ? calls.map(toCall) : [],
    ...(Object.keys(kept).length > 0 ? { kept } : {}),
    usage: { calls: 1, ...counts, costUsd: reported === null ? worstUsd : costOf(price, counts) },
    model: servedName(model ?? ''),
    finish: FINISH[finish] ?? 'other',
  };
}

/** Finish reasons of filters, as vendors spell them. */
const FILTERED = /content_?filter|^(?:safety|recitation|prohibited_content|blocklist|spii|sensitive)$/i;

/** An error inside a reply with status 200 is that error; a numeric code is its status. */
function asError(fault: Json): Error {
  const { message, code } = isObject(fault) ? fault : { message: fault, code: null };
  const status = Number(code) >= 400 && Number(code) < 600 ? Number(code) : 502;
  const text = typeof message === 'string' ? message : JSON.stringify(fault);
  return Object.assign(new Error(`the endpoint passed on a fault: ${text}`), { status, code, error: fault });
}

/** Removes a reasoning model's thoughts; a call in them is not a call. */
const withoutThoughts = (content: string): string => content.replace(/^\s*<think>[\s\S]*?(?:<\/think>\s*|$)/, '');

function shapeOf(value: unknown): string {
  if (typeof value === 'string') return value.trim() === '' ? 'it was empty' : 'it was no JSON';
  return 'it was JSON of another form';
}
