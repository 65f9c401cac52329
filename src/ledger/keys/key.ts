/** Ed25519 keys as text: private in PEM, public as a line of base64, named by their digest. */
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { UsageError } from '../../errors.ts';
import { digest } from '../kinds/fields.ts';

/** `bot` signs unattended; for `person` somebody answers. */
export const Role = z.enum(['bot', 'person']);
export type Role = z.infer<typeof Role>;

/** DER (SPKI) in base64: the line between BEGIN and END of a PEM file. */
const PublicKey = z.string().regex(/^[A-Za-z0-9+/]{59}=$/, 'expected the 44 bytes of an Ed25519 SPKI in base64');

/** The public part of a key. */
export const KeyEntry = z
  .strictObject({
    keyid: digest,
    role: Role,
    /** Who signs with it: one name for all of their keys. */
    principal: z.string().min(1).max(120),
    publicKey: PublicKey,
  })
  .refine(({ keyid, publicKey }) => keyidOf(publicKey) === keyid, {
    message: 'expected the SHA-256 of publicKey',
    path: ['keyid'],
  });
export type KeyEntry = z.infer<typeof KeyEntry>;

/** SHA-256 of the DER bytes. */
export const keyidOf = (publicKey: string): string =>
  createHash('sha256').update(Buffer.from(publicKey, 'base64')).digest('hex');

export const publicText = (key: KeyObject): string =>
  createPublicKey(key as Parameters<typeof createPublicKey>[0])
    .export({ type: 'spki', format: 'der' })
    .toString('base64');

/** Throws UsageError unless it is an Ed25519 key; `where` names the file or variable. */
export function readPublic(publicKey: string, where: string): KeyObject {
  try {
    const key = createPublicKey({ key: Buffer.from(publicKey, 'base64'), type: 'spki', format: 'der' });
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch {
    // Below.
  }
  throw new UsageError(`${where}: expected an Ed25519 public key (SPKI, base64), found ${publicKey.slice(0, 80)}`);
}

/** Throws UsageError, without the text, unless it is an unencrypted Ed25519 key from `where`. */
export function readPrivate(pem: string, where: string): KeyObject {
  let key: KeyObject;
  try {
    // Build servers often store the line ends of a variable as two characters.
    key = createPrivateKey(pem.includes('\n') ? pem : pem.replaceAll('\\n', '\n'));
  } catch {
    throw new UsageError(`${where}: expected an unencrypted Ed25519 private key in PEM (PKCS#8), found something else`);
  }
  if (key.asymmetricKeyType !== 'ed25519')
    throw new UsageError(`${where}: expected an Ed25519 private key, found ${key.asymmetricKeyType ?? 'another kind'}`);
  return key;
}

/** `pem` is PKCS#8. */
export function makeKey(): Pick<KeyEntry, 'keyid' | 'publicKey'> & { readonly pem: string } {
  const { privateKey } = generateKeyPairSync('ed25519');
  const publicKey = publicText(privateKey);
  return { keyid: keyidOf(publicKey), publicKey, pem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
}
