/** Removes values of secret environment variables from everything shown, stored or printed. */
import type { Environment, GenerateOptions, MaybePromise, Score, Task, ToolResult } from './types.ts';

/** Names of secret variables, such as OPENAI_API_KEY, GITHUB_TOKEN or DB_PASSWORD. */
const SECRET_NAME =
  /(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|PASS|PWD|PAT|SALT|CREDENTIALS?)$|(?:^|_)(?:KEY|TOKEN|SECRET|PASSWORD)_|^DATABASE_URL$|_DSN$/i;
/** Variables with such a name whose values are not secret. */
const NO_SECRETS = new Set(['PWD', 'OLDPWD']);
/** Shorter values would remove ordinary words from texts. */
const SHORTEST = 8;

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
    SECRET_NAME.test(name) && !NO_SECRETS.has(name) && value !== undefined ? [value] : [],
  );
  const long = [...values, ...more].filter((value) => value.length >= SHORTEST);
  const secrets = [...new Set(long.flatMap(formsOf))];
  if (secrets.length === 0) return null;
  // Longest first: one secret may begin with another.
  secrets.sort((a, b) => b.length - a.length);
  return (text) =>
    secrets.reduce((left, secret) => (left.includes(secret) ? left.replaceAll(secret, '[secret]') : left), text);
}

const whenThere = <T>(value: MaybePromise<T>, read: (value: T) => T): MaybePromise<T> =>
  value instanceof Promise ? value.then(read) : read(value);

/** The environment as agents, proposers and records see it: texts without secrets. */
export function withoutSecrets(environment: Environment, redact: Redact | null): Environment {
  if (redact === null) return environment;
  const shown = <T extends Task>(task: T): T => {
    const request = redact(task.request);
    return request === task.request ? task : { ...task, request };
  };
  const scored = (score: Score): Score => ({
    ...score,
    checks: score.checks.map((check) =>
      check.detail === undefined ? check : { ...check, detail: redact(check.detail) },
    ),
  });
  const told = (result: ToolResult): ToolResult => ({ ...result, content: redact(result.content) });
  const { changes, generate, user } = environment;
  return {
    ...environment,
    tasks: environment.tasks.map(shown),
    execute: (state, call, signal) => whenThere(environment.execute(state, call, signal), told),
    ...(user
      ? {
          user: {
            ...user,
            answer: (said, signal) => whenThere(user.answer(said, signal), (text) => text && redact(text)),
          },
        }
      : {}),
    ...(changes ? { changes: (state: unknown) => changes.call(environment, state).map(redact) } : {}),
    score: (task, state, ending, context) => whenThere(environment.score(task, state, ending, context), scored),
    ...(generate
      ? { generate: (options: GenerateOptions) => withoutSecrets(generate.call(environment, options), redact) }
      : {}),
  };
}
