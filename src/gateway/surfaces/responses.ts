/** OpenAI responses: the request, the model's view of it, and replies. */
import { isObject } from '../../digest.ts';
import type { ChatToolCall, Json, JsonObject } from '../../types.ts';
import { collect, ITEMS, itemsOf, responseOf, textOfItem, writer } from './responses-out.ts';
import type { WireSurface } from './surface.ts';
import { type ModelView, type Passage, partsOf, passagesOf, toldTools } from './view.ts';
import { kindOf, RefusedRequest, textIn, type WireMessage, type WireRequest } from './wire.ts';

/** The client's own: a function, or a tool that takes a text. */
const isOwnTool = (tool: Json): tool is JsonObject =>
  isObject(tool) && (tool.type === 'function' || tool.type === 'custom') && typeof tool.name === 'string';
/** What a vendor stores, or does later: members, and why no request with them can be answered. */
const STORED = ['previous_response_id', 'conversation', 'prompt', 'background'];
const TEXT_TOOL = { type: 'object', properties: { input: { type: 'string' } }, required: ['input'] };

function read(body: Json, isManaged: (tool: string) => boolean): WireRequest {
  if (!isObject(body)) throw new RefusedRequest('expected a JSON object with "input"');
  const { input, instructions, tools = [], tool_choice: choice, text, stream } = body;
  if (tools !== null && !Array.isArray(tools)) throw new RefusedRequest(`tools: expected a list, got ${kindOf(tools)}`);
  const own = (tools ?? []).filter(isOwnTool);
  const managed = own.some(({ name }) => isManaged(String(name)));
  const others = (tools ?? []).filter((tool) => !isOwnTool(tool)).map(nameOf);
  const stored = STORED.find((name) => (body[name] ?? false) !== false);
  const items: Json | undefined = typeof input === 'string' ? [{ role: 'user', content: input }] : input;
  const reference = Array.isArray(items) && items.some((item) => isObject(item) && item.type === 'item_reference');
  if (managed && others.length > 0)
    throw new RefusedRequest(
      `tools: ${others.join(', ')} would run at the vendor, where no rule is kept; leave it out of requests with tools of the harness`,
    );
  if (managed && (stored !== undefined || reference))
    throw new RefusedRequest(
      `${stored ?? 'input: item_reference'}: expected the whole history in "input", because nothing of this conversation is stored at the vendor`,
    );
  const format = isObject(text) ? text.format : undefined;
  const passes = others.length > 0 || stored !== undefined || reference;
  if (!passes && (!Array.isArray(items) || items.length === 0))
    throw new RefusedRequest(`input: expected a text or a list with at least one item, got ${kindOf(input)}`);
  const system =
    typeof instructions === 'string' && instructions !== ''
      ? [{ ...spoken, role: 'system' as const, text: instructions }]
      : [];
  return {
    body,
    messages: passes ? [] : [...system, ...messagesIn(items as Json[])],
    tools: own.map(toFunction),
    streams: stream === true,
    plain: passes || choice === 'none' || (isObject(format) && format.type !== undefined && format.type !== 'text'),
  };
}

const nameOf = (tool: Json): string => (isObject(tool) ? String(tool.name ?? tool.type) : JSON.stringify(tool));

function toFunction(given: JsonObject): JsonObject {
  const { type, name, description, parameters } = given;
  const schema = type === 'custom' ? { parameters: TEXT_TOOL } : isObject(parameters) ? { parameters } : {};
  return { type: 'function', function: { name, description: description ?? '', ...schema } as JsonObject, given };
}

const spoken = { parts: [], calls: [], callId: '', kept: {} };

/** All items between two of the client are one message of the assistant. */
function messagesIn(items: readonly Json[]): WireMessage[] {
  const messages: WireMessage[] = [];
  let turn: JsonObject[] = [];
  const end = () => {
    if (turn.length > 0) messages.push(assistantOf(turn));
    turn = [];
  };
  for (const [at, item] of items.entries()) {
    const where = `input[${at}]`;
    if (!isObject(item)) throw new RefusedRequest(`${where}: expected an object, got ${kindOf(item)}`);
    const own = heardIn(item as JsonObject, where);
    if (own === null) turn.push(item as JsonObject);
    else {
      end();
      messages.push(own);
    }
  }
  end();
  return messages;
}

