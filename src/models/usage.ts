/** Tokens as a vendor bills them, from the forms in which endpoints report them. */
import { isObject } from '../digest.ts';

export interface BilledTokens {
  /** All that was sent, cached tokens among it. */
  readonly inputTokens: number;
  /** All that was written, thoughts among it. */
  readonly outputTokens: number;
  /** Read from a prefix cache. */
  readonly cachedTokens: number;
}

type Members = Readonly<Record<string, unknown>>;

const within = (members: Members, name: string): Members => (isObject(members[name]) ? members[name] : {});

/** The first of these members that is a count; null for none. */
function count(members: Members, ...names: readonly string[]): number | null {
  for (const name of names) {
    const value = typeof members[name] === 'string' && members[name] !== '' ? Number(members[name]) : members[name];
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  }
  return null;
}

const INPUT = ['prompt_tokens', 'input_tokens', 'inputTokens', 'promptTokenCount', 'prompt_eval_count', 'prompt_n'];
const OUTPUT = [
  'completion_tokens',
  'output_tokens',
  'outputTokens',
  'candidatesTokenCount',
  'eval_count',
  'predicted_n',
];

/** Null where input or output is not told, as for a reply without usage. */
export function billedTokens(reply: unknown): BilledTokens | null {
  const top: Members = isObject(reply) ? reply : {};
  const places = [top.usage, top.usageMetadata, top.usage_metadata, top.timings, top].filter(isObject);
  for (const place of places) {
    const found = tokensIn(place) ?? tokensIn(within(place, 'billed_units')) ?? tokensIn(within(place, 'tokens'));
    if (found !== null) return found;
  }
  return null;
}

function tokensIn(usage: Members): BilledTokens | null {
  const input = count(usage, ...INPUT);
  const output = count(usage, ...OUTPUT);
  if (input === null || output === null) return null;
  const details = [within(usage, 'prompt_tokens_details'), within(usage, 'input_tokens_details')];
  const inside = Math.max(
    ...details.map((one) => count(one, 'cached_tokens') ?? 0),
    count(usage, 'prompt_cache_hit_tokens', 'cached_tokens', 'cachedContentTokenCount') ?? 0,
  );
  // Named so, they stand beside `input_tokens`; a proxy that has `prompt_tokens` counts them in.
  const read = count(usage, 'cache_read_input_tokens', 'cacheReadInputTokens', 'cache_n') ?? 0;
  const written = count(usage, 'cache_creation_input_tokens', 'cacheWriteInputTokens') ?? 0;
  const beside = 'prompt_tokens' in usage ? 0 : read + written;
  const thoughts = [within(usage, 'completion_tokens_details'), within(usage, 'output_tokens_details'), usage]
    .map((one) => count(one, 'reasoning_tokens', 'thinking_tokens', 'thoughtsTokenCount') ?? 0)
    .reduce((a, b) => Math.max(a, b), 0);

  const cached = Math.max(inside, read);
  const total = count(usage, 'total_tokens', 'totalTokens', 'totalTokenCount');
  const told = input + beside + output;
  if (total === null)
    // More thoughts than output cannot be part of it; a vendor that names them apart bills them.
    return billed(input + beside, output + (thoughts > output || 'thoughtsTokenCount' in usage ? thoughts : 0), cached);
  const rest = Math.max(0, total - told);
  if (rest > 0 && rest === cached) return billed(input + beside + cached, output, cached);
  if (rest > 0 && rest === cached + thoughts) return billed(input + beside + cached, output + thoughts, cached);
  return billed(input + beside, output + rest, cached);
}

const billed = (inputTokens: number, outputTokens: number, cachedTokens: number): BilledTokens => ({
  inputTokens,
  outputTokens,
  cachedTokens: Math.min(cachedTokens, inputTokens),
});
