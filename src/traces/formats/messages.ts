/** Messages of OpenAI's chat completions, as the openai and tau formats hold them. */
import { isObject } from '../../digest.ts';
import type { Json, JsonObject, Tool } from '../../types.ts';
import { type GivenCall, type Said, textOf } from './conversation.ts';
import { kindOf, type ReadContext, RecordFault } from './format.ts';

/** Throws RecordFault for what is no list of messages. */
export function readMessages(value: Json | undefined, where: string): Said[] {
  if (!Array.isArray(value))
    throw new RecordFault(`expected ${where} to be a list of messages, found ${kindOf(value)}`);
  if (value.length === 0) throw new RecordFault(`expected messages in ${where}, found none`);
  return value.map((message, at) => readMessage(message as Json, `${where}[${at}]`));
}

export function readMessage(message: Json, where: string): Said {
  if (!isObject(message)) throw new RecordFault(`expected ${where} to be a message, found ${kindOf(message)}`);
  const { role, content } = message;
  const text = textOf(content);
  switch (role) {
    case 'system':
    case 'developer':
      return { who: 'system', text };
    case 'user':
      return { who: 'user', text };
    case 'tool':
    case 'function': {
      const { tool_call_id: id, name } = message;
      return { who: 'tool', id: idOf(id), text, ...(typeof name === 'string' ? { name } : {}) };
    }
    case 'assistant': {
      const { tool_calls: calls, function_call: call, refusal } = message;
      if (calls !== undefined && calls !== null && !Array.isArray(calls))
        throw new RecordFault(`expected ${where}.tool_calls to be a list, found ${kindOf(calls)}`);
      const given = [...((calls ?? []) as readonly Json[]), ...(isObject(call) ? [{ function: call }] : [])];
      const said = text === '' && typeof refusal === 'string' ? refusal : text;
      return { who: 'agent', text: said, calls: given.map((one, at) => readCall(one, `${where}.tool_calls[${at}]`)) };
    }
    default:
      throw new RecordFault(
        `expected ${where}.role to be system, developer, user, assistant or tool, found ${kindOf(role)}`,
      );
  }
}

function readCall(call: Json, where: string): GivenCall {
  const inner = isObject(call)
    ? isObject(call.function)
      ? call.function
      : isObject(call.custom)
        ? call.custom
        : call
    : null;
  if (!isObject(call) || inner === null || typeof inner.name !== 'string')
    throw new RecordFault(`expected ${where} to be a call with a name, found ${kindOf(call)}`);
  const given = inner.arguments ?? inner.input;
  const text = given === undefined || given === null ? '' : typeof given === 'string' ? given : JSON.stringify(given);
  return { id: idOf(call.id), name: inner.name, arguments: text };
}

const idOf = (id: Json | undefined): string | null => {
  if (typeof id === 'string' && id !== '') return id;
  return typeof id === 'number' ? String(id) : null;
};

/** Tools as a request lists them; null, none or nothing is no tool. */
export function readTools(value: Json | undefined, { isReadOnly }: ReadContext): Tool[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new RecordFault(`expected tools to be a list, found ${kindOf(value)}`);
  return value.flatMap((one: Json, at): Tool[] => {
    const inner = isObject(one) ? (isObject(one.function) ? one.function : one) : null;
    if (inner === null || typeof inner.name !== 'string') {
      // Tools that a vendor runs itself have a type and no name.
      if (isObject(one) && typeof one.type === 'string' && one.type !== 'function') return [];
      throw new RecordFault(`expected tools[${at}] to have a name, found ${kindOf(one)}`);
    }
    const parameters = inner.parameters ?? inner.input_schema;
    return [
      {
        name: inner.name,
        description: typeof inner.description === 'string' ? inner.description : '',
        parameters: isObject(parameters) ? parameters : { type: 'object', properties: {} },
        readOnly: isReadOnly(inner.name),
      },
    ];
  });
}

export const writeTools = (tools: readonly Tool[]): Json[] =>
  tools.map(({ name, description, parameters }) => ({ type: 'function', function: { name, description, parameters } }));

export const writeMessages = (said: readonly Said[]): JsonObject[] => said.map(writeMessage);

function writeMessage(message: Said): JsonObject {
  if (message.who === 'tool') {
    const { id, name, text: content } = message;
    return {
      role: 'tool',
      ...(id === null ? {} : { tool_call_id: id }),
      ...(name === undefined ? {} : { name }),
      content,
    };
  }
  if (message.who !== 'agent') return { role: message.who, content: message.text };
  const calls = message.calls.map(({ id, name, arguments: given }) => ({
    ...(id === null ? {} : { id }),
    type: 'function',
    function: { name, arguments: given },
  }));
  return { role: 'assistant', content: message.text, ...(calls.length === 0 ? {} : { tool_calls: calls }) };
}
