/** The parts of any decision that are shown; empty where its kind has none. */
import type { Edit } from '../edit/schema.ts';
import { mean } from '../gate/arithmetic.ts';
import type { Pair } from '../gate/pairs.ts';
import type { GateRecord } from '../gate/record.ts';
import type { CandidateDecision } from '../ledger/kinds/candidate.ts';
import type { Decision } from '../ledger/kinds/index.ts';
import type { Verdict } from '../types.ts';
import { percent } from './terminal.ts';

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

/** Mean scores of both arms, such as `40.0 % before, 52.5 % after`. */
export function scoresOf(pairs: readonly Pick<Pair, 'before' | 'after'>[]): string {
  const score = (arm: 'before' | 'after') => percent(mean(pairs.map((pair) => mean(pair[arm]))));
  return `${score('before')} % before, ${score('after')} % after`;
}
