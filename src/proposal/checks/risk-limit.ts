/** Rejects operations and risks that only a person may decide. */
import type { Vocabulary } from '../../types.ts';
import type { AppliedCandidate, Check } from '../check.ts';
import { OWN_CODE } from '../proposer.ts';
import { WIDEST } from './envelope.ts';
import { riskOf } from './risk.ts';

type Judged = Pick<AppliedCandidate, 'edits' | 'envelope'> & {
  readonly environment?: { readonly vocabulary?: Vocabulary | undefined };
};

/** Why edits exceed what a night may change by itself; null when they do not. */
export function riskRefusal({ edits, environment, envelope = WIDEST }: Judged): string | null {
  for (const edit of edits) {
    const outside = edit.ops.find(({ op }) => !envelope.ops.includes(op));
    if (outside !== undefined) return `${outside.op} is outside of what the policy lets a night change`;
    if (OWN_CODE.has(edit.proposer)) continue;
    const { risk, why } = riskOf(edit, environment?.vocabulary);
    if (risk > envelope.max_risk) return `${risk}, for a person to decide: ${why}`;
  }
  return null;
}

export const riskCheck: Check = { name: 'risk', check: riskRefusal };
