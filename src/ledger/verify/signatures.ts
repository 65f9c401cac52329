/**
 * What can be said of signatures without knowing whom to trust: none is missing, moved or made by a
 * key that is over.
 */
import type { Decision } from '../format/decision.ts';
import { PAYLOAD } from '../format/statement.ts';
import { signaturePath } from '../git/paths.ts';
import { keyidOf } from '../keys/key.ts';
import { chainKeys } from '../keys/signing.ts';
import type { LedgerFinding } from './finding.ts';
import type { Node } from './nodes.ts';

type Note = (field: string, expected: string, found: string) => void;

/** Adds what is wrong to `found`. */
export function verifySignatures(nodes: readonly Node[], found: LedgerFinding[]): void {
  const stored = nodes.flatMap(({ added, commit }) => added.map((one) => ({ ...one, commit })));
  const { signedFrom, over } = chainKeys(stored.flatMap(({ decision }) => decision ?? []));
  for (const { commit, path, decision, signature } of stored) {
    if (decision === null) continue;
    const { seq, signer } = decision;
    const note: Note = (field, expected, what) => found.push({ commit, file: path, field, expected, found: what });
    if (signer === null) {
      if (signedFrom !== null && seq >= signedFrom) note('signer', `a key, as from decision ${signedFrom} on`, 'null');
      if (signature !== null) note('signer', `the key of ${signaturePath(path)}`, 'null');
    } else if (signature === null) note('signature', signaturePath(path), 'no file');
    else if (signature.envelope !== null) {
      const { payloadType, signatures } = signature.envelope;
      if (payloadType !== PAYLOAD) note('payloadType', PAYLOAD, payloadType);
      const keyid = signatures[0]?.keyid ?? '';
      if (keyid !== signer) note('keyid', signer, keyid);
    }
    const end = signer === null ? undefined : over.get(signer);
    if (end !== undefined && seq >= end)
      note('signer', `a key that is valid at decision ${seq}`, `${signer}, over from decision ${end} on`);
    verifyChange(decision, note);
  }
}

/** A decision on keys must be one that its signer may make. */
function verifyChange({ kind, keys, signer, seq }: Decision, note: Note): void {
  if ((kind === 'keys') !== (keys !== null))
    note('keys', kind === 'keys' ? 'a change of keys' : 'null', kind === 'keys' ? 'null' : 'a change of keys');
  if (keys === null) return;
  if (signer === null) note('signer', 'the key that decides on keys', 'null');
  else if (keys.action === 'rotate') {
    if (keys.old !== signer) note('keys.old', signer, keys.old);
    if (keyidOf(keys.publicKey) !== keys.new) note('keys.new', keyidOf(keys.publicKey), keys.new);
  } else if (keys.keyid === signer && keys.from <= seq)
    note('keys.from', `a number above ${seq}, as no key takes itself back`, `${keys.from}`);
}
