/** Removes values of secret environment variables from everything shown, stored or printed. */
import type { Environment, GenerateOptions } from './types.ts';

/** Names of secret variables, such as OPENAI_API_KEY, GITHUB_TOKEN or DB_PASSWORD. */
const SECRET_NAME =
  /(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|PASS|PWD|PAT|SALT|CREDENTIALS?)$|(?:^|_)(?:KEY|TOKEN|SECRET|PASSWORD)_|^DATABASE_URL$|_DSN$/i;
/** Variables with such a name whose values are not secret. */
const NO_SECRETS = new Set(['PWD', 'OLDPWD']);
/** By its name alone. */
export const mayHoldSecret = (name: string): boolean => SECRET_NAME.test(name) && !NO_SECRETS.has(name);
/** What stands where a secret was. */
const CUT = '[secret]';
/** Shorter values would remove ordinary words from texts. */
const SHORTEST = 8;
/** Words as people and programs write them, `sort_key` or `has to go to`: no generated value. */
const ORDINARY =
  /^(?:[a-z]{1,15}|[A-Z]{1,15}|[A-Z][a-z]{1,14})(?:[ _./:-](?:[a-z]{0,15}|[A-Z]{1,15}|[A-Z][a-z]{1,14}))*$/;

/** Lists the names of variables that an environment's process gets although they may be secret. */
export const PASS = 'OPTIMIZE_PASS';
export const passedNames = (variables: Readonly<Record<string, string | undefined>>): readonly string[] =>
  (variables[PASS] ?? '').split(',').map((name) => name.trim());

/** Tokens of vendors are at least as long; no environment has such a value by chance. */
const TOKEN = 20;

export type Redact = (text: string) => string;

/** A secret as it is, trimmed, and in JSON; for a PEM key also each line and all lines joined. */
const formsOf = (value: string): string[] =>
  [value, value.trim(), ...pemBody(value)].flatMap((form) => [form, JSON.stringify(form).slice(1, -1)]);

function pemBody(value: string): string[] {
  const body = /-----BEGIN [A-Z ]+-----([\s\S]*?)-----END/.exec(value)?.[1];
  if (body === undefined) return [];
  const lines = body.split(/\\r|\\n|\s/).filter((line) => line.length >= SHORTEST);
  return [lines.join(''), ...lines];
}

/** Removes secrets of `variables` and `more` from a text; null when there are none. */
export function redactorOf(
  variables: Readonly<Record<string, string | undefined>>,
  more: readonly string[] = [],
): Redact | null {
  const values = Object.entries(variables).flatMap(([name, value]) =>
    mayHoldSecret(name) && value !== undefined && !ORDINARY.test(value) ? [value] : [],
  );
  const long = [...values, ...more].filter((value) => value.length >= SHORTEST);
  const secrets = [...new Set(long.flatMap(formsOf))];
  if (secrets.length === 0) return null;
  // Longest first: one secret may begin with another.
  secrets.sort((a, b) => b.length - a.length);
  return (text) =>
    secrets.reduce((left, secret) => (left.includes(secret) ? left.replaceAll(secret, CUT) : left), text);
}

/**
 * The same for what an environment says in a process of its own. It gets no secret but those of
 * OPTIMIZE_PASS, so that a short value of another variable is a word of the environment.
 */
export function playedRedactor(
  variables: Readonly<Record<string, string | undefined>>,
  more: readonly string[] = [],
): Redact | null {
  const passed = passedNames(variables);
  const known = Object.entries(variables).filter(
    ([name, value = '']) => passed.includes(name) || value.trim().length >= TOKEN,
  );
  return redactorOf(Object.fromEntries(known), more);
}

/** Deeper values hold no text of anybody: they are left out. */
const DEEPEST = 200;

/** A copy without secrets in any text. */
export function redacted<T>(value: T, redact: Redact, depth = 0): T {
  if (typeof value === 'string') return redact(value) as T;
  if (typeof value !== 'object' || value === null) return value;
  if (depth > DEEPEST) return `(more than ${DEEPEST} levels deep)` as T;
  if (Array.isArray(value)) return value.map((item) => redacted(item, redact, depth + 1)) as T;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, redacted(item, redact, depth + 1)])) as T;
}

/**
 * The environment with the way in which its texts are stored. It is played as it is: a variable
 * that has nothing to do with it changes no score.
 */
export function storedWithout(environment: Environment, redact: Redact | null): Environment {
  if (redact === null) return environment;
  const { generate } = environment;
  return {
    ...environment,
    redact,
    ...(generate
      ? { generate: (options: GenerateOptions) => storedWithout(generate.call(environment, options), redact) }
      : {}),
  };
}

/** The environment without that: a replay stores nothing, and the night had other variables. */
export function storedWhole(environment: Environment): Environment {
  const { redact: _, generate, ...rest } = environment;
  return generate === undefined
    ? rest
    : { ...rest, generate: (options: GenerateOptions) => storedWhole(generate.call(environment, options)) };
}

/** True if a stored text, in any depth, was cut. */
export const holdsCut = (stored: unknown): boolean => JSON.stringify(stored ?? null).includes(CUT);

/** `value` with each text as it is in `stored`, if that is the same text with secrets cut. */
export function asStored<T>(value: T, stored: unknown): T {
  if (typeof value === 'string') return typeof stored === 'string' && isCutOf(value, stored) ? (stored as T) : value;
  if (typeof value !== 'object' || value === null || typeof stored !== 'object' || stored === null) return value;
  const at = (key: string) => (stored as Readonly<Record<string, unknown>>)[key];
  if (Array.isArray(value)) return value.map((item, i) => asStored(item, at(`${i}`))) as T;
  if (value instanceof Map) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, asStored(item, at(key))])) as T;
}

/** The parts between cuts stand in `text` in their order, apart from each other. */
function isCutOf(text: string, stored: string): boolean {
  const [first = '', ...parts] = stored.split(CUT);
  const last = parts.pop();
  if (last === undefined || !text.startsWith(first)) return false;
  let end = first.length;
  for (const part of parts) {
    const start = text.indexOf(part, end + SHORTEST);
    if (start === -1) return false;
    end = start + part.length;
  }
  return text.length >= end + SHORTEST + last.length && text.endsWith(last);
}
