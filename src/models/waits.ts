/** How long an endpoint asks to wait: in headers of vendors, or in the text of a refusal. */

type Headers = { get(name: string): string | null };

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const unitOf = (word: string): number =>
  UNITS[/^m(?:in|$)/i.test(word) ? 'm' : /^(?:ms|mill)/i.test(word) ? 'ms' : word.charAt(0).toLowerCase()] ?? 1000;

/** Such as `20s`, `1m30.5s`, `6 minutes`, `120ms`. */
const DURATION = String.raw`\d+(?:\.\d+)?\s*(?:milliseconds?|ms|hours?|h|minutes?|mins?|m|seconds?|secs?|s)(?![a-z])`;
const durations = new RegExp(`^(?:${DURATION}[ ,]*(?:and )?)+`, 'i');

function durationIn(text: string): number | undefined {
  const found = durations.exec(text.trim());
  if (found === null) return undefined;
  const parts = [...found[0].matchAll(/(\d+(?:\.\d+)?)\s*([a-z]+)/gi)];
  return parts.reduce((sum, [, amount, word]) => sum + Number(amount) * unitOf(word as string), 0);
}

/** Headers that hold when a limit ends: seconds, a duration, or a date. */
const RESETS = [
  'x-ratelimit-reset-requests',
  'x-ratelimit-reset-tokens',
  'anthropic-ratelimit-requests-reset',
  'anthropic-ratelimit-tokens-reset',
  'x-ratelimit-reset',
  'ratelimit-reset',
];
/** Larger numbers are seconds, or milliseconds, since 1970. */
const EPOCH_SECONDS = 1e9;

function resetIn(text: string, now: number): number | undefined {
  const seconds = Number(text);
  if (text.trim() !== '' && Number.isFinite(seconds)) {
    if (seconds < EPOCH_SECONDS) return Math.max(0, seconds * 1000);
    return Math.max(0, (seconds > 1000 * EPOCH_SECONDS ? seconds : seconds * 1000) - now);
  }
  const date = Date.parse(text);
  return durationIn(text) ?? (Number.isFinite(date) ? Math.max(0, date - now) : undefined);
}

/** Behind these words, or as the value of these members, a text says how long to wait. */
const ASKS =
  /(?:(?:try|retry)(?:ing)?(?: your request)?(?: again)?|wait(?:ing)?|available(?: again)?|resets?)(?: for)?(?: in| after)?:? +(?:about )?(?=\d|an? )/gi;
const MEMBERS =
  /"?(retry_?delay|retry_?after(?:_?(?:ms|seconds?))?|wait_?(?:ms|seconds?))"?\s*[:=]\s*"?(\d+(?:\.\d+)?)\s*(ms|s|m)?\b/gi;

function waitIn(text: string): number | undefined {
  for (const [, member = '', amount, unit] of text.matchAll(MEMBERS))
    return Number(amount) * (unit ? unitOf(unit) : /ms$/i.test(member) ? 1 : 1000);
  for (const { 0: words, index } of text.matchAll(ASKS)) {
    const behind = text.slice(index + words.length);
    const whole = /^an? (second|minute|hour)\b/i.exec(behind)?.[1];
    const wait = whole === undefined ? durationIn(behind) : unitOf(whole);
    if (wait !== undefined) return wait;
  }
  return undefined;
}

/** Milliseconds; `now`: milliseconds since 1970. Undefined where nothing says so. */
export function retryAfterOf(headers: Headers | undefined, text: string, now: number): number | undefined {
  const exact = Number.parseFloat(headers?.get('retry-after-ms') ?? '');
  if (Number.isFinite(exact)) return Math.max(0, exact);
  const asked = resetIn(headers?.get('retry-after') ?? '', now) ?? waitIn(text);
  if (asked !== undefined) return asked;
  // Each limit has its own; the one that was hit is not said, so the longest is waited for.
  const resets = RESETS.flatMap((name) => resetIn(headers?.get(name) ?? '', now) ?? []);
  return resets.length === 0 ? undefined : Math.max(...resets);
}
