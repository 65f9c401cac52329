/** Checks signatures without trust: none is missing, moved or made by a key that is over. */
import { PAYLOAD } from '../format/statement.ts';
import { signaturePath } from '../git/paths.ts';
import { type LedgerFinding, notesOn } from '../kinds/finding.ts';
import { chainKeys } from '../kinds/keys.ts';
import { type Node, storedIn } from './nodes.ts';

/** Adds what is wrong to `found`. */
export function verifySignatures(nodes: readonly Node[], found: LedgerFinding[]): void {
  const stored = storedIn(nodes);
  const { signedFrom, over } = chainKeys(stored.flatMap(({ decision }) => decision ?? []));
  for (const { commit, path, decision, signature } of stored) {
    if (decision === null) continue;
    const { seq, signer } = decision;
    const note = notesOn(found, commit, path);
    if (signer === null) {
      if (signedFrom !== null && seq >= signedFrom) note('signer', `a key, as from decision ${signedFrom} on`, null);
      if (signature !== null) note('signer', `the key of ${signaturePath(path)}`, null);
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
  }
}
