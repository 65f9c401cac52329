/** The signature beside a record: a DSSE envelope whose payload is the record's file. */
import { type KeyObject, sign, verify } from 'node:crypto';
import { z } from 'zod';
import { digest } from '../kinds/fields.ts';
import { canonicalText, PAYLOAD } from './statement.ts';

/** One signature: a decision has one signer. Ed25519, 64 bytes in base64. */
export const DsseEnvelope = z.strictObject({
  payloadType: z.string().min(1).max(200),
  signatures: z
    .array(
      z.strictObject({
        /** SHA-256 of the public key's DER (SPKI). */
        keyid: digest,
        sig: z.string().regex(/^[A-Za-z0-9+/]{85}[AQgw]==$/, 'expected 64 bytes in base64'),
      }),
    )
    .length(1),
});
export type DsseEnvelope = z.infer<typeof DsseEnvelope>;

/** The signed bytes: type and length come first, so that no bytes pass for another kind of text. */
export function preAuthentication(payloadType: string, payload: string): Buffer {
  const [type, body] = [Buffer.from(payloadType), Buffer.from(payload)];
  return Buffer.concat([Buffer.from(`DSSEv1 ${type.length} `), type, Buffer.from(` ${body.length} `), body]);
}

/** The bytes of the file beside a record. */
export function signatureText(
  payload: string,
  { keyid, key }: { readonly keyid: string; readonly key: KeyObject },
): string {
  const sig = sign(null, preAuthentication(PAYLOAD, payload), key).toString('base64');
  return canonicalText({ payloadType: PAYLOAD, signatures: [{ keyid, sig }] } satisfies DsseEnvelope);
}

/** True if the signature over `payload`, under the envelope's own type, is that of `key`. */
export function isSignedBy(envelope: DsseEnvelope, payload: string, key: KeyObject): boolean {
  const sig = envelope.signatures[0]?.sig ?? '';
  return verify(null, preAuthentication(envelope.payloadType, payload), key, Buffer.from(sig, 'base64'));
}
