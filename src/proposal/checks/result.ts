/** What every check before a rollout is given and answers. */

import type { Edit } from '../../edit/schema.ts';
import type { Shapes } from '../../harness/lint/lint.ts';
import type { Agent, Environment, Harness, Task, Trace } from '../../types.ts';
import type { Check } from '../check.ts';
import type { EditEnvelope } from './envelope.ts';
import type { LeakIndex } from './leak-index.ts';

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
