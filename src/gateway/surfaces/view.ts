/** The model's view of a conversation: messages for upstream, and what they came from. */
import { toParams } from '../../models/history.ts';
import type { Compiled } from '../../runtime/compile.ts';
import { DONE } from '../../runtime/done.ts';
import type { ChatMessage, Json, JsonObject } from '../../types.ts';
import type { WireMessage, WireRequest } from './wire.ts';

/** A conversation as the model knows it. */
export interface ModelView {
  readonly compiled: Compiled;
  readonly messages: readonly ChatMessage[];
  /** The tools of the conversation's first request. */
  readonly tools: readonly JsonObject[];
  /** The client's own system text as the conversation began. */
  readonly system: string;
  /** The newest of the client. */
  readonly request: WireRequest;
  /** Ids of the model's calls and what they are called at the client. */
  readonly clientIds: ReadonlyMap<string, string>;
}

/** One message; `given` are the client's messages that it says again, between texts of ours. */
export interface Passage {
  readonly message: ChatMessage;
  /** As chat completions tell it. */
  readonly param: JsonObject;
  readonly before: string;
  readonly given: readonly WireMessage[];
  readonly after: string;
}

/** What stands for a call without a result: endpoints refuse a history that has one. */
const ENDED = { done: 'The answer was given.', other: 'No result is known.' };

/** Every call has a result behind it, and content that is more than text stands where it stood. */
export function passagesOf(view: ModelView): Passage[] {
  const params = toParams(paired(view.messages), new Set());
  const users = view.request.messages.filter(({ role }) => role === 'user');
  let heard = 0;
  return paired(view.messages).map((message, at) => {
    const plain = { message, param: params[at] as object as JsonObject, before: '', given: [], after: '' };
    if (message.role === 'system') return { ...plain, ...systemIn(view, message.content) };
    if (message.role === 'tool') return { ...plain, ...resultIn(view, message) };
    if (message.role !== 'user') return plain;
    const rest = users.slice(heard);
    const count = heard === 0 ? Math.min(1, rest.length) : countOf(message.content, rest);
    heard += count;
    const given = rest.slice(0, count);
    const said = joined(given);
    return hasMore(given) && message.content.endsWith(said)
      ? { ...plain, given, before: message.content.slice(0, message.content.length - said.length).trimEnd() }
      : plain;
  });
}

const joined = (given: readonly WireMessage[]): string => given.map(({ text }) => text).join('\n\n');
const hasMore = (given: readonly WireMessage[]): boolean => given.some(({ raw }) => raw !== undefined);

/** How many messages of the client a message ends with; 0 for one of the runtime. */
function countOf(content: string, rest: readonly WireMessage[]): number {
  for (let count = rest.length; count > 0; count--) {
    const said = joined(rest.slice(0, count));
    if (content === said || content.endsWith(`\n\n${said}`)) return count;
  }
  return 0;
}

function systemIn({ request, system }: ModelView, content: string) {
  const given = request.messages.filter(({ role }) => role === 'system');
  const said = system.trim();
  if (!hasMore(given) || joined(given) !== system || said === '' || !content.startsWith(said)) return {};
  return { given, after: content.slice(said.length).trimStart() };
}

function resultIn({ request, clientIds }: ModelView, message: Extract<ChatMessage, { role: 'tool' }>) {
  const id = clientIds.get(message.toolCallId) ?? message.toolCallId;
  const found = request.messages.find(({ role, callId }) => role === 'tool' && callId === id);
  if (found?.raw === undefined || !message.content.startsWith(found.text)) return {};
  return { given: [found], after: message.content.slice(found.text.length).trimStart() };
}

function paired(messages: readonly ChatMessage[]): ChatMessage[] {
  return messages.flatMap((message, at) => {
    if (message.role !== 'assistant' || at === messages.length - 1) return [message];
    const end = messages.findIndex(({ role }, later) => later > at && role !== 'tool');
    const results = messages.slice(at + 1, end < 0 ? undefined : end);
    const told = new Set(results.map((one) => (one.role === 'tool' ? one.toolCallId : '')));
    const open = (message.toolCalls ?? []).filter(({ id }) => !told.has(id));
    return [
      message,
      ...open.map(({ id, name }) => ({
        role: 'tool' as const,
        toolCallId: id,
        content: name === DONE ? ENDED.done : ENDED.other,
      })),
    ];
  });
}

/** The content of a passage in the parts of its surface; null where it is text alone. */
export function partsOf({ before, given, after }: Passage, toPart: (text: string) => Json): Json[] | null {
  if (given.length === 0) return null;
  return [
    ...(before === '' ? [] : [toPart(before)]),
    ...given.flatMap(({ raw, text }) => raw ?? (text === '' ? [] : [toPart(text)])),
    ...(after === '' ? [] : [toPart(after)]),
  ];
}

/** The tools as they are told, each in the form of its surface by `toNative`. */
export function toldTools(
  { compiled, tools }: ModelView,
  toNative: (known: JsonObject | undefined, told: { name: string; description: string; parameters: Json }) => Json,
): Json[] {
  const known = new Map(tools.map((tool) => [String((tool.function as JsonObject).name), tool]));
  return compiled.sentTools.map(({ name, description, parameters }) =>
    toNative(known.get(name), { name, description, parameters }),
  );
}
