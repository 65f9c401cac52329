/** What is shown of a decision of any kind: what its kind does not have is empty. */
import type { Edit } from '../edit/schema.ts';
import type { GateRecord } from '../gate/record.ts';
import type { CandidateDecision } from '../ledger/kinds/candidate.ts';
import type { Decision } from '../ledger/kinds/index.ts';
import type { Verdict } from '../types.ts';

export interface ShownParts {
  readonly edits: readonly Edit[];
  readonly causes: CandidateDecision['causes'];
  readonly checks: CandidateDecision['checks'];
  readonly gate?: GateRecord | undefined;
  readonly verdict?: Verdict | undefined;
  /** What the record does not show. */
  readonly limits: readonly string[];
  /** What it gives up. */
  readonly loosens: readonly string[];
}

export const shownParts = (decision: Decision): ShownParts => ({
  edits: [],
  causes: [],
  checks: [],
  limits: [],
  loosens: [],
  ...decision,
});
