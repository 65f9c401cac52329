/** OpenAI chat completions. */
import { isObject } from '../../digest.ts';
import { replyOf } from '../../models/sse.ts';
import type { ChatToolCall, Json, JsonObject } from '../../types.ts';
import type { ReplyWriter, SendEvent, WireSurface } from './surface.ts';
import { type ModelView, partsOf, passagesOf, toldTools } from './view.ts';
import { kindOf, newId, RefusedRequest, textIn, type WireMessage, type WireReply, type WireRequest } from './wire.ts';

const ROLES: Readonly<Record<string, WireMessage['role']>> = {
  system: 'system',
  developer: 'system',
  user: 'user',
  assistant: 'assistant',
  tool: 'tool',
  function: 'tool',
};

function read(body: Json): WireRequest {
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
    ...(Array.isArray(content) ? { raw: content } : {}),
  };
}

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

const finishOf = ({ calls, cut }: WireReply): string => (calls.length > 0 ? 'tool_calls' : cut ? 'length' : 'stop');
const wireCall = ({ id, name, arguments: text }: ChatToolCall) => ({
  id,
  type: 'function',
  function: { name, arguments: text },
});

function body(view: ModelView): JsonObject {
  const tools = toldTools(view, (known, { name, description, parameters }) => {
    const inner = (known?.function ?? { name, parameters }) as JsonObject;
    return { ...(known ?? { type: 'function' }), function: { ...inner, description } };
  });
  const {
    messages: _,
    tools: __,
    tool_choice: choice,
    stream: ___,
    stream_options: ____,
    ...others
  } = view.request.body;
  const messages = passagesOf(view).map((passage) => {
    const parts = partsOf(passage, (text) => ({ type: 'text', text }));
    return parts === null ? passage.param : { ...passage.param, content: parts };
  });
  const asks = tools.length > 0 ? { tools, ...(choice === undefined ? {} : { tool_choice: choice }) } : {};
  return { ...others, messages, ...asks };
}

/** Members of every body; a reply that no endpoint took part in has a name of ours. */
const baseOf = ({ base }: WireReply, { body }: WireRequest): JsonObject => ({
  id: newId('chatcmpl-'),
  created: Math.floor(Date.now() / 1000),
  model: body.model ?? '',
  ...base,
});

function whole(reply: WireReply, request: WireRequest): JsonObject {
  const { text, calls, kept, usage } = reply;
  return {
    ...baseOf(reply, request),
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

function writer(request: WireRequest, send: SendEvent): ReplyWriter {
  const wish = request.body.stream_options;
  let base: JsonObject | null = null;
  let sent = 0;
  const event = (delta: JsonObject, finish: string | null = null) =>
    send({ ...base, object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason: finish }] });
  return {
    heard({ id = newId('chatcmpl-'), created = 0, model = '', choices }) {
      const first = Array.isArray(choices) ? choices[0] : undefined;
      const delta = isObject(first) ? first.delta : undefined;
      const piece = isObject(delta) && typeof delta.content === 'string' ? delta.content : '';
      if (piece === '') return '';
      base ??= { id, created, model };
      event(sent === 0 ? { role: 'assistant', content: piece } : { content: piece });
      sent += piece.length;
      return piece;
    },
    end(reply) {
      const { id, created, model } = baseOf(reply, request);
      base ??= { id, created, model } as JsonObject;
      const rest = reply.text.slice(sent);
      if (sent === 0) event({ role: 'assistant', content: '', ...reply.kept });
      if (rest !== '') event({ content: rest });
      for (const [index, call] of reply.calls.entries()) event({ tool_calls: [{ index, ...wireCall(call) }] });
      event({}, finishOf(reply));
      if (isObject(wish) && wish.include_usage === true && reply.usage !== null)
        send({ ...base, object: 'chat.completion.chunk', choices: [], usage: reply.usage });
      send('data: [DONE]\n\n');
    },
    fail: (message) => send(error(502, message)),
  };
}

const error = (status: number, message: string): JsonObject => ({
  error: { message, type: status < 500 ? 'invalid_request_error' : 'upstream_error', param: null, code: null },
});

export const chat: WireSurface = {
  name: 'chat',
  path: '/chat/completions',
  streamed: { stream: true, stream_options: { include_usage: true } },
  read,
  body,
  collect: replyOf,
  completion: (reply) => reply,
  whole,
  writer,
  error,
};
