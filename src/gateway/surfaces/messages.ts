/** Anthropic messages: the request, the model's view of it, and replies. */
import { isObject } from '../../digest.ts';
import type { ChatToolCall, Json, JsonObject } from '../../types.ts';
import { BLOCKS, blocksOf, collect, stopOf, usageOf, writer } from './messages-out.ts';
import type { WireSurface } from './surface.ts';
import { type ModelView, type Passage, partsOf, passagesOf, toldTools } from './view.ts';
import {
  kindOf,
  newId,
  objectIn,
  RefusedRequest,
  textIn,
  type WireMessage,
  type WireReply,
  type WireRequest,
} from './wire.ts';

/** Tools with a type of the vendor that the client runs all the same. */
const CLIENT_RUN = /^(?:bash|text_editor|computer|memory)_/;

function isOwnTool(tool: Json): tool is JsonObject {
  if (!isObject(tool) || typeof tool.name !== 'string') return false;
  const { type = 'custom' } = tool;
  return type === null || type === 'custom' || CLIENT_RUN.test(String(type));
}

function read(body: Json, isManaged: (tool: string) => boolean): WireRequest {
  if (!isObject(body)) throw new RefusedRequest('expected a JSON object with "messages"');
  const { messages, system, tools = [], tool_choice: choice, mcp_servers: servers, stream } = body;
  if (tools !== null && !Array.isArray(tools)) throw new RefusedRequest(`tools: expected a list, got ${kindOf(tools)}`);
  const own = (tools ?? []).filter(isOwnTool);
  const others = [
    ...(tools ?? []).filter((tool) => !isOwnTool(tool)).map(nameOf),
    ...(Array.isArray(servers) ? servers.map(nameOf) : []),
  ];
  if (others.length > 0 && own.some(({ name }) => isManaged(String(name))))
    throw new RefusedRequest(
      `tools: ${others.join(', ')} would run at the vendor, where no rule is kept; leave it out of requests with tools of the harness`,
    );
  if (!Array.isArray(messages) || messages.length === 0)
    throw new RefusedRequest(`messages: expected a list with at least one message, got ${kindOf(messages)}`);
  const config = isObject(body.output_config) ? body.output_config.format : body.output_format;
  return {
    body,
    messages: [...systemIn(system), ...messages.flatMap(toMessages)],
    tools: own.map(toFunction),
    streams: stream === true,
    plain: others.length > 0 || (isObject(choice) && choice.type === 'none') || isObject(config),
  };
}

const nameOf = (tool: Json): string =>
  isObject(tool) ? String(tool.name ?? tool.mcp_server_name ?? tool.type) : JSON.stringify(tool);

const toFunction = (given: JsonObject): JsonObject => {
  const { name, description = '', input_schema: parameters } = given;
  const schema = isObject(parameters) ? { parameters } : {};
  return { type: 'function', function: { name, description, ...schema } as JsonObject, given };
};

const spoken = { parts: [], calls: [], callId: '', kept: {} };

function systemIn(system: Json | undefined): WireMessage[] {
  const blocks = Array.isArray(system) ? system : [system ?? ''];
  if (blocks.length === 0 || system === '') return [];
  const raw = Array.isArray(system) ? { raw: blocks } : {};
  return system === undefined || system === null
    ? []
    : [{ ...spoken, role: 'system', text: blocks.map(textIn).join('\n\n'), ...raw }];
}

/** Where a client marks its newest message for the cache, older ones lose their mark. */
function unmarked(block: Json): Json {
  if (!isObject(block)) return block;
  const { cache_control: _, ...others } = block;
  return others;
}

function toMessages(given: Json, at: number): WireMessage[] {
  const where = `messages[${at}]`;
  if (!isObject(given)) throw new RefusedRequest(`${where}: expected an object, got ${kindOf(given)}`);
  const { role, content = '' } = given;
  const blocks = Array.isArray(content) ? content : [content];
  if (role === 'system') return systemIn(content);
  if (role === 'assistant') return [assistantOf(content, blocks, where)];
  if (role !== 'user')
    throw new RefusedRequest(`${where}.role: expected user or assistant, got ${JSON.stringify(role)}`);
  const results = blocks.filter((block) => isObject(block) && block.type === 'tool_result') as JsonObject[];
  const said = blocks.filter((block) => !results.includes(block as JsonObject));
  return [
    ...results.map(resultOf),
    ...(said.length > 0 || results.length === 0
      ? [
          {
            ...spoken,
            role: 'user' as const,
            text: said.map(textIn).join(''),
            parts: said.filter((block) => isObject(block) && block.type !== 'text').map(unmarked),
            ...(Array.isArray(content) ? { raw: said } : {}),
          },
        ]
      : []),
  ];
}

function resultOf(block: JsonObject): WireMessage {
  const { tool_use_id: callId, content = '' } = block;
  const inner = Array.isArray(content) ? content : [content];
  return {
    ...spoken,
    role: 'tool',
    callId: typeof callId === 'string' ? callId : '',
    text: inner.map(textIn).join(''),
    parts: inner.filter((part) => isObject(part) && part.type !== 'text').map(unmarked),
    raw: [block],
  };
}

function assistantOf(content: Json, blocks: readonly Json[], where: string): WireMessage {
  const calls = blocks.flatMap((block): ChatToolCall[] => {
    if (!isObject(block) || block.type !== 'tool_use') return [];
    if (typeof block.name !== 'string') throw new RefusedRequest(`${where}: expected a tool_use block with a name`);
    return [{ id: String(block.id ?? ''), name: block.name, arguments: argumentsOf(block.input) }];
  });
  const text = blocks.map((block) => (isObject(block) && block.type !== 'text' ? '' : textIn(block))).join('');
  return { ...spoken, role: 'assistant', text, calls, kept: { [BLOCKS]: content } };
}

