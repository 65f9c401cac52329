/** How calls are heard and results told: native tool calls, or plain text messages. */
import type { ChatMessage, ChatReply, ChatToolCall, JsonObject } from '../types.ts';
import type { Compiled } from './compile.ts';
import { findWrittenCall } from './rescue.ts';
import type { Rewrite } from './shapes.ts';

/** A call as the model made it. */
export interface HeardCall {
  readonly id: string;
  readonly name: string;
  /** Text if the model wrote JSON text. */
  readonly arguments: string | JsonObject;
}

export interface Heard {
  /** What the history keeps of the reply. */
  readonly message: ChatMessage;
  readonly calls: readonly HeardCall[];
  /** Steps of `realization:rescue` and `realization:repair`, for the first call. */
  readonly rewrites: readonly Rewrite[];
  /** Calls of the same message that are not run, and the switch that took the first one. */
  readonly ignored: { readonly calls: number; readonly by: string } | null;
}

/** What the model reads when it wrote several calls in one message. */
export const FIRST_ONLY = 'Only the first call of a message is run.';

const textOf = (call: HeardCall): string =>
  typeof call.arguments === 'string' ? call.arguments : JSON.stringify(call.arguments);

/** Members that go back with the message; parts of a text only if the text goes back whole. */
function keptOf({ kept, content }: ChatReply, sent: string): { kept?: JsonObject } {
  if (kept === undefined || !('content' in kept) || sent === content) return kept === undefined ? {} : { kept };
  const { content: _, ...others } = kept;
  return Object.keys(others).length === 0 ? {} : { kept: others };
}

/** The endpoint's calls; with protocol text (a server may parse tags) only the first counts. */
function hearNative(reply: ChatReply, toolCalls: readonly ChatToolCall[], text: boolean): Heard {
  const [first] = toolCalls;
  if (!text || first === undefined) {
    return {
      message: { role: 'assistant', content: reply.content, toolCalls, ...keptOf(reply, reply.content) },
      calls: toolCalls,
      rewrites: [],
      ignored: null,
    };
  }
  const written = `{"name": ${JSON.stringify(first.name)}, "arguments": ${first.arguments || '{}'}}`;
  const others = toolCalls.length - 1;
  const content = reply.content === '' ? written : `${reply.content}\n${written}`;
  return {
    message: { role: 'assistant', content, ...keptOf(reply, content) },
    calls: [first],
    rewrites: [],
    ignored: others > 0 ? { calls: others, by: 'realization:protocol' } : null,
  };
}

/** Reads a reply; `toolCalls` are its native calls with own ids; `nextId` names one in text. */
export function hear(
  compiled: Compiled,
  reply: ChatReply,
  toolCalls: readonly ChatToolCall[],
  nextId: () => string,
): Heard {
  const { protocol, rescue, repair } = compiled.realization;
  const text = protocol === 'text';
  if (toolCalls.length > 0) return hearNative(reply, toolCalls, text);
  const said: ChatMessage = { role: 'assistant', content: reply.content, ...keptOf(reply, reply.content) };
  const written =
    text || rescue ? findWrittenCall(reply.content, { tools: compiled.shapes, repair, plainOnly: !rescue }) : null;
  if (written === null) return { message: said, calls: [], rewrites: [], ignored: null };

  const call: HeardCall = { id: nextId(), name: written.name, arguments: written.arguments };
  const rewrites: Rewrite[] = [];
  const after = { name: call.name, arguments: call.arguments };
  const rescued = !(text && written.plain);
  if (rescued) rewrites.push({ by: 'realization:rescue', what: 'message', before: reply.content, after });
  if (written.repaired) rewrites.push({ by: 'realization:repair', what: 'message', before: reply.content, after });
  const ignored =
    written.others > 0 ? { calls: written.others, by: rescued ? 'realization:rescue' : 'realization:protocol' } : null;
  if (!text) {
    const native = { id: call.id, name: call.name, arguments: textOf(call) };
    return {
      message: { role: 'assistant', content: '', toolCalls: [native], ...keptOf(reply, '') },
      calls: [call],
      rewrites,
      ignored,
    };
  }
  // Text behind the first call (more calls, invented results) would mislead the model later.
  const content = ignored === null ? reply.content : reply.content.slice(0, written.end);
  return { message: { role: 'assistant', content, ...keptOf(reply, content) }, calls: [call], rewrites, ignored };
}

/** The answer to one call as a message. */
export function answerMessage(compiled: Compiled, callId: string, tool: string, content: string): ChatMessage {
  return compiled.realization.protocol === 'text'
    ? { role: 'user', content: `Result of ${tool}: ${content}` }
    : { role: 'tool', toolCallId: callId, content };
}

/** The runtime's message after a reply without a call. */
export function askForCall(compiled: Compiled): string {
  return compiled.realization.protocol === 'text'
    ? 'No tool was called. Answer with one JSON object {"name": ..., "arguments": {...}} that calls a tool, or calls done.'
    : 'No tool was called. Call a tool, or call done.';
}

/** Appends a message; adjacent user messages become one, as many chat templates require. */
export function append(messages: ChatMessage[], message: ChatMessage): void {
  const last = messages.at(-1);
  if (message.role === 'user' && last?.role === 'user') {
    messages[messages.length - 1] = { role: 'user', content: `${last.content}\n\n${message.content}` };
  } else messages.push(message);
}
