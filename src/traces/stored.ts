/** A trace from outside, as one JSON line of the store, and the core's trace made of it. */
import type { Step, Trace, Usage } from '../types.ts';

/** How a conversation ended for the person it served. */
export interface StoredOutcome {
  /** 0-1; null: not known. */
  readonly reward: number | null;
  readonly label?: string;
  /** file: a file of labels; source: the imported record; client: told to the gateway. */
  readonly by: 'file' | 'source' | 'client' | null;
}

export const NO_OUTCOME: StoredOutcome = { reward: null, by: null };

/** Tokens and money of a trace; what the source does not tell is null, never 0. */
export type StoredUsage = { readonly [K in keyof Usage]: Usage[K] | null };

/** What the source does not tell is null, or `unknown` where a name is needed. */
export interface StoredTrace {
  readonly v: 1;
  /** The source's own id, or 16 hex digits of the record's digest. */
  readonly id: string;
  readonly env: string;
  readonly source: 'openai' | 'otel' | 'atif' | 'tau' | 'serve';
  /** Conversations about the same task share it. */
  readonly task: string | null;
  /** The nth conversation about its task, from 0. */
  readonly trial?: number;
  /** ISO 8601. */
  readonly time: string | null;
  readonly agent: string;
  /** Served model id. */
  readonly model: string;
  /** Version or id of the harness in force. */
  readonly harness: string | null;
  readonly split: 'train';
  readonly outcome: StoredOutcome;
  readonly prompt: Trace['prompt'];
  readonly steps: readonly Step[];
  readonly usage: StoredUsage;
}

export const UNKNOWN = 'unknown';

export const UNKNOWN_USAGE: StoredUsage = {
  calls: null,
  inputTokens: null,
  outputTokens: null,
  cachedTokens: null,
  costUsd: null,
};

/** The core's trace; unknown tokens are 0 there, an unknown outcome is no score. */
export function toTrace(stored: StoredTrace): Trace<'train'> {
  const { id, env, agent, model, prompt, steps, split, outcome, usage } = stored;
  return {
    id,
    harness: stored.harness ?? UNKNOWN,
    env,
    agent,
    model,
    task: stored.task ?? id,
    split,
    trial: stored.trial ?? 0,
    seed: 0,
    prompt,
    steps,
    score: outcome.reward === null ? null : { reward: outcome.reward, checks: [] },
    usage: {
      calls: usage.calls ?? 0,
      inputTokens: usage.inputTokens ?? 0,
      outputTokens: usage.outputTokens ?? 0,
      cachedTokens: usage.cachedTokens ?? 0,
      costUsd: usage.costUsd ?? 0,
    },
  };
}

/** Words that stand for a reward in labels and sources. */
const GOOD = new Set(['pass', 'passed', 'success', 'succeeded', 'successful', 'resolved', 'solved', 'good', 'correct']);
const BAD = new Set(['fail', 'failed', 'failure', 'unsuccessful', 'unresolved', 'bad', 'incorrect', 'wrong']);

/**
 * The outcome that a reward and a label tell: a known word is a reward too. A text says what is
 * wrong with them.
 */
export function outcomeOf(reward: unknown, label: unknown, by: 'file' | 'source'): StoredOutcome | string {
  const given = reward === '' || reward === undefined ? null : reward;
  const word = typeof label === 'string' && label.trim() !== '' ? label.trim() : null;
  const known = word === null ? null : GOOD.has(word.toLowerCase()) ? 1 : BAD.has(word.toLowerCase()) ? 0 : null;
  const value = typeof given === 'string' ? Number(given.trim() === '' ? Number.NaN : given) : given;
  const number = typeof value === 'boolean' ? Number(value) : value;
  if (number !== null && (typeof number !== 'number' || !(number >= 0 && number <= 1)))
    return `expected a reward from 0 to 1, found ${JSON.stringify(given)}`;
  if (label !== undefined && label !== null && typeof label !== 'string')
    return `expected a label that is a text, found ${JSON.stringify(label)}`;
  if (number === null && word === null) return NO_OUTCOME;
  return { reward: number ?? known, ...(word === null ? {} : { label: word }), by };
}
