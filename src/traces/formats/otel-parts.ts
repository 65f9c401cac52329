/** Messages of OpenTelemetry's conventions: a role, and parts of text, calls and responses. */
import { isObject } from '../../digest.ts';
import type { Json, JsonObject } from '../../types.ts';
import { argumentsOf, type Said, textOf } from './conversation.ts';

const textual = (value: Json | undefined): string =>
  value === undefined || value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value);

/** One message in parts; [] for what is none. */
export function saidInParts(message: Json): Said[] {
  if (!isObject(message) || !Array.isArray(message.parts)) return [];
  const parts = message.parts.filter(isObject);
  const text = parts.flatMap((part) => (part.type === 'text' ? [textual(part.content ?? part.text)] : [])).join('');
  const { role } = message;
  const responses = parts.flatMap((part): Said[] =>
    part.type === 'tool_call_response'
      ? [{ who: 'tool', id: idOf(part.id), text: textual(part.response ?? part.result ?? part.content) }]
      : [],
  );
  if (role === 'tool' || (responses.length > 0 && text === '')) {
    return responses.length > 0 ? responses : [{ who: 'tool', id: idOf(message.id), text }];
  }
  if (role === 'system' || role === 'developer') return [{ who: 'system', text }];
  if (role !== 'assistant' && role !== 'model') return [...responses, { who: 'user', text: text || othersIn(parts) }];
  const calls = parts.flatMap((part) =>
    part.type === 'tool_call' && typeof part.name === 'string'
      ? [{ id: idOf(part.id), name: part.name, arguments: textual(part.arguments) }]
      : [],
  );
  const cut = message.finish_reason === 'length' ? { cut: true } : {};
  return [{ who: 'agent', text, calls, ...cut }, ...responses];
}

const idOf = (id: Json | undefined): string | null => (typeof id === 'string' && id !== '' ? id : null);
const othersIn = (parts: readonly JsonObject[]): string => textOf(parts.map((part) => ({ type: part.type ?? 'part' })));

/** The messages in the parts of the convention. */
export const partsOf = (said: readonly Said[]): JsonObject[] =>
  said.map((one): JsonObject => {
    if (one.who === 'tool')
      return { role: 'tool', parts: [{ type: 'tool_call_response', id: one.id, response: one.text }] };
    const text = one.text === '' ? [] : [{ type: 'text', content: one.text }];
    if (one.who !== 'agent') return { role: one.who, parts: text };
    const calls = one.calls.map(({ id, name, arguments: given }) => {
      const value = argumentsOf(given);
      // The value where its text is the usual one, so that it comes back the same.
      return {
        type: 'tool_call',
        id,
        name,
        arguments: value !== null && JSON.stringify(value) === given ? value : given,
      };
    });
    return { role: 'assistant', parts: [...text, ...calls], ...(one.cut ? { finish_reason: 'length' } : {}) };
  });
