/** `freeze`: no night until a person has looked; what is in force stays in force. */
import { z } from 'zod';
import { digest, Reason } from './fields.ts';
import { type AnyDecision, type Context, defineKind } from './kind.ts';
import { unfreeze } from './unfreeze.ts';

/** Maximum findings that one freeze names. */
export const MOST_FINDINGS = 1000;

export const freeze = defineKind({
  kind: 'freeze',
  fields: {
    why: Reason,
    /** Digests of what `verify` found: once the freeze is lifted, they freeze no more. */
    findings: z.array(digest).min(1).max(MOST_FINDINGS).optional(),
  },
  title: ({ why }) => `freeze: ${why}`,
});

/** The decision that froze the environment; null when it is not frozen. */
export function frozenBy(decisions: readonly AnyDecision[]) {
  const last = decisions.findLast((decision) => freeze.is(decision) || unfreeze.is(decision));
  return last !== undefined && freeze.is(last) ? last : null;
}

/** While an environment is frozen, nothing is tried or looked at. */
export function verifyNotFrozen({ kind }: AnyDecision, { before, note }: Context): void {
  const frozen = frozenBy(before);
  if (frozen !== null) note('kind', `nothing of a night: it is frozen since decision ${frozen.seq}`, kind);
}
