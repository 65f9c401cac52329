/** The endpoint behind a rollout's gateway: the agent's model, asked with whole bodies. */
import { addUsage, NO_USAGE } from '../chat.ts';
import { canonicalJson } from '../digest.ts';
import { InfrastructureError } from '../errors.ts';
import { RefusedRequest } from '../gateway/surfaces/wire.ts';
import { type Upstream, UpstreamRefusal } from '../gateway/upstream.ts';
import type { ChatModel, ChatReply, ChatToolCall, JsonObject, Usage } from '../types.ts';
import type { Normal } from './normal.ts';

export interface ModelUpstream extends Upstream {
  readonly usage: Usage;
  /** Served by the first reply; '' before. */
  readonly model: string;
}

/**
 * `onFault` gets what is no reply to judge; a request that is too long is answered, as the program
 * may shorten it.
 */
export function modelUpstream(
  model: ChatModel,
  { seed, normal, onFault }: { seed: number; normal: Normal; onFault: (error: unknown) => void },
): ModelUpstream {
  const asked = new Map<string, number>();
  let usage = NO_USAGE;
  let served = '';
  return {
    url: 'model',
    get usage() {
      return usage;
    },
    get model() {
      return served;
    },
    async pass() {
      throw notChat();
    },
    async complete(surface, given, _headers, { signal }) {
      if (surface.name !== 'chat') throw notChat();
      const { stream: _, stream_options: __, ...whole } = normal.out(given);
      const key = canonicalJson(whole);
      const again = asked.get(key) ?? 0;
      asked.set(key, again + 1);
      try {
        const request = { messages: [], tools: [], seed, body: whole, ...(again === 0 ? {} : { again }) };
        const reply = await model.complete(request, signal);
        usage = addUsage(usage, reply.usage);
        if (served === '') served = reply.model;
        return completionOf(normal.in(reply), asked.size);
      } catch (error) {
        if (error instanceof InfrastructureError && error.about === 'length') throw tooLong(error);
        onFault(error);
        throw error;
      }
    },
  };
}

const notChat = (): RefusedRequest =>
  new RefusedRequest('expected /v1/chat/completions: a program has no other way to its model', 404);

const tooLong = ({ message }: Error): UpstreamRefusal =>
  new UpstreamRefusal(
    400,
    JSON.stringify({ error: { message, type: 'invalid_request_error', code: 'context_length_exceeded' } }),
    { 'content-type': 'application/json' },
  );

const wireCall = ({ id, name, arguments: text, given = {} }: ChatToolCall): JsonObject => {
  const { function: beside, ...more } = given;
  return { id, ...more, type: 'function', function: { ...(beside as JsonObject | undefined), name, arguments: text } };
};

function completionOf({ content, toolCalls, kept = {}, usage, model, finish }: ChatReply, n: number): JsonObject {
  const { inputTokens, outputTokens, cachedTokens } = usage;
  return {
    id: `chatcmpl-${n}`,
    object: 'chat.completion',
    created: 0,
    model,
    choices: [
      {
        index: 0,
        message: {
          content,
          ...kept,
          role: 'assistant',
          ...(toolCalls.length === 0 ? {} : { tool_calls: toolCalls.map(wireCall) }),
        },
        finish_reason: finish === 'length' ? 'length' : toolCalls.length > 0 ? 'tool_calls' : 'stop',
      },
    ],
    usage: {
      prompt_tokens: inputTokens,
      completion_tokens: outputTokens,
      total_tokens: inputTokens + outputTokens,
      prompt_tokens_details: { cached_tokens: cachedTokens },
    },
  };
}
