/** Faults of calls in one line: whether a retry may help, and whether the run can go on. */

import { BudgetError, InfrastructureError, InterruptedError, UsageError } from '../errors.ts';
import type { Redact } from '../secrets.ts';

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
  return status === undefined ? !NEVER_SENT.test(codeOf(error)) : GATEWAY.includes(status);
}

/** Settings that some endpoints reject; reasoning models, for example, have no temperature. */
export type Refusable = (typeof REFUSABLE)[number];
const REFUSABLE = ['max_tokens', 'temperature', 'seed', 'response_format'] as const;

/** The setting that made an endpoint reject a request (HTTP 400 or 422), or null. */
export function refusedSetting(error: unknown): Refusable | null {
  const { status, param, message = '' } = error as { status?: number; param?: unknown; message?: string };
  if ((status !== 400 && status !== 422) || /too (?:large|long|big)|context length/i.test(message)) return null;
  const named = REFUSABLE.find((setting) => param === setting);
  if (named !== undefined) return named;
  if (!/unsupported|not support|unrecognized|unknown|not permitted|not allowed|extra/i.test(message)) return null;
  return REFUSABLE.find((setting) => new RegExp(`\\b${setting}\\b`).test(message)) ?? null;
}

const OURS = [InfrastructureError, UsageError, BudgetError, InterruptedError];

/** An InfrastructureError, or a UsageError for a wrong setting; `redact` removes keys. */
export function asFault(error: unknown, { model, keyEnv }: EndpointNames, redact: Redact): Error {
  if (OURS.some((kind) => error instanceof kind)) return error as Error;
  const { status, code } = error as { status?: number; code?: unknown };
  if (status === 401)
    return new UsageError(
      `the endpoint refused the key (HTTP ${status}); set ${keyEnv} to a key that may use "${model}"`,
    );
  const cause = folded(redact(messageOf(error))).slice(0, 300);
  if (status === 402 || code === 'insufficient_quota')
    return new InfrastructureError(
      `the account behind ${keyEnv} has no credit left (HTTP ${status}: ${cause}); add some, then type the same command again`,
      { fatal: true, cause: error },
    );
  if (status === 404)
    return new InfrastructureError(`HTTP 404: ${cause}; check --base-url and the name "${model}"`, {
      fatal: true,
      cause: error,
    });
  const retryable = status === undefined || status === 408 || status === 409 || status === 429 || status >= 500;
  return new InfrastructureError(`${status === undefined ? '' : `HTTP ${status}: `}${cause}`, {
    retryable,
    final: !retryable,
    cause: error,
  });
}
