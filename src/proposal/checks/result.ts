/** What every check before a rollout is given and answers. */
import type { Edit } from '../../edit/schema.ts';
import type { AppliedCandidate, Check } from '../check.ts';
import type { LeakIndex } from './leak-index.ts';

export type { AppliedCandidate } from '../check.ts';

export interface CheckContext extends Omit<AppliedCandidate, 'child'> {
  /** Over the tasks of all splits; it answers yes or no and is never shown to a proposer. */
  readonly leak: LeakIndex;
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
