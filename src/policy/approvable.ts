/** Approvals that a policy asks for and that nobody could give. */
import { UsageError } from '../errors.ts';
import type { Policy } from './policy.ts';

/** A key, as far as approvals ask: nobody approves what the same key signed. */
interface Signing {
  readonly env: string;
  /** Of this night; null for no signature. */
  readonly signer: { readonly keyid: string; readonly principal: string } | null;
  readonly keys: {
    readonly keys: readonly {
      readonly entry: { readonly keyid: string; readonly role: string; readonly principal: string };
    }[];
  };
}

/** Throws UsageError where too few of the named persons may approve this night's release. */
export function assertApprovable({ mode, approval }: Policy, { env, signer, keys }: Signing): void {
  if (mode === 'direct' || approval.by.length === 0) return;
  const where = `evals/${env}/policy.yaml`;
  const named = new Set(approval.by);
  if (named.size < approval.needed)
    throw new UsageError(
      `approval.needed is ${approval.needed}, and approval.by names ${named.size} (${[...named].join(', ')}), so no release could come into force; name more, or lower needed`,
      { where },
    );
  const own = keys.keys.filter(({ entry }) => entry.principal === signer?.principal && entry.role === 'person');
  const isOnlyKey = own.length === 1 && own[0]?.entry.keyid === signer?.keyid;
  if (signer === null || !isOnlyKey || !named.delete(signer.principal) || named.size >= approval.needed) return;
  throw new UsageError(
    `${signer.principal}'s key signs this night, nobody approves what their own key signed, and without them approval.by names ${named.size} of the ${approval.needed} needed; make a key for nights: npx optimize keys init`,
    { where },
  );
}
