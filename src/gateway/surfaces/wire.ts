/** What is read of a request of any surface, and what every reply is made of. */
import { randomBytes } from 'node:crypto';
import { canonicalJson, isObject, sha256 } from '../../digest.ts';
import { parseJson } from '../../runtime/repair.ts';
import type { ChatMessage, ChatToolCall, Json, JsonObject, Tool } from '../../types.ts';

/** A request that nobody could answer; `status` and one sentence for the client. */
export class RefusedRequest extends Error {
  override readonly name = 'RefusedRequest';
  readonly status: number;
  constructor(message: string, status = 400) {
    super(message);
    this.status = status;
  }
}

/** A message of the client; texts in parts are joined, other parts stand in `parts`. */
export interface WireMessage {
  readonly role: 'system' | 'user' | 'assistant' | 'tool';
  readonly text: string;
  readonly parts: readonly Json[];
  readonly calls: readonly ChatToolCall[];
  /** Of a result; '' otherwise. */
  readonly callId: string;
  /** Further members of an assistant's message. */
  readonly kept: JsonObject;
  /** The content as it came, where it is more than one text; of results the whole block. */
  readonly raw?: readonly Json[];
}

export interface WireRequest {
  /** As it came. */
  readonly body: JsonObject;
  readonly messages: readonly WireMessage[];
  /** As chat completions tell them; `given` has one as its surface does. */
  readonly tools: readonly JsonObject[];
  readonly streams: boolean;
  /** The client asks for no call, or for a form: no layer may act on its answer. */
  readonly plain: boolean;
}

/** A name for what upstream did not name. */
export const newId = (prefix: string): string => `${prefix}${randomBytes(12).toString('hex')}`;

/** For sentences about what was found. */
export const kindOf = (value: unknown): string =>
  Array.isArray(value) ? 'an empty list' : value === null ? 'null' : typeof value;

/** The text of one part of a content, or of a content that is text. */
export const textIn = (part: Json | undefined): string =>
  typeof part === 'string' ? part : isObject(part) && typeof part.text === 'string' ? part.text : '';

/** Arguments as an object, however empty they are. */
export function objectIn(text: string): JsonObject {
  const value = parseJson(text);
  return isObject(value) ? value : {};
}

/** As the machine reads it. */
export function toChatMessage({ role, text, calls, callId, kept }: WireMessage): ChatMessage {
  if (role === 'tool') return { role, toolCallId: callId, content: text };
  if (role !== 'assistant') return { role, content: text };
  return {
    role,
    content: text,
    ...(calls.length > 0 ? { toolCalls: calls } : {}),
    ...(Object.keys(kept).length > 0 ? { kept } : {}),
  };
}

/** A tool of the request; what is not said of it is a write. */
export function toTool({ function: given }: JsonObject, readOnly: boolean): Tool {
  const { name, description, parameters } = given as JsonObject;
  return {
    name: String(name),
    description: typeof description === 'string' ? description : '',
    parameters: isObject(parameters) ? parameters : { type: 'object', properties: {} },
    readOnly,
  };
}

/** Digest of what a client holds, however it spells it: system texts and ids of calls apart. */
export const viewOf = (messages: readonly WireMessage[]): string =>
  sha256(
    canonicalJson(
      messages
        .filter(({ role }) => role !== 'system')
        .map(({ role, text, parts, calls }) => [
          role,
          text,
          parts.length === 0 ? '' : sha256(canonicalJson([...parts])),
          calls.map((call) => [call.name, parseJson(call.arguments) ?? call.arguments]),
        ]),
    ),
  );

/** What the client gets: one message. */
export interface WireReply {
  readonly text: string;
  readonly calls: readonly ChatToolCall[];
  /** The reply of upstream that it is made of, and further members of its message. */
  readonly base: JsonObject;
  readonly kept: JsonObject;
  readonly usage: JsonObject | null;
  readonly cut: boolean;
  /** What ended the answer, if the runtime or the agent did. */
  readonly ending: string | null;
}

/** The message as the client will send it back. */
export const messageOf = ({ text, calls, kept }: WireReply): WireMessage => ({
  role: 'assistant',
  text,
  parts: [],
  calls,
  callId: '',
  kept,
});
