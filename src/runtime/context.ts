/** Keeps a conversation within a model's context by shortening the oldest long messages. */
import { isObject } from '../digest.ts';
import type { ChatMessage, Tool } from '../types.ts';

/** Characters per token, on the low side: JSON is dense. */
const CHARACTERS_PER_TOKEN = 3;
/** Characters that a shortened message keeps, and the least that makes one worth shortening. */
const KEPT = 200;
const LONG = 400;
/** A newest message up to this length is not shortened: it is not what does not fit. */
const NEWEST_KEPT = 1_000;
/** The model works on the last messages: they are shortened when nothing older is left. */
const NEWEST = 2;

/** An upper estimate of the request's tokens; ids of the endpoint count as the own ones. */
export const tokensOf = (messages: readonly ChatMessage[], tools: readonly Tool[]): number =>
  Math.ceil((JSON.stringify(messages, withoutId).length + JSON.stringify(tools).length) / CHARACTERS_PER_TOKEN);

const withoutId = (key: string, value: unknown): unknown =>
  key === 'given' && isObject(value) ? { ...value, id: undefined } : value;

/** Shortens the oldest long message but system and request, then the newest; false if none. */
export function shortenOldest(messages: ChatMessage[]): boolean {
  const isLong = ({ role, content }: ChatMessage, at: number, most: number) =>
    at >= 2 && role !== 'assistant' && content.length > most;
  const older = messages.findIndex((one, at) => at < messages.length - NEWEST && isLong(one, at, LONG));
  const at = older >= 0 ? older : messages.findIndex((one, at) => isLong(one, at, NEWEST_KEPT));
  const message = messages[at];
  if (message === undefined) return false;
  // A newest result keeps half each time, so that as much as fits is seen.
  const kept = older >= 0 ? KEPT : Math.max(KEPT, Math.floor(message.content.length / 2));
  const [, text = '', earlier = '0'] = /^([\s\S]*?)(?: \[(\d+) characters left out\])?$/.exec(message.content) ?? [];
  const left = text.length - kept + Number(earlier);
  messages[at] = { ...message, content: `${text.slice(0, kept)} [${left} characters left out]` };
  return true;
}

/** Shortens until the estimate fits `limit` tokens or nothing is left; returns the number. */
export function fitContext(messages: ChatMessage[], tools: readonly Tool[], limit: number): number {
  let shortened = 0;
  while (tokensOf(messages, tools) > limit && shortenOldest(messages)) shortened += 1;
  return shortened;
}
