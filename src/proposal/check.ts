/** The seam for free checks: each looks at one candidate before any rollout is spent on it. */
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
  /** How the agent that played the traces has to be spoken to, whatever the harness says. */
  readonly protocol?: Agent['protocol'];
  /** Over the tasks of all splits; it answers yes or no and is never shown to a proposer. */
  readonly leak: LeakIndex;
  /** What a night may change by itself. @default anything, and R1 of what a model wrote */
  readonly envelope?: EditEnvelope | undefined;
  /** Shapes of recorded results for the path lint. */
  readonly shapes?: Shapes | undefined;
  /** The rejected-edit query: why an edit may not be tried again, or null. */
  readonly mayTry?: ((edit: Edit) => string | null) | undefined;
  /** Asked after the built-in ones. @default none */
  readonly checks?: readonly Check[] | undefined;
}

export interface CheckResult {
  /** Name of the check. */
  readonly check: string;
  readonly passed: boolean;
  /** Reason code: `ok` or the name of the check. */
  readonly reason: string;
  /** One sentence for a person; '' when passed. */
  readonly detail: string;
}

/** What a check that looks at the applied harness gets: nothing of dev or sealed tasks. */
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
  /** What a refusal is recorded as; lower-case words joined by `-`. */
  readonly name: string;
  /**
   * Why the candidate must not be tried, one sentence; null when it may be. What is thrown, or
   * anything else that is returned, refuses as well.
   */
  check(candidate: AppliedCandidate): MaybePromise<string | null>;
}

/** The answer of a caller's check, whatever became of it: null passes, all else refuses. */
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
