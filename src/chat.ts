/** Messages to a model and its replies. */
import type { JsonObject, MaybePromise, Tool } from './tool.ts';

/** Tokens and money of one or more model calls. */
export interface Usage {
  readonly calls: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cachedTokens: number;
  readonly costUsd: number;
  /** Milliseconds until complete replies, without waits between retries; absent if not measured. */
  readonly modelMs?: number;
}

export const NO_USAGE: Usage = { calls: 0, inputTokens: 0, outputTokens: 0, cachedTokens: 0, costUsd: 0 };

export const addUsage = (a: Usage, b: Usage): Usage => ({
  calls: a.calls + b.calls,
  inputTokens: a.inputTokens + b.inputTokens,
  outputTokens: a.outputTokens + b.outputTokens,
  cachedTokens: a.cachedTokens + b.cachedTokens,
  costUsd: a.costUsd + b.costUsd,
  ...(a.modelMs === undefined && b.modelMs === undefined ? {} : { modelMs: (a.modelMs ?? 0) + (b.modelMs ?? 0) }),
});

export interface ChatToolCall {
  readonly id: string;
  readonly name: string;
  /** JSON text, as the model wrote it. */
  readonly arguments: string;
  /** Id and further members of the endpoint: they go back as they came, and stand in no trace. */
  readonly given?: JsonObject;
}

export type ChatMessage =
  | { readonly role: 'system' | 'user'; readonly content: string }
  | {
      readonly role: 'assistant';
      readonly content: string;
      readonly toolCalls?: readonly ChatToolCall[];
      /** See `ChatReply.kept`. */
      readonly kept?: JsonObject;
    }
  | { readonly role: 'tool'; readonly toolCallId: string; readonly content: string };

export interface ChatRequest {
  readonly messages: readonly ChatMessage[];
  /** Empty with `protocol: text`: the system message then lists the tools. */
  readonly tools: readonly Tool[];
  readonly seed: number;
  /** JSON Schema for the reply's content, for endpoints that support it. */
  readonly schema?: JsonObject;
  /** Of a program: the whole body as it leaves, in place of messages, tools and settings. */
  readonly body?: JsonObject;
  /** How many equal requests the rollout made before; absent for none. */
  readonly again?: number;
}

export interface ChatReply {
  readonly content: string;
  readonly toolCalls: readonly ChatToolCall[];
  readonly usage: Usage;
  /** Further members of the message (thoughts, signatures), to be given back as they came. */
  readonly kept?: JsonObject;
  /** The model id that the endpoint reports. */
  readonly model: string;
  readonly finish: 'stop' | 'tool_calls' | 'length' | 'refusal' | 'other';
}

/** One conversation partner. Throws `InfrastructureError` when there is no reply to judge. */
export interface ChatModel {
  complete(request: ChatRequest, signal?: AbortSignal): MaybePromise<ChatReply>;
}
