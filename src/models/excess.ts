/** A reply that reports more tokens than a call was allowed: no cap of money holds with it. */
import { isObject } from '../digest.ts';
import { InfrastructureError, UsageError } from '../errors.ts';
import type { ChatReply, Json } from '../types.ts';

/** Names of thoughts in a message, as servers spell them. */
const THOUGHTS = ['reasoning_content', 'reasoning', 'reasoning_details', 'thinking', 'thinking_blocks'];

/** No model thinks longer before an answer. */
const MAX_THOUGHTS = 1_000_000;

/** Reasoning tokens that the usage names, wherever it does; 0 for none. */
function reasoningTokens(usage: unknown): number {
  if (!isObject(usage)) return 0;
  const places = [usage, usage.completion_tokens_details, usage.output_tokens_details].filter(isObject);
  return Math.max(0, ...places.map((place) => Number(place.reasoning_tokens ?? place.thinking_tokens) || 0));
}

/** True where thoughts are billed beside an answer within its limit, as some vendors count. */
export function isThoughtBeside(reported: unknown, { usage }: ChatReply, maxTokens: number): boolean {
  if (!isObject(reported)) return false;
  const answered = Number(reported.completion_tokens ?? reported.output_tokens);
  const beside = usage.outputTokens - answered;
  return answered <= maxTokens && beside <= Math.min(MAX_THOUGHTS, reasoningTokens(reported));
}

/**
 * Thoughts beyond the limit of a reply need a setting; any other excess is absurd, and a person has
 * to look. `sentBytes` bounds the tokens in.
 */
export function excessOf(
  { usage, kept = {} }: ChatReply,
  {
    reported,
    sentBytes,
    maxTokens,
  }: { readonly reported: unknown; readonly sentBytes: number; readonly maxTokens: number },
): Error {
  const { inputTokens, outputTokens } = usage;
  const thoughts = reasoningTokens(reported);
  const thinks = thoughts > 0 || THOUGHTS.some((name) => (kept as Record<string, Json>)[name] !== undefined);
  if (thinks && inputTokens <= sentBytes)
    return new UsageError(
      `a reply has ${outputTokens} tokens${thoughts > 0 ? `, ${thoughts} of them reasoning` : ''}, where ${maxTokens} are allowed: this endpoint does not count reasoning tokens into the limit, so no cap of money would hold; give --max-tokens (max_tokens in models.yaml) as many as a reply really takes, or turn thinking off`,
    );
  return new InfrastructureError(
    `the endpoint reports ${inputTokens} + ${outputTokens} tokens for a call, which is more than it was sent and allowed (${maxTokens} out): no cap of money can hold; use another endpoint`,
    { who: 'endpoint', fatal: true, freezes: true },
  );
}
