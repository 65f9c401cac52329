/** Ids of git objects, computed here since git does not check the bytes that it reads. */
import { createHash } from 'node:crypto';

/** The hash that names a repository's objects. */
export type ObjectFormat = 'sha1' | 'sha256';

/** Id of an object in lower-case hex: hash of `<type> <size>`, a zero byte, and the content. */
export const objectId = (type: string, content: Uint8Array, format: ObjectFormat): string =>
  createHash(format).update(`${type} ${content.length}\0`).update(content).digest('hex');

export const blobId = (text: string, format: ObjectFormat): string => objectId('blob', Buffer.from(text), format);
