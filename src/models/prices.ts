/** What a model call may cost: no price table is guessed, a user states the prices of a paid endpoint. */
import type { Usage } from '../types.ts';

export interface Price {
  /** US dollars a million tokens. */
  readonly input: number;
  readonly output: number;
}

export const FREE: Price = { input: 0, output: 0 };

/** US dollars of one reply. */
export const costOf = (price: Price, usage: Pick<Usage, 'inputTokens' | 'outputTokens'>): number =>
  (usage.inputTokens * price.input + usage.outputTokens * price.output) / 1e6;

/** An upper bound for a call before it is made: at most one token a UTF-8 byte goes in, `maxTokens` come out. */
export const worstCost = (price: Price, requestBytes: number, maxTokens: number): number =>
  costOf(price, { inputTokens: requestBytes, outputTokens: maxTokens });