/** Some servers send the text of the arguments, and '' for none. */
const argumentsOf = (input: Json | undefined): string =>
  typeof input === 'string' ? input || '{}' : JSON.stringify(input ?? {});

function body(view: ModelView): JsonObject {
  const { messages: _, system: __, tools: ___, tool_choice: choice, stream: ____, ...others } = view.request.body;
  const tools = toldTools(view, (known, { name, description, parameters }) => {
    const given = known?.given as JsonObject | undefined;
    if (given === undefined) return { name, description, input_schema: parameters };
    return given.input_schema === undefined ? given : { ...given, description };
  });
  const passages = passagesOf(view);
  const system = passages.find(({ message }) => message.role === 'system');
  const asks = tools.length > 0 ? { tools, ...(choice === undefined ? {} : { tool_choice: choice }) } : {};
  return {
    ...others,
    ...(system === undefined ? {} : { system: partsOf(system, toText) ?? system.message.content }),
    messages: turnsOf(passages.filter((passage) => passage !== system)),
    ...asks,
  };
}

const toText = (text: string): Json => ({ type: 'text', text });

/** Results of one turn and what is said beside them are one message, results first. */
function turnsOf(passages: readonly Passage[]): Json[] {
  const turns: { role: 'user' | 'assistant'; content: Json }[] = [];
  for (const passage of passages) {
    const { message, param } = passage;
    const role = message.role === 'assistant' ? 'assistant' : 'user';
    const last = turns.at(-1);
    const content = message.role === 'assistant' ? saidBlocks(message, param) : heardBlocks(passage);
    if (last === undefined || last.role !== role || role === 'assistant') turns.push({ role, content });
    else last.content = [...asBlocks(last.content), ...asBlocks(content)];
  }
  return turns;
}

const asBlocks = (content: Json): Json[] => (Array.isArray(content) ? content : [toText(String(content))]);

function heardBlocks(passage: Passage): Json {
  const { message, param, given, after } = passage;
  if (message.role !== 'tool') return partsOf(passage, toText) ?? message.content;
  const [first] = given[0]?.raw ?? [];
  const block = { type: 'tool_result', ...(first as JsonObject | undefined), tool_use_id: param.tool_call_id as Json };
  if (first === undefined) return [{ ...block, content: message.content }];
  if (after === '') return [block];
  const raw = (first as JsonObject).content;
  return [{ ...block, content: Array.isArray(raw) ? [...raw, toText(after)] : message.content }];
}

/** The turn as it came, without calls of others and texts that were taken for calls. */
function saidBlocks(message: Extract<Passage['message'], { role: 'assistant' }>, param: JsonObject): Json {
  const raw = param[BLOCKS];
  const calls = (param.tool_calls ?? []) as JsonObject[];
  if (typeof raw === 'string' && raw === message.content && calls.length === 0) return raw;
  const blocks = (Array.isArray(raw) ? raw : []).filter(isObject) as JsonObject[];
  const isSame = blocks.map((block) => (block.type === 'text' ? textIn(block) : '')).join('') === message.content;
  const ids = new Set(calls.map(({ id }) => id));
  const had = new Set(blocks.map(({ id }) => id));
  const content = [
    ...blocks.filter(({ type, id }) => (type === 'text' ? isSame : type !== 'tool_use' || ids.has(id as Json))),
    ...(isSame || message.content === '' ? [] : [toText(message.content)]),
    ...calls
      .filter(({ id }) => !had.has(id as Json))
      .map(({ id, function: made }) => {
        const { name, arguments: text } = made as JsonObject;
        return { type: 'tool_use', id, name, input: objectIn(String(text)) };
      }),
  ] as Json[];
  return content.length > 0 ? content : [toText(String(param.content))];
}

const FINISH: Readonly<Record<string, string>> = {
  tool_use: 'tool_calls',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
};

/** Its blocks stand in the message as they came. */
function completion({ content, ...rest }: JsonObject): JsonObject {
  if (!Array.isArray(content)) return rest;
  const { text, calls } = assistantOf(content, content, 'content');
  const made = calls.map(({ id, name, arguments: given }) => ({
    id,
    type: 'function',
    function: { name, arguments: given },
  }));
  const message = {
    role: 'assistant',
    content: text,
    [BLOCKS]: content,
    ...(made.length > 0 ? { tool_calls: made } : {}),
  };
  return { ...rest, choices: [{ index: 0, finish_reason: FINISH[String(rest.stop_reason)] ?? 'stop', message }] };
}

const whole = (reply: WireReply, { body }: WireRequest): JsonObject => ({
  id: newId('msg_'),
  model: body.model ?? '',
  ...reply.base,
  type: 'message',
  role: 'assistant',
  content: blocksOf(reply).map(({ block }) => block),
  stop_reason: stopOf(reply),
  stop_sequence: reply.calls.length > 0 ? null : (reply.base.stop_sequence ?? null),
  usage: usageOf(reply),
});

const ERRORS: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
};

export const messages: WireSurface = {
  name: 'messages',
  path: '/messages',
  streamed: { stream: true },
  read,
  body,
  collect,
  completion,
  whole,
  writer,
  error: (status, message) => ({
    type: 'error',
    error: { type: ERRORS[status] ?? (status < 500 ? 'invalid_request_error' : 'api_error'), message },
  }),
};
