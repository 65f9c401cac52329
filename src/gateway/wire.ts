/** Chat completions on the wire: what is read of a request, and what every reply is made of. */
import { canonicalJson, isObject, sha256 } from '../digest.ts';
import type { ChatMessage, ChatToolCall, Json, JsonObject, Tool } from '../types.ts';

/** A request that nobody could answer; `status` and one sentence for the client. */
export class RefusedRequest extends Error {
  override readonly name = 'RefusedRequest';
  readonly status: number;
  constructor(message: string, status = 400) {
    super(message);
    this.status = status;
  }
}

/** A message of the client; texts in parts are joined, other parts stand in `parts`. */
export interface WireMessage {
  readonly role: 'system' | 'user' | 'assistant' | 'tool';
  readonly text: string;
  readonly parts: readonly Json[];
  readonly calls: readonly ChatToolCall[];
  /** Of a result; '' otherwise. */
  readonly callId: string;
  /** Further members of an assistant's message. */
  readonly kept: JsonObject;
}

export interface WireRequest {
  /** As it came. */
  readonly body: JsonObject;
  readonly messages: readonly WireMessage[];
  readonly tools: readonly JsonObject[];
  readonly streams: boolean;
  /** The client asks for no call, or for a form: no layer may act on its answer. */
  readonly plain: boolean;
}

const ROLES: Readonly<Record<string, WireMessage['role']>> = {
  system: 'system',
  developer: 'system',
  user: 'user',
  assistant: 'assistant',
  tool: 'tool',
  function: 'tool',
};

/** Throws RefusedRequest: what was expected and what was found. */
export function readRequest(body: Json): WireRequest {
  if (!isObject(body)) throw new RefusedRequest('expected a JSON object with "messages"');
  const { messages, tools = [], n, stream, tool_choice: choice, response_format: format } = body;
  if (!Array.isArray(messages) || messages.length === 0)
    throw new RefusedRequest(`messages: expected a list with at least one message, got ${kindOf(messages)}`);
  if (typeof n === 'number' && n > 1)
    throw new RefusedRequest('n: expected 1: several replies would be several conversations');
  if (tools !== null && !Array.isArray(tools)) throw new RefusedRequest(`tools: expected a list, got ${kindOf(tools)}`);
  const functions = (tools ?? []).filter(isTool);
  return {
    body,
    messages: messages.map(toMessage),
    tools: functions,
    streams: stream === true,
    plain:
      choice === 'none' ||
      functions.length < (tools ?? []).length ||
      (isObject(format) && format.type !== undefined && format.type !== 'text'),
  };
}

const kindOf = (value: unknown): string =>
  Array.isArray(value) ? 'an empty list' : value === null ? 'null' : typeof value;
const isTool = (value: Json): value is JsonObject =>
  isObject(value) && value.type === 'function' && isObject(value.function) && typeof value.function.name === 'string';

function toMessage(given: Json, at: number): WireMessage {
  const where = `messages[${at}]`;
  if (!isObject(given)) throw new RefusedRequest(`${where}: expected an object, got ${kindOf(given)}`);
  const { role: name, content = null, tool_calls: calls, tool_call_id: callId, name: _, refusal: __, ...kept } = given;
  const role = typeof name === 'string' ? ROLES[name] : undefined;
  if (role === undefined)
    throw new RefusedRequest(`${where}.role: expected system, user, assistant or tool, got ${JSON.stringify(name)}`);
  const list = Array.isArray(content) ? content : [content];
  return {
    role,
    text: list.map(textIn).join(''),
    parts: list.filter((part) => isObject(part) && part.type !== 'text'),
    calls: Array.isArray(calls) ? calls.map((call, i) => toCall(call, `${where}.tool_calls[${i}]`)) : [],
    callId: typeof callId === 'string' ? callId : '',
    kept: role === 'assistant' ? kept : {},
  };
}

const textIn = (part: Json): string =>
  typeof part === 'string' ? part : isObject(part) && typeof part.text === 'string' ? part.text : '';

