/** `approve`: four eyes; a person signs the bytes of a release's record so that it may apply. */
import { z } from 'zod';
import type { Policy } from '../../policy/policy.ts';
import { digest, Principal, Reason, Version } from './fields.ts';
import { hold } from './finding.ts';
import { chainKeys } from './keys.ts';
import { type AnyDecision, type Context, type DecisionOf, defineKind } from './kind.ts';
import { policyDigest, settingsInForce } from './settings.ts';

/** The fields of `approve` and `reject`: what a person says of a release. */
export const statement = {
  version: Version,
  approval: z.strictObject({
    /** SHA-256 of the bytes of the decision that released it. */
    entry: digest,
    policy: digest.nullable(),
    principal: Principal,
  }),
  why: Reason,
};
export type WordDecision = DecisionOf<'approve', typeof statement> | DecisionOf<'reject', typeof statement>;

export const approve = defineKind({
  kind: 'approve',
  fields: statement,
  title: ({ version, why }) => `approve ${version}: ${why}`,
  person: () => true,
  verify: verifyWord,
});

/** It names an earlier release and the policy of its time. */
export function verifyWord({ version, approval }: WordDecision, { before, entries, note }: Context): void {
  const release = entries.get(approval.entry);
  const released = release?.kind === 'release' && 'version' in release && release.version === version;
  if (!released) note('approval.entry', `the record of release ${version} before it`, approval.entry);
  const policy = settingsInForce(before)?.policy ?? null;
  hold(note, 'approval.policy', policy && policyDigest(policy), approval.policy);
  const by = policy?.approval.by ?? [];
  if (by.length > 0 && !by.includes(approval.principal))
    note('approval.principal', by.join(' or '), approval.principal);
}

export const isWord = (decision: AnyDecision): decision is WordDecision =>
  decision.kind === 'approve' || decision.kind === 'reject';

/** The newest word of each principal on a release; words by a key after its end do not count. */
export function wordsOn(decisions: readonly AnyDecision[], entry: string): ReadonlyMap<string, WordDecision> {
  const newest = new Map<string, WordDecision>();
  const { over } = chainKeys(decisions);
  for (const decision of decisions.filter(isWord)) {
    const counts = decision.seq < (over.get(decision.signer ?? '') ?? Number.POSITIVE_INFINITY);
    if (counts && decision.approval.entry === entry) newest.set(decision.approval.principal, decision);
  }
  return newest;
}

/** Why a release may not come into force under this policy; null when it may. */
export function unapproved(
  { mode, approval }: Pick<Policy, 'mode' | 'approval'>,
  words: ReadonlyMap<string, WordDecision>,
  release: Pick<AnyDecision, 'signer'>,
): string | null {
  const rejected = [...words].find(([, { kind }]) => kind === 'reject');
  if (rejected !== undefined) return `${rejected[0]} rejected it: ${rejected[1].why}`;
  if (mode === 'direct') return null;
  const counted = [...words].filter(
    ([principal, { signer }]) =>
      signer !== null && signer !== release.signer && (approval.by.length === 0 || approval.by.includes(principal)),
  );
  if (counted.length >= approval.needed) return null;
  const who = approval.by.length === 0 ? '' : ` of ${approval.by.join(', ')}`;
  const so = counted.length === 0 ? 'nobody has' : `only ${counted.map(([principal]) => principal).join(', ')} did`;
  return `${approval.needed} ${approval.needed === 1 ? `approval${who} is` : `approvals${who} are`} needed, ${so}`;
}
