/** `keys`: from which place in the chain on a key is void, and which one follows it. */
import { z } from 'zod';
import { sha256 } from '../../digest.ts';
import { digest } from './fields.ts';
import { type AnyDecision, defineKind } from './kind.ts';

export const KeyChange = z.discriminatedUnion('action', [
  /** From the next decision on `new` signs, for the same principal and role. */
  z.strictObject({ action: z.literal('rotate'), old: digest, new: digest, publicKey: z.string().max(200) }),
  /** What `keyid` signed from decision `from` on does not count. */
  z.strictObject({ action: z.literal('revoke'), keyid: digest, from: z.int().min(1) }),
]);
export type KeyChange = z.infer<typeof KeyChange>;

export const keys = defineKind({
  kind: 'keys',
  fields: { keys: KeyChange },
  title: ({ keys }) =>
    keys.action === 'rotate'
      ? `key ${keys.old.slice(0, 12)} is followed by ${keys.new.slice(0, 12)}`
      : `key ${keys.keyid.slice(0, 12)} does not count from decision ${keys.from} on`,
  /** The signer must be allowed to make this change. */
  verify({ keys, signer, seq }, { note }) {
    if (signer === null) note('signer', 'the key that decides on keys', null);
    else if (keys.action === 'rotate') {
      const keyid = sha256(Buffer.from(keys.publicKey, 'base64'));
      if (keys.old !== signer) note('keys.old', signer, keys.old);
      if (keyid !== keys.new) note('keys.new', keyid, keys.new);
    } else if (keys.keyid === signer && keys.from <= seq)
      note('keys.from', `a number above ${seq}, as no key takes itself back`, `${keys.from}`);
  },
});

export interface ChainKeys {
  /** Number of the first signed decision, from which on all must be; null when none is. */
  readonly signedFrom: number | null;
  /** Keys that have signed or that a rotation named. */
  readonly known: ReadonlySet<string>;
  /** Keys that sign no more, with the first number from which on. */
  readonly over: ReadonlyMap<string, number>;
}

/** What the decisions say of keys; they cannot say whom to trust. */
export function chainKeys(decisions: readonly AnyDecision[]): ChainKeys {
  const known = new Set<string>();
  const over = new Map<string, number>();
  const end = (keyid: string, from: number) => over.set(keyid, Math.min(from, over.get(keyid) ?? from));
  for (const decision of decisions) {
    if (decision.signer !== null) known.add(decision.signer);
    if (!keys.is(decision)) continue;
    const change = decision.keys;
    if (change.action === 'rotate') {
      end(change.old, decision.seq + 1);
      known.add(change.new);
    } else end(change.keyid, change.from);
  }
  return { signedFrom: decisions.find(({ signer }) => signer !== null)?.seq ?? null, known, over };
}
