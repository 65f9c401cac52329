/** Faults of calls: who failed, whether a retry may help, and whether the run can go on. */

import { BudgetError, InfrastructureError, InterruptedError, UsageError } from '../errors.ts';
import type { Redact } from '../secrets.ts';
import { ruleOf, STREAMS_ONLY } from './rules.ts';

/** Names that a person must check when the endpoint refuses. */
export interface EndpointNames {
  readonly model: string;
  /** Name of the variable that holds the key. */
  readonly keyEnv: string;
}

/** The innermost message: "connect ECONNREFUSED ..." says more than "Connection error.". */
export function messageOf(error: unknown): string {
  let inner = error;
  while (inner instanceof Error && inner.cause instanceof Error) inner = inner.cause;
  const { message, code } = inner as { message?: string; code?: unknown };
  // Some socket errors have a code and no message.
  return message || String(code ?? inner);
}

/** Folds text into one line. Remove keys first: a key with a line break would no longer match. */
export const folded = (text: string): string => text.replace(/\s+/g, ' ').trim();

/** Such a call never reached a model, so nothing is billed. */
const NEVER_SENT = /\b(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ERR_SSL|ERR_TLS|CERT_|SELF_SIGNED)/;

const codeOf = (error: unknown): string => {
  let text = '';
  for (let inner = error; inner instanceof Error; inner = inner.cause)
    text += ` ${String((inner as { code?: unknown }).code ?? '')} ${inner.message}`;
  return text;
};

/** Sent by a gateway before a model that may have answered. */
const GATEWAY = [502, 504, 524];

/** False when the failed call surely cost nothing; a lost reply may have been billed. */
export function mayBeBilled(error: unknown): boolean {
  const { status } = error as { status?: number };
  if (unreadTurn(error) !== null) return true;
  return status === undefined ? !NEVER_SENT.test(codeOf(error)) : GATEWAY.includes(status);
}

/** What an endpoint said, wherever it put it: message, code, parameter and body. */
function saidIn(error: unknown): { readonly status: number | undefined; readonly text: string } {
  const { status, code, param, message, error: body } = error as Record<string, unknown> & { status?: number };
  const parts = [message, code, param, typeof body === 'object' && body !== null ? JSON.stringify(body) : body];
  return {
    status,
    text: parts
      .filter((part) => typeof part === 'string')
      .join(' ')
      .slice(0, 8000),
  };
}

const REFUSES =
  /unsupported|not support|n't support|unrecognized|unknown|unexpected|not permitted|not allowed|only|invalid|must be|extra/i;

/** Settings that some endpoints reject; reasoning models, for example, have no temperature. */
const SETTINGS = ['max_tokens', 'temperature', 'seed'] as const;

/** Forms of an empty text beside calls, in the order of trying after `''`. */
const EMPTY = ['empty: null', 'empty: absent', 'empty: filled'] as const;

/** What is changed in requests after an endpoint rejected it; `without x` leaves a member out. */
export type Adaptation =
  | (typeof SETTINGS)[number]
  | (typeof EMPTY)[number]
  | 'response_format'
  | 'system'
  | 'stream'
  | 'stream_options'
  | `without ${string}`;

/** The request that was rejected, as far as it can be adapted. */
export interface Sent {
  readonly adaptations: ReadonlySet<Adaptation>;
  /** Names of members that were given back in the history. */
  readonly kept: readonly string[];
  readonly schema: boolean;
  /** True if a message of the history has no text. */
  readonly empty: boolean;
}

const EMPTY_REFUSED =
  /(?:content|text|message|parts?)\b.{0,80}(?:empty|blank|whitespace|must (?:be|have|not)|required|null|missing|at least 1|min_length)|(?:empty|blank).{0,40}(?:content|text|message)/i;
