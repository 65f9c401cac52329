/** Keeps a conversation within a model's context by shortening the oldest long messages. */
import type { ChatMessage, Tool } from '../types.ts';

/** Characters per token, on the low side: JSON is dense. */
const CHARACTERS_PER_TOKEN = 3;
/** Characters that a shortened message keeps, and the least that makes one worth shortening. */
const KEPT = 200;
const LONG = 400;
/** The model works on the last messages. */
const NEWEST = 2;

/** An upper estimate of the request's tokens. */
export const tokensOf = (messages: readonly ChatMessage[], tools: readonly Tool[]): number =>
  Math.ceil((JSON.stringify(messages).length + JSON.stringify(tools).length) / CHARACTERS_PER_TOKEN);

/** Shortens the oldest long message but system, request and the newest two; false if none. */
export function shortenOldest(messages: ChatMessage[]): boolean {
  for (let at = 2; at < messages.length - NEWEST; at++) {
    const message = messages[at] as ChatMessage;
    if (message.role === 'assistant' || message.content.length <= LONG) continue;
    const left = message.content.length - KEPT;
    messages[at] = { ...message, content: `${message.content.slice(0, KEPT)} [${left} characters left out]` };
    return true;
  }
  return false;
}

/** Shortens until the estimate fits `limit` tokens or nothing is left; returns the number. */
export function fitContext(messages: ChatMessage[], tools: readonly Tool[], limit: number): number {
  let shortened = 0;
  while (tokensOf(messages, tools) > limit && shortenOldest(messages)) shortened += 1;
  return shortened;
}

/** True for the errors with which endpoints refuse a request that is too long. */
export const isTooLong = (message: string): boolean =>
  /HTTP (400|413|422)/.test(message) && /context|too long|too large|maximum.{0,40}token|exceed/i.test(message);
