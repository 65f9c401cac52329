/** The interface of free checks, which judge a candidate before any rollout. */
import type { Edit } from '../edit/schema.ts';
import type { Shapes } from '../harness/lint/lint.ts';
import type { Agent, Environment, Harness, MaybePromise, Task, Trace } from '../types.ts';
import type { EditEnvelope } from './checks/envelope.ts';
import type { LeakIndex } from './checks/leak-index.ts';

export interface CheckContext {
  readonly parent: Harness;
  /** One edit or a bundle, applied in order. */
  readonly edits: readonly Edit[];
  readonly environment: Environment;
  readonly tasks: readonly Task<'train'>[];
  readonly traces: readonly Trace<'train'>[];
  /** Protocol of the agent that played the traces, whatever the harness says. */
  readonly protocol?: Agent['protocol'];
  /** Knows all splits; answers yes or no, and no proposer sees it. */
  readonly leak: LeakIndex;
  /** What a night may change by itself. @default anything; R1 at most of a model's text */
  readonly envelope?: EditEnvelope | undefined;
  /** Shapes of recorded results, for the path lint. */
  readonly shapes?: Shapes | undefined;
  /** The rejected-edit query: why an edit may not be tried again, or null. */
  readonly mayTry?: ((edit: Edit) => string | null) | undefined;
  /** The caller's checks, asked after the built-in ones. @default none */
  readonly checks?: readonly Check[] | undefined;
}

export interface CheckResult {
  /** Name of the check. */
  readonly check: string;
  readonly passed: boolean;
  /** Reason code: `ok` or the name of the check. */
  readonly reason: string;
  /** One sentence; '' when passed. */
  readonly detail: string;
}

/** What a check sees: the applied harness, and nothing of dev or sealed tasks. */
export interface AppliedCandidate extends Omit<CheckContext, 'leak' | 'mayTry' | 'checks'> {
  readonly child: Harness;
}

/**
 * Checks are pure: equal candidates get equal answers, whenever a night is resumed or played again.
 *
 * @example
 * const short: Check = {
 *   name: 'short',
 *   check: ({ child }) => (child.skills.length > 20 ? 'more than 20 skills' : null),
 * };
 */
export interface Check {
  /** Name in records; lower-case words joined by `-`. */
  readonly name: string;
  /** One sentence why the candidate must not be tried; null to pass. A throw rejects too. */
  check(candidate: AppliedCandidate): MaybePromise<string | null>;
}

/** The answer of a caller's check, whatever it does: null passes, all else rejects. */
export async function answerOf(check: Check, candidate: AppliedCandidate): Promise<string | null> {
  const { name } = check;
  try {
    const reason: unknown = await check.check(candidate);
    if (reason === null) return null;
    if (typeof reason === 'string') return reason === '' ? `${name} refuses it without a reason` : reason.slice(0, 500);
    return `${name}: expected a reason or null, got ${typeof reason}; return null to let a candidate pass`;
  } catch (error) {
    return `${name} failed: ${error instanceof Error ? error.message : String(error)}`.slice(0, 500);
  }
}