const ROLES: Readonly<Record<string, 'user' | 'system'>> = { user: 'user', system: 'system', developer: 'system' };

/** A message or a result of the client; null for an item of the assistant. */
function heardIn(item: JsonObject, where: string): WireMessage | null {
  const { type = 'message', role, content = '', call_id: callId, output = '' } = item;
  if (type === 'function_call_output' || type === 'custom_tool_call_output') {
    const parts = Array.isArray(output) ? output : [output];
    const text =
      typeof output === 'object' && !Array.isArray(output) ? JSON.stringify(output) : parts.map(textIn).join('');
    return {
      ...spoken,
      role: 'tool',
      callId: typeof callId === 'string' ? callId : '',
      text,
      parts: parts.filter(isMore),
      raw: [item],
    };
  }
  if (type !== 'message' || role === 'assistant') return null;
  const known = ROLES[String(role)];
  if (known === undefined)
    throw new RefusedRequest(
      `${where}.role: expected user, system, developer or assistant, got ${JSON.stringify(role)}`,
    );
  const parts = Array.isArray(content) ? content : [content];
  return {
    ...spoken,
    role: known,
    text: parts.map(textIn).join(''),
    parts: parts.filter(isMore),
    ...(Array.isArray(content) ? { raw: parts } : {}),
  };
}

const isMore = (part: Json): boolean =>
  isObject(part) && !['input_text', 'output_text', 'text'].includes(String(part.type));

function assistantOf(items: readonly JsonObject[]): WireMessage {
  return {
    ...spoken,
    role: 'assistant',
    text: items.map(textOfItem).join(''),
    calls: items.flatMap(toCall),
    kept: { [ITEMS]: items as Json },
  };
}

function toCall({ type, call_id: id, name, arguments: text, input }: JsonObject): ChatToolCall[] {
  if (type === 'custom_tool_call')
    return [{ id: String(id ?? ''), name: String(name), arguments: JSON.stringify({ input: input ?? '' }) }];
  if (type !== 'function_call') return [];
  const given = typeof text === 'string' ? text || '{}' : JSON.stringify(text ?? {});
  return [{ id: String(id ?? ''), name: String(name), arguments: given }];
}

function body(view: ModelView): JsonObject {
  const { input: _, instructions: __, tools: ___, tool_choice: choice, stream: ____, ...others } = view.request.body;
  const { stream_options: _____, ...rest } = others;
  const tools = toldTools(view, (known, { name, description, parameters }) => {
    const given = known?.given as JsonObject | undefined;
    return given === undefined
      ? { type: 'function', name, description, parameters, strict: false }
      : { ...given, description };
  });
  const passages = passagesOf(view);
  const system = passages.find(({ message }) => message.role === 'system');
  const custom = new Set(
    view.tools.flatMap(({ given }) => (isObject(given) && given.type === 'custom' ? [given.name as string] : [])),
  );
  const isStored = view.request.body.store !== false;
  const asks = tools.length > 0 ? { tools, ...(choice === undefined ? {} : { tool_choice: choice }) } : {};
  return {
    ...rest,
    ...(system === undefined ? {} : { instructions: system.message.content }),
    input: inputOf(
      passages.filter((passage) => passage !== system),
      custom,
    ).filter((item) => isStored || !isEmptyThought(item)),
    ...asks,
  };
}

/** A thought that stands nowhere but at a vendor that stored nothing. */
const isEmptyThought = ({ type, encrypted_content: content, summary }: JsonObject): boolean =>
  type === 'reasoning' && (content ?? null) === null && Array.isArray(summary) && summary.length === 0;