function toCall(given: Json, where: string): ChatToolCall {
  const inner = isObject(given) ? given.function : null;
  if (!isObject(given) || !isObject(inner) || typeof inner.name !== 'string')
    throw new RefusedRequest(`${where}: expected a function with a name`);
  const { id, type: _, function: __, index: ___, ...more } = given;
  return {
    id: typeof id === 'string' ? id : '',
    name: inner.name,
    arguments: typeof inner.arguments === 'string' && inner.arguments !== '' ? inner.arguments : '{}',
    ...(Object.keys(more).length > 0 ? { given: more } : {}),
  };
}

/** As the machine reads it. */
export function toChatMessage({ role, text, calls, callId, kept }: WireMessage): ChatMessage {
  if (role === 'tool') return { role, toolCallId: callId, content: text };
  if (role !== 'assistant') return { role, content: text };
  return {
    role,
    content: text,
    ...(calls.length > 0 ? { toolCalls: calls } : {}),
    ...(Object.keys(kept).length > 0 ? { kept } : {}),
  };
}

/** A tool of the request; what is not said of it is a write. */
export function toTool({ function: given }: JsonObject, readOnly: boolean): Tool {
  const { name, description, parameters } = given as JsonObject;
  return {
    name: String(name),
    description: typeof description === 'string' ? description : '',
    parameters: isObject(parameters) ? parameters : { type: 'object', properties: {} },
    readOnly,
  };
}

const argumentsOf = (text: string): Json => {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
};

/** Digest of what a client holds, however it spells it: system texts and ids of calls apart. */
export const viewOf = (messages: readonly WireMessage[]): string =>
  sha256(
    canonicalJson(
      messages
        .filter(({ role }) => role !== 'system')
        .map(({ role, text, parts, calls }) => [
          role,
          text,
          parts.length === 0 ? '' : sha256(canonicalJson([...parts])),
          calls.map((call) => [call.name, argumentsOf(call.arguments)]),
        ]),
    ),
  );

/** What the client gets: one message. */
export interface WireReply {
  readonly text: string;
  readonly calls: readonly ChatToolCall[];
  /** The reply of upstream that it is made of, and further members of its message. */
  readonly base: JsonObject;
  readonly kept: JsonObject;
  readonly usage: JsonObject | null;
  readonly cut: boolean;
  /** What ended the answer, if the runtime or the agent did. */
  readonly ending: string | null;
}

const finishOf = ({ calls, cut }: WireReply): string => (calls.length > 0 ? 'tool_calls' : cut ? 'length' : 'stop');
const wireCall = ({ id, name, arguments: text }: ChatToolCall) => ({
  id,
  type: 'function',
  function: { name, arguments: text },
});

/** The message as the client will send it back. */
export const messageOf = ({ text, calls, kept }: WireReply): WireMessage => ({
  role: 'assistant',
  text,
  parts: [],
  calls,
  callId: '',
  kept,
});

export function completionOf(reply: WireReply): JsonObject {
  const { text, calls, base, kept, usage } = reply;
  return {
    ...base,
    object: 'chat.completion',
    choices: [
      {
        index: 0,
        message: {
          ...kept,
          role: 'assistant',
          content: text === '' && calls.length > 0 ? null : text,
          ...(calls.length > 0 ? { tool_calls: calls.map(wireCall) } : {}),
        },
        logprobs: null,
        finish_reason: finishOf(reply),
      },
    ],
    ...(usage === null ? {} : { usage }),
  };
}

/** The same as events; `sent`: characters of the text that the client has already. */
export function eventsOf(reply: WireReply, { sent = 0, usage = false } = {}): JsonObject[] {
  const { id = 'chatcmpl-0', created = 0, model = '' } = reply.base;
  const event = (delta: JsonObject, finish: string | null = null): JsonObject => ({
    id,
    object: 'chat.completion.chunk',
    created,
    model,
    choices: [{ index: 0, delta, finish_reason: finish }],
  });
  const rest = reply.text.slice(sent);
  return [
    ...(sent === 0 ? [event({ role: 'assistant', content: '', ...reply.kept })] : []),
    ...(rest === '' ? [] : [event({ content: rest })]),
    ...reply.calls.map((call, index) => event({ tool_calls: [{ index, ...wireCall(call) }] })),
    event({}, finishOf(reply)),
    ...(usage && reply.usage !== null
      ? [{ id, object: 'chat.completion.chunk', created, model, choices: [], usage: reply.usage }]
      : []),
  ];
}
