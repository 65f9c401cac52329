/** The messages of a request: given back as they came, in a form that the endpoint takes. */
import type { ChatCompletionMessageParam } from 'openai/resources/chat/completions';
import { isObject } from '../digest.ts';
import { parseJson } from '../runtime/repair.ts';
import type { ChatMessage, ChatRequest, ChatToolCall, JsonObject } from '../types.ts';
import type { Adaptation, Sent } from './faults.ts';

type Adaptations = ReadonlySet<Adaptation>;
type Assistant = Extract<ChatMessage, { role: 'assistant' }>;

/** Stands where an endpoint takes no empty text. */
const FILLED = '(nothing)';

/** What an error may name of a request. */
export const sentOf = ({ messages, schema }: ChatRequest, adaptations: Adaptations): Sent => ({
  adaptations,
  kept: [
    ...new Set(
      messages.flatMap((message) =>
        message.role === 'assistant'
          ? [message, ...(message.toolCalls ?? [])].flatMap((one) =>
              Object.keys(('kept' in one ? one.kept : 'given' in one ? one.given : undefined) ?? {}),
            )
          : [],
      ),
    ),
  ].filter((name) => name !== 'id' && name !== 'content'),
  schema: schema !== undefined,
  empty: messages.some(({ role, content }) => content === '' && (role === 'assistant' || role === 'tool')),
});

/** All messages; without a system role its text opens the first message of the person. */
export function toParams(messages: readonly ChatMessage[], adaptations: Adaptations): ChatCompletionMessageParam[] {
  const [system, first, ...others] = messages;
  const merged =
    adaptations.has('system') && system?.role === 'system' && first?.role === 'user'
      ? [{ role: 'user' as const, content: `${system.content}\n\n${first.content}` }, ...others]
      : messages;
  const ids = wireIds(merged);
  return merged.map((message) => toParam(message, ids, adaptations));
}

/** Own id -> the endpoint's, unless it gave none or one twice in a message. */
function wireIds(messages: readonly ChatMessage[]): ReadonlyMap<string, string> {
  const ids = new Map<string, string>();
  for (const message of messages) {
    const calls = (message.role === 'assistant' && message.toolCalls) || [];
    const given = calls.map((call) => call.given?.id);
    if (new Set(given).size < given.length) continue;
    for (const { id, given } of calls) if (typeof given?.id === 'string' && given.id !== '') ids.set(id, given.id);
  }
  return ids;
}

function toParam(
  message: ChatMessage,
  ids: ReadonlyMap<string, string>,
  adaptations: Adaptations,
): ChatCompletionMessageParam {
  if (message.role === 'tool') {
    const content = message.content === '' && adaptations.has('empty: null') ? FILLED : message.content;
    return { role: 'tool', tool_call_id: ids.get(message.toolCallId) ?? message.toolCallId, content };
  }
  if (message.role !== 'assistant') return { role: message.role, content: message.content };
  const calls = message.toolCalls ?? [];
  return {
    role: 'assistant',
    ...textOf(message, calls.length > 0, adaptations),
    ...without(message.kept, adaptations),
    ...(calls.length > 0 ? { tool_calls: calls.map((call) => toCall(call, ids, adaptations)) } : {}),
  };
}

/** The text; an empty one beside calls in the form that the endpoint takes. */
function textOf({ content }: Assistant, calls: boolean, adaptations: Adaptations) {
  if (content !== '') return { content };
  // Some servers reject an empty message.
  if (!calls || adaptations.has('empty: filled')) return { content: FILLED };
  if (adaptations.has('empty: absent')) return {};
  return { content: adaptations.has('empty: null') ? null : '' };
}

function toCall(
  { id, name, arguments: text, given }: ChatToolCall,
  ids: ReadonlyMap<string, string>,
  adaptations: Adaptations,
) {
  const { id: _, function: inner, ...more } = given ?? {};
  return {
    ...without(more, adaptations),
    id: ids.get(id) ?? id,
    type: 'function' as const,
    function: { ...(isObject(inner) ? inner : {}), name: toName(name), arguments: toArguments(text) },
  };
}

/** Endpoints refuse a history with a name that no tool could have; the model read an error. */
const toName = (name: string): string => name.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, 64) || '_';

/** Always the text of an object: servers fail on anything else; the model read an error. */
const toArguments = (text: string): string => (isObject(parseJson(text)) ? text : '{}');

const without = (members: JsonObject = {}, adaptations: Adaptations): JsonObject =>
  Object.fromEntries(Object.entries(members).filter(([name]) => !adaptations.has(`without ${name}`)));
