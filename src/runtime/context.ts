/**
 * Keeps a conversation within a model's context: the oldest long messages are shortened, and the
 * trace says so.
 */
import type { ChatMessage, Tool } from '../types.ts';

/** Characters of a token, on the low side: JSON is dense. */
const CHARACTERS_PER_TOKEN = 3;
/** Characters that a shortened message keeps, and that one must have to be shortened. */
const KEPT = 200;
const LONG = 400;
/** The last messages are what the model works on. */
const NEWEST = 2;

/** An upper estimate of the request's tokens. */
export const tokensOf = (messages: readonly ChatMessage[], tools: readonly Tool[]): number =>
  Math.ceil((JSON.stringify(messages).length + JSON.stringify(tools).length) / CHARACTERS_PER_TOKEN);

/**
 * Shortens the oldest long message in place, the system message, the request and the newest two
 * apart; false when there is none.
 */
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

/**
 * Shortens until the estimate fits into `limit` tokens or nothing is left to shorten; gives the
 * number shortened.
 */
export function fitContext(messages: ChatMessage[], tools: readonly Tool[], limit: number): number {
  let shortened = 0;
  while (tokensOf(messages, tools) > limit && shortenOldest(messages)) shortened += 1;
  return shortened;
}

/** True for the refusals with which endpoints answer a request that is too long. */
export const isTooLong = (message: string): boolean =>
  /HTTP (400|413|422)/.test(message) && /context|too long|too large|maximum.{0,40}token|exceed/i.test(message);
