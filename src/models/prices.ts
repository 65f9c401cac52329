/** Costs of model calls; users state prices, and no price table is guessed. */
import type { Usage } from '../types.ts';

export interface Price {
  /** US dollars per million tokens. */
  readonly input: number;
  readonly output: number;
  /** Input tokens that the endpoint's prefix cache held. @default `input` */
  readonly cached?: number | undefined;
}

export const FREE: Price = { input: 0, output: 0 };

/** US dollars of one reply; cached tokens are part of the input tokens. */
export function costOf(price: Price, usage: Pick<Usage, 'inputTokens' | 'outputTokens' | 'cachedTokens'>): number {
  const cached = Math.min(usage.cachedTokens, usage.inputTokens);
  const input = (usage.inputTokens - cached) * price.input + cached * (price.cached ?? price.input);
  return (input + usage.outputTokens * price.output) / 1e6;
}

/** Upper bound before a call: one token per UTF-8 byte in, `maxTokens` out. */
export const worstCost = (price: Price, requestBytes: number, maxTokens: number): number =>
  costOf(price, { inputTokens: requestBytes, outputTokens: maxTokens, cachedTokens: 0 });
