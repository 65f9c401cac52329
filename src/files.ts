/** Files that others may have left: only regular ones are read, in parts, and through no link. */
import { createHash } from 'node:crypto';
import {
  closeSync,
  constants,
  createReadStream,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
  statfsSync,
} from 'node:fs';
import { join } from 'node:path';
import { UsageError } from './errors.ts';

/** Part of `path` below `root` that is a link, device or pipe, or no folder where one is needed. */
export function strangePart(root: string, path: string): string | null {
  const parts = path.split('/');
  for (let length = 1; length <= parts.length; length++) {
    const part = parts.slice(0, length).join('/');
    const stat = lstatSync(join(root, part), { throwIfNoEntry: false });
    if (stat === undefined) return null;
    if (!stat.isDirectory() && (length < parts.length || !stat.isFile())) return part;
  }
  return null;
}

/** Throws UsageError if a folder below `root` or a file in it is not what this program makes. */
export function assertOwnFolder(root: string, folder: string): void {
  const refuse = (part: string): never => {
    throw new UsageError(`expected a plain file or folder, found a link or device; remove it: rm '${part}'`, {
      where: part,
    });
  };
  const own = strangePart(root, `${folder}/.`);
  if (own !== null) refuse(own);
  if (lstatSync(join(root, folder), { throwIfNoEntry: false }) === undefined) return;
  for (const name of readdirSync(join(root, folder))) {
    const part = strangePart(root, `${folder}/${name}`);
    if (part !== null) refuse(part);
  }
}

/** Bytes without which no night begins: a small night writes a few MB. */
const ROOM = 64 * 2 ** 20;

/** Throws UsageError for a disk that is nearly full. `free`: bytes left to a user. */
export function assertRoom(
  folders: readonly string[],
  free = (folder: string): number => {
    const { bavail, bsize, blocks } = statfsSync(folder);
    // Some file systems count nothing.
    return blocks === 0 ? Number.POSITIVE_INFINITY : bavail * bsize;
  },
): void {
  for (const folder of folders) {
    const bytes = free(folder);
    if (bytes < ROOM)
      throw new UsageError(
        `expected ${ROOM / 2 ** 20} MB of free disk, found ${Math.floor(bytes / 2 ** 20)} MB; free some space first, so that nothing paid is lost`,
        { where: folder },
      );
  }
}

/** A handle of a regular file; null for no file. Throws UsageError for a link, device or pipe. */
function openPlain(path: string): number | null {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return null;
  const strange = () => new UsageError('expected a plain file, found a link or device; remove it', { where: path });
  if (!stat.isFile()) throw strange();
  const file = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  if (fstatSync(file).isFile()) return file;
  closeSync(file);
  throw strange();
}

/** Bytes of the longest text that is read at once. */
const LONGEST = 256 * 2 ** 20;
const CHUNK = 2 ** 20;

/** The text of a file; null for no file. Throws UsageError above 256 MB and as `linesOf`. */
export function readPlain(path: string): string | null {
  const file = openPlain(path);
  if (file === null) return null;
  try {
    const { size } = fstatSync(file);
    if (size > LONGEST) throw tooLong(path);
    const bytes = Buffer.allocUnsafe(size);
    return bytes.toString('utf8', 0, readSync(file, bytes, 0, size, 0));
  } finally {
    closeSync(file);
  }
}

const tooLong = (path: string) =>
  new UsageError(`expected lines of at most ${LONGEST / 2 ** 20} MB, found more; remove the file`, { where: path });

export interface FileLine {
  readonly text: string;
  /** Offsets in bytes, without the line feed. */
  readonly start: number;
  readonly end: number;
}

/**
 * The complete lines of a file of any size; none for no file. What comes after the last line feed
 * is left out. Throws UsageError for a link, device or pipe, and for a line above 256 MB.
 */
export function* linesOf(path: string): Generator<FileLine> {
  const file = openPlain(path);
  if (file === null) return;
  try {
    let parts: Buffer[] = [];
    let [start, at] = [0, 0];
    for (;;) {
      const chunk = Buffer.allocUnsafe(CHUNK);
      const length = readSync(file, chunk, 0, CHUNK, at);
      if (length === 0) return;
      let from = 0;
      for (let feed = chunk.indexOf(10); feed >= 0 && feed < length; feed = chunk.indexOf(10, from)) {
        const text = Buffer.concat([...parts, chunk.subarray(from, feed)]).toString('utf8');
        yield { text, start, end: at + feed };
        parts = [];
        from = feed + 1;
        start = at + from;
      }
      parts.push(chunk.subarray(from, length));
      at += length;
      if (at - start > LONGEST) throw tooLong(path);
    }
  } finally {
    closeSync(file);
  }
}

/** SHA-256 of a file's bytes, whatever its size; null when there is none that can be read. */
export async function fileDigest(root: string, path: string): Promise<string | null> {
  const hash = createHash('sha256');
  try {
    if (strangePart(root, path) !== null) return null;
    const fd = openPlain(join(root, path));
    if (fd === null) return null;
    for await (const chunk of createReadStream('', { fd })) hash.update(chunk as Uint8Array);
  } catch {
    return null;
  }
  return hash.digest('hex');
}