function inputOf(passages: readonly Passage[], custom: ReadonlySet<string>): JsonObject[] {
  const textCalls = new Set<Json>();
  return passages.flatMap((passage): JsonObject[] => {
    const { message, param, given, after } = passage;
    if (message.role === 'assistant') {
      const items = saidItems(message, param, custom);
      for (const { type, call_id: id } of items) if (type === 'custom_tool_call') textCalls.add(id as Json);
      return items;
    }
    if (message.role !== 'tool')
      return [
        {
          type: 'message',
          role: message.role,
          content: partsOf(passage, (text) => ({ type: 'input_text', text })) ?? message.content,
        },
      ];
    const id = param.tool_call_id as Json;
    const type = textCalls.has(id) ? 'custom_tool_call_output' : 'function_call_output';
    const [first] = (given[0]?.raw ?? []) as JsonObject[];
    const raw = first?.output;
    const output = Array.isArray(raw)
      ? [...raw, ...(after === '' ? [] : [{ type: 'input_text', text: after }])]
      : message.content;
    return [{ ...first, type, call_id: id, output }];
  });
}

/** The turn as it came, without calls of others and texts that were taken for calls. */
function saidItems(
  message: Extract<Passage['message'], { role: 'assistant' }>,
  param: JsonObject,
  custom: ReadonlySet<string>,
): JsonObject[] {
  const raw = (Array.isArray(param[ITEMS]) ? param[ITEMS] : []) as JsonObject[];
  const calls = (param.tool_calls ?? []) as JsonObject[];
  const isSame = raw.map(textOfItem).join('') === message.content;
  const ids = new Set(calls.map(({ id }) => id as Json));
  const had = new Set(raw.map(({ call_id: id }) => id as Json));
  const isMessage = ({ type = 'message' }: JsonObject) => type === 'message';
  return [
    ...raw.filter((item) => (isMessage(item) ? isSame : toCall(item).length === 0 || ids.has(item.call_id as Json))),
    ...(isSame || message.content === ''
      ? []
      : [{ type: 'message', role: 'assistant', content: message.content } as JsonObject]),
    ...calls
      .filter(({ id }) => !had.has(id as Json))
      .map(({ id, function: made }): JsonObject => {
        const { name, arguments: text } = made as JsonObject;
        return custom.has(String(name))
          ? { type: 'custom_tool_call', call_id: id as Json, name: name as Json, input: String(text) }
          : { type: 'function_call', call_id: id as Json, name: name as Json, arguments: text as Json };
      }),
  ];
}

/** Its items stand in the message as they came. */
function completion({ output, output_text: _, ...rest }: JsonObject): JsonObject {
  if (rest.status === 'failed' || rest.status === 'cancelled')
    return { error: rest.error ?? { message: `the response is ${rest.status}` } };
  if (!Array.isArray(output)) return rest;
  const { text, calls } = assistantOf(output.filter(isObject) as JsonObject[]);
  const details = rest.incomplete_details;
  const reason = isObject(details) ? String(details.reason) : '';
  const cut = reason === 'content_filter' ? 'content_filter' : 'length';
  const made = calls.map(({ id, name, arguments: given }) => ({
    id,
    type: 'function',
    function: { name, arguments: given },
  }));
  const message = {
    role: 'assistant',
    content: text,
    [ITEMS]: output,
    ...(made.length > 0 ? { tool_calls: made } : {}),
  };
  const finish = rest.status === 'incomplete' ? cut : made.length > 0 ? 'tool_calls' : 'stop';
  return { ...rest, choices: [{ index: 0, finish_reason: finish, message }] };
}

export const responses: WireSurface = {
  name: 'responses',
  path: '/responses',
  streamed: { stream: true },
  read,
  body,
  collect,
  completion,
  whole: (reply, request) =>
    responseOf(
      reply,
      request,
      itemsOf(reply, request).map(({ item }) => item),
    ),
  writer,
  error: (status, message) => ({
    error: { message, type: status < 500 ? 'invalid_request_error' : 'server_error', param: null, code: null },
  }),
};