const SYSTEM_REFUSED =
  /system.{0,20}(?:not|n't|un)[ -]?(?:be )?(?:support|allow|permit)|not support.{0,20}system|(?:unexpected|invalid|unsupported) role:?.{0,12}system|developer instruction is not enabled|roles? must alternate/i;
const SCHEMA_REFUSED = /response.?format|json.?schema|structured.?output|guided|grammar/i;

/** A rule of the vendor that another form of the same request meets (HTTP 400 or 422), or null. */
export function adaptationTo(error: unknown, { adaptations, kept, schema, empty }: Sent): Adaptation | null {
  const { status, text } = saidIn(error);
  if ((status !== 400 && status !== 422) || isUnread(error)) return null;
  const given = kept.find((name) => !adaptations.has(`without ${name}`) && wordIn(name, text));
  if (given !== undefined && REFUSES.test(text) && !/passed back|missing/i.test(text)) return `without ${given}`;
  if (adaptations.has('stream') && REFUSES.test(text) && wordIn('stream_options', text))
    return adaptations.has('stream_options') ? null : 'stream_options';
  if (!adaptations.has('stream') && STREAMS_ONLY.test(text)) return 'stream';
  if (/too (?:large|long|big|high)|context length|at most|range of/i.test(text)) return null;
  const { param } = error as { param?: unknown };
  const setting = SETTINGS.find((name) => param === name || (REFUSES.test(text) && wordIn(name, text)));
  if (setting !== undefined) return adaptations.has(setting) ? null : setting;
  if (schema && !adaptations.has('response_format') && (param === 'response_format' || SCHEMA_REFUSED.test(text)))
    return 'response_format';
  if (!adaptations.has('system') && SYSTEM_REFUSED.test(text)) return 'system';
  if (empty && EMPTY_REFUSED.test(text)) return EMPTY.find((form) => !adaptations.has(form)) ?? null;
  return null;
}

const wordIn = (name: string, text: string): boolean =>
  new RegExp(`(?<![A-Za-z0-9_])${name.replace(/[^\w]/g, '\\$&')}(?![A-Za-z0-9_])`).test(text);

/** Servers that could not read what the model wrote as a call say so in these words. */
const UNREAD =
  /failed to parse (?:input|output|generat|the model|tool call:)|not match the expected \S+ format|parsing tool call|tool call parsing failed|tool_use_failed|json_validate_failed|failed to (?:call a function|generate (?:json|a valid|tool))|tool call validation failed|produced (?:an )?invalid (?:content|sequence|tool)|harmony ?error|in message header|while expecting start token|malformed_function_call|malformed function call|xml syntax error/i;

const isUnread = (error: unknown): boolean => {
  const { status, text } = saidIn(error);
  return status !== undefined && status >= 400 && status !== 429 && UNREAD.test(text);
};

/**
 * What the model wrote where the server could not read it, '' if the error does not quote it; null
 * for any other error. It is the agent's turn: answered and scored.
 */
export function unreadTurn(error: unknown): string | null {
  if (!isUnread(error)) return null;
  const { failed_generation: quoted } = ((error as { error?: unknown }).error ?? {}) as { failed_generation?: unknown };
  if (typeof quoted === 'string') return quoted;
  const { text } = saidIn(error);
  const found =
    /failed to parse input at pos \d+: ([\s\S]*?)(?: \{"|$)/i.exec(text) ?? /raw='([\s\S]*)', err=/i.exec(text);
  return found?.[1] ?? '';
}

const FILTER =
  /content.?filter|content.{0,3}management|content policy|filtering|prompt was filtered|moderat|flagged|safety|inspection.?failed|inappropriate content|responsible ?ai|high risk|content exists risk|usage (?:guidelines|policies|policy)|prohibited|sensitive|invalid_prompt|blocked by/i;
const TOO_LONG =
  /context|too long|too large|maximum.{0,40}token|exceed|input length|too many (?:input )?tokens|reduce the length/i;
const CREDIT =
  /insufficient_(?:quota|balance|funds|credits?)|insufficient (?:balance|credit|funds)|no credit|credit balance|billing hard limit|payment required|arrear/i;

/** What a refusal is about, if another request decides what comes next. */
function aboutOf(status: number | undefined, text: string): 'length' | 'filter' | undefined {
  if (status === undefined || status < 400) return undefined;
  const refused = [400, 403, 413, 422, 451].includes(status);
  if (refused && FILTER.test(text)) return 'filter';
  if (status === 429 && /request too large/i.test(text)) return 'length';
  if ([400, 413, 422].includes(status) && TOO_LONG.test(text)) return 'length';
  return status === 500 && /context (?:size|length|window|shift)/i.test(text) ? 'length' : undefined;
}

const OURS = [InfrastructureError, UsageError, BudgetError, InterruptedError];

/**
 * The one place that says who failed, from status and text. An InfrastructureError, or a UsageError
 * for a rule that a setting meets; `redact` removes keys.
 */
export function asFault(error: unknown, { model, keyEnv }: EndpointNames, redact: Redact): Error {
  // The package wraps what an exchange threw.
  const own = [error, (error as { cause?: unknown }).cause].find((one) => OURS.some((kind) => one instanceof kind));
  if (own !== undefined) return own as Error;
  const { status, text } = saidIn(error);
  const cause = folded(redact(messageOf(error)))
    .replace(`${status} `, '')
    .slice(0, 250);
  const said = `${status === undefined ? '' : `HTTP ${status}: `}${cause}`;
  if (status === 402 || ((status ?? 0) >= 400 && CREDIT.test(text)))
    return new InfrastructureError(
      `the account behind ${keyEnv} has no credit left (${said}); add some, then type the same command again`,
      { who: 'vendor', fatal: true, cause: error },
    );
  const rule = ruleOf(status, text);
  const about = rule?.setting === 'max_tokens' ? undefined : aboutOf(status, text);
  if (about !== undefined) return new InfrastructureError(said, { who: 'vendor', about, final: true, cause: error });
  if (rule !== null) {
    if (rule.who === 'environment')
      return new UsageError(`the endpoint refuses a tool of the environment (${said}); ${rule.remedy}`, {
        cause: error,
      });
    const { setting } = rule;
    const refused = setting === 'key_env' ? 'refused the key' : 'refuses such requests';
    const named = setting === 'key_env' ? `set ${keyEnv} to a key that may use "${model}"` : rule.remedy;
    const what = setting === 'model' || setting === 'base_url' ? `; check --base-url and the name "${model}"` : '';
    return new UsageError(`the endpoint ${refused} (${said})${what}; ${named} (models.yaml: ${setting})`, {
      cause: error,
    });
  }
  const retryable = status === undefined || status === 408 || status === 409 || status === 429 || status >= 500;
  return new InfrastructureError(said, {
    who: retryable ? 'endpoint' : 'vendor',
    retryable,
    final: !retryable,
    cause: error,
  });
}
