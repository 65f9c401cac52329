/** Which key signs the next decision: a key is valid up to the place where the chain ends it. */
import type { KeyObject } from 'node:crypto';
import { UsageError } from '../../errors.ts';
import { DsseEnvelope, isSignedBy, signatureText } from '../format/dsse.ts';
import type { ChainKeys } from '../kinds/keys.ts';
import { readPublic } from './key.ts';
import type { HeldKey, Keyring } from './keys.ts';

export interface Signer {
  readonly keyid: string;
  readonly principal: string;
  readonly key: KeyObject;
}

/**
 * The newest key that is not over: first one that this chain knows, then a bot's. Null for no key
 * while nothing is signed. Throws UsageError when a signature is due and no key at hand can sign.
 */
export function chooseKey(chain: ChainKeys, keyring: Keyring, branch: string): HeldKey | null {
  const usable = keyring.keys.filter(({ entry }) => !chain.over.has(entry.keyid));
  const known = usable.filter(({ entry }) => chain.known.has(entry.keyid));
  const pool = known.length > 0 ? known : usable;
  const chosen = pool.findLast(({ entry }) => entry.role === 'bot') ?? pool.at(-1) ?? null;
  if (chosen !== null || (chain.signedFrom === null && keyring.keys.length === 0)) return chosen;
  const wanted = [...chain.known].filter((keyid) => !chain.over.has(keyid)).map((keyid) => keyid.slice(0, 12));
  throw new UsageError(
    `decisions of ${branch} are signed from number ${chain.signedFrom ?? 1} on, and ${keyring.place} has no key that may go on` +
      `${wanted.length > 0 ? ` (expected ${wanted.join(' or ')})` : ''}; put its file there, set OPTIMIZE_SIGNING_KEY, or make a key: optimize keys init`,
  );
}

/** Opens the private key and tries it, so that a failure shows before anything is spent. */
export function openSigner({ entry, open }: HeldKey): Signer {
  const signer = { keyid: entry.keyid, principal: entry.principal, key: open() };
  const envelope = DsseEnvelope.parse(JSON.parse(signatureText('', signer)));
  if (!isSignedBy(envelope, '', readPublic(entry.publicKey, entry.keyid)))
    throw new UsageError(`the private key of ${entry.keyid} does not fit its public key; restore it`);
  return signer;
}
