/** What every format tells about a trace beside its conversation. */
import { canonicalJson, isObject, sha256 } from '../../digest.ts';
import type { Json, JsonObject } from '../../types.ts';
import {
  outcomeOf,
  type StoredOutcome,
  type StoredTrace,
  type StoredUsage,
  UNKNOWN,
  UNKNOWN_USAGE,
} from '../stored.ts';
import type { Conversation } from './conversation.ts';
import { RecordFault } from './format.ts';

export interface About {
  readonly env: string;
  readonly source: StoredTrace['source'];
  readonly conversation: Conversation;
  /** The source's own id; null: made of the content of `record`. */
  readonly id: string | null;
  readonly record: Json;
  readonly task?: string | null;
  readonly trial?: number | null;
  readonly time?: string | null;
  readonly agent?: string | null;
  readonly model?: string | null;
  readonly harness?: string | null;
  readonly outcome: StoredOutcome;
  readonly usage?: StoredUsage;
}

/** A trace with `unknown` where its source says nothing. */
export function storedOf(about: About): StoredTrace {
  const { env, source, conversation, outcome, trial, usage = UNKNOWN_USAGE } = about;
  return {
    v: 1,
    id: about.id ?? sha256(canonicalJson([source, about.record])).slice(0, 16),
    env,
    source,
    task: about.task ?? null,
    ...(trial === undefined || trial === null ? {} : { trial }),
    time: about.time ?? null,
    agent: about.agent || UNKNOWN,
    model: about.model || UNKNOWN,
    harness: about.harness ?? null,
    split: 'train',
    outcome,
    prompt: conversation.prompt,
    steps: conversation.steps,
    usage,
  };
}

/** A text or a number as a text; null for all else and for what is too long for an id. */
export function nameOf(value: Json | undefined): string | null {
  if (typeof value === 'number') return String(value);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: an id is shown and typed
  if (typeof value !== 'string' || value === '' || value.length > 300 || /[\u0000-\u001f]/.test(value)) return null;
  return value;
}

/** ISO 8601 in UTC, from such a text, or from seconds, milliseconds or nanoseconds since 1970. */
export function timeOf(value: Json | undefined): string | null {
  if (typeof value === 'number' || (typeof value === 'string' && /^\d{9,19}$/.test(value))) {
    const number = Number(value);
    if (number <= 0) return null;
    const ms = number < 1e11 ? number * 1e3 : number < 1e14 ? number : number < 1e17 ? number / 1e3 : number / 1e6;
    return isoOf(new Date(ms));
  }
  return typeof value === 'string' && /^\d{4}-\d{2}/.test(value) ? isoOf(new Date(value)) : null;
}

const isoOf = (date: Date): string | null => (Number.isNaN(date.getTime()) ? null : date.toISOString());

export const wholeOf = (value: Json | undefined): number | null =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null;

/** Throws RecordFault for a reward that is none. */
export function outcomeIn(reward: Json | undefined, label: Json | undefined): StoredOutcome {
  const outcome = outcomeOf(reward, label, 'source');
  if (typeof outcome === 'string') throw new RecordFault(outcome);
  return outcome;
}

/** Token counts in any of the vendors' forms; null where none is given. */
export function usageOf(value: Json | undefined): StoredUsage {
  if (!isObject(value)) return UNKNOWN_USAGE;
  const details = isObject(value.prompt_tokens_details) ? value.prompt_tokens_details : {};
  return {
    calls: wholeOf(value.calls),
    inputTokens: wholeOf(value.prompt_tokens ?? value.input_tokens),
    outputTokens: wholeOf(value.completion_tokens ?? value.output_tokens),
    cachedTokens: wholeOf(value.cached_tokens ?? details.cached_tokens),
    costUsd: typeof value.cost_usd === 'number' && value.cost_usd >= 0 ? value.cost_usd : null,
  };
}

/** A part is known of the sum where any summand knows it. */
export function addStoredUsage(all: readonly StoredUsage[]): StoredUsage {
  const sum = (of: (usage: StoredUsage) => number | null): number | null => {
    const known = all.flatMap((usage) => of(usage) ?? []);
    return known.length === 0 ? null : known.reduce((a, b) => a + b, 0);
  };
  return {
    calls: sum(({ calls }) => calls),
    inputTokens: sum(({ inputTokens }) => inputTokens),
    outputTokens: sum(({ outputTokens }) => outputTokens),
    cachedTokens: sum(({ cachedTokens }) => cachedTokens),
    costUsd: sum(({ costUsd }) => costUsd),
  };
}

/** Usage as records hold it: members that are not known are left out. */
export function writeUsage({ calls, inputTokens, outputTokens, cachedTokens, costUsd }: StoredUsage): JsonObject {
  return known({
    calls,
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    cached_tokens: cachedTokens,
    cost_usd: costUsd,
  });
}

/** Without the members that are null. */
export const known = (members: { readonly [key: string]: Json | undefined }): JsonObject =>
  Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== null && value !== undefined),
  ) as JsonObject;
