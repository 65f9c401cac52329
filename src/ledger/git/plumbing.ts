/** Git objects as values: read in batches, written without touching index or work tree. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InfrastructureError, VerifyError } from '../../errors.ts';
import { catFiles, git, type Repository, tryGit, withScratch } from './git.ts';
import { objectId } from './object-id.ts';

/** Object id: 40 (SHA-1) or 64 (SHA-256) lower-case hex characters. */
export type Oid = string;

export const isOid = (text: string): boolean => /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(text);

/** Throws TypeError for anything but a full object id. */
export function checkOid(oid: string): Oid {
  if (!isOid(oid)) throw new TypeError(`expected an object id, got ${oid.slice(0, 80)}`);
  return oid;
}

export interface TreeEntry {
  /** `100644`, `100755`, `120000` (link) or `160000` (submodule). */
  readonly mode: string;
  readonly oid: Oid;
  /** From the top of the repository, POSIX separators. */
  readonly path: string;
}

/** Files of a commit at or under `folders`; [] where nothing is. */
export async function listFiles(repository: Repository, commit: Oid, folders: readonly string[]): Promise<TreeEntry[]> {
  const args = ['-r', '-z', '--full-tree', checkOid(commit), '--', ...folders];
  const lines = (await git(repository, 'ls-tree', args)).split('\0').slice(0, -1);
  return lines.map((line) => {
    const tab = line.indexOf('\t');
    const [mode = '', , oid = ''] = line.slice(0, tab).split(' ');
    return { mode, oid, path: line.slice(tab + 1) };
  });
}

/** Bytes of the largest object that is read, and of what is read at once. */
const LARGEST = 32 * 2 ** 20;
const AT_ONCE = 2 * LARGEST;

/** Sizes of objects by id; missing ones are absent. */
async function sizesOf(repository: Repository, oids: readonly Oid[]): Promise<Map<Oid, number>> {
  const options = { input: `${oids.join('\n')}\n` };
  const rows = (await git(repository, 'cat-file', ['--batch-check=%(objectname) %(objectsize)'], options)).split('\n');
  return new Map(
    rows
      .map((row) => row.split(' '))
      .flatMap(([oid = '', size]) => (/^\d+$/.test(size ?? '') ? [[oid, Number(size)]] : [])),
  );
}

/**
 * Bytes of objects by id; missing ones are absent. Throws `VerifyError` for an object whose bytes
 * do not hash to its id, which git does not check, and for one above 32 MB unless `large` takes it.
 */
export async function readObjects(
  repository: Repository,
  oids: Iterable<Oid>,
  large?: Map<Oid, number>,
): Promise<Map<Oid, Uint8Array>> {
  const found = new Map<Oid, Uint8Array>();
  const wanted = [...new Set(oids)].map(checkOid);
  if (wanted.length === 0) return found;
  const sizes = await sizesOf(repository, wanted);
  let [block, bytes]: [Oid[], number] = [[], 0];
  for (const oid of wanted) {
    const size = sizes.get(oid) ?? 0;
    if (size > LARGEST) {
      if (large === undefined) throw new VerifyError(`object ${oid} holds ${size} bytes; expected ${AT_MOST}`);
      large.set(oid, size);
      continue;
    }
    if (bytes + size > AT_ONCE) {
      await readBlock(repository, block, found);
      [block, bytes] = [[], 0];
    }
    block.push(oid);
    bytes += size;
  }
  if (block.length > 0) await readBlock(repository, block, found);
  return found;
}

export const AT_MOST = `at most ${LARGEST / 2 ** 20} MB`;

async function readBlock(repository: Repository, oids: readonly Oid[], found: Map<Oid, Uint8Array>): Promise<void> {
  const bytes = await catFiles(repository, oids);
  const text = new TextDecoder('utf-8');
  let at = 0;
  for (const oid of oids) {
    const end = bytes.indexOf(10, at);
    if (end < 0) throw new InfrastructureError(`git cat-file ended before object ${oid}`);
    const [name, type = '', size] = text.decode(bytes.subarray(at, end)).split(' ');
    at = end + 1;
    if (size === undefined) continue;
    if (name !== oid) throw new InfrastructureError(`git cat-file: expected ${oid}, got ${name}`);
    const content = bytes.subarray(at, at + Number(size));
    const real = objectId(type, content, repository.objectFormat);
    if (real !== oid)
      throw new VerifyError(`object ${oid} holds the bytes of ${real}: the store was altered or is damaged`);
    found.set(oid, content);
    at += Number(size) + 1;
  }
}

/** UTF-8 text of objects by id; throws `InfrastructureError` when one is missing. */
export async function readTexts(repository: Repository, oids: Iterable<Oid>): Promise<Map<Oid, string>> {
  const wanted = [...oids];
  const objects = await readObjects(repository, wanted);
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const missing = wanted.find((oid) => !objects.has(oid));
  if (missing) throw new InfrastructureError(`object ${missing} is missing; is this a partial clone? run: git fetch`);
  return new Map([...objects].map(([oid, bytes]) => [oid, decoder.decode(bytes)]));
}

export interface Commit {
  readonly oid: Oid;
  readonly tree: Oid;
  readonly parents: readonly Oid[];
  /** Committer time in seconds since 1970, as the committer claims. */
  readonly seconds: number;
  readonly message: string;
}

/** Parsed commits, in the order asked for. */
export async function readCommits(repository: Repository, oids: readonly Oid[]): Promise<Commit[]> {
  const texts = await readTexts(repository, oids);
  return oids.map((oid) => {
    const text = texts.get(oid) ?? '';
    const split = text.indexOf('\n\n');
    const head = split < 0 ? text : text.slice(0, split);
    return {
      oid,
      tree: /^tree ([0-9a-f]+)$/m.exec(head)?.[1] ?? '',
      parents: [...head.matchAll(/^parent ([0-9a-f]+)$/gm)].map((match) => match[1] as string),
      seconds: Number(/^committer .*> (-?\d+) [+-]\d{4}$/m.exec(head)?.[1] ?? 0),
      message: split < 0 ? '' : text.slice(split + 2),
    };
  });
}

/** Values of one trailer in the last paragraph of a message, in order. */
export function trailers(message: string, key: string): string[] {
  const lines = (message.trimEnd().split('\n\n').at(-1) ?? '').split('\n');
  const prefix = `${key}: `;
  return lines.filter((line) => line.startsWith(prefix)).map((line) => line.slice(prefix.length));
}

/** A best common ancestor; null for unrelated histories. */
export async function mergeBase(repository: Repository, a: Oid, b: Oid): Promise<Oid | null> {
  if (a === b) return a;
  const result = await tryGit(repository.root, 'merge-base', [checkOid(a), checkOid(b)]);
  return result.code === 0 ? result.stdout.trim() : null;
}

/** The chain of first parents from the oldest commit to `tip`. */
export async function firstParents(repository: Repository, tip: Oid): Promise<Oid[]> {
  const output = await git(repository, 'rev-list', ['--first-parent', '--reverse', checkOid(tip)]);
  return output.split('\n').filter((line) => line !== '');
}

export interface TreeChange extends TreeEntry {
  readonly status: string;
}

/** What each commit changed against its first parent under `folders`; absent if nothing. */
export async function changesOf(
  repository: Repository,
  commits: readonly { readonly oid: Oid; readonly parent: Oid | null }[],
  folders: readonly string[],
): Promise<Map<Oid, TreeChange[]>> {
  const found = new Map<Oid, TreeChange[]>();
  if (commits.length === 0) return found;
  const input = commits.map(({ oid, parent }) => checkOid(oid) + (parent === null ? '' : ` ${checkOid(parent)}`));
  const args = ['--stdin', '-r', '--raw', '-z', '--root', '--no-renames', '--no-ext-diff', '--', ...folders];
  const parts = (await git(repository, 'diff-tree', args, { input: `${input.join('\n')}\n` })).split('\0');
  let changes: TreeChange[] = [];
  for (let i = 0; i < parts.length; i++) {
    const part = (parts[i] as string).trim();
    if (part.startsWith(':')) {
      const [, mode = '', , oid = '', status = ''] = part.split(' ');
      changes.push({ status, mode, oid, path: parts[++i] as string });
    } else if (part !== '') {
      changes = [];
      found.set(part, changes);
    }
  }
  return found;
}

/** What a commit differs in from another one, under `folders`. */
export const changesSince = async (repository: Repository, parent: Oid, oid: Oid, folders: readonly string[]) =>
  (await changesOf(repository, [{ oid, parent }], folders)).get(oid) ?? [];

/** New content by path from the repository's top: text, an existing blob, or null to remove. */
export type Changes = ReadonlyMap<string, string | { readonly oid: Oid } | null>;

async function writeBlobs(repository: Repository, folder: string, changes: Changes): Promise<Map<string, Oid>> {
  const contents = [...changes].filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  if (contents.length === 0) return new Map();
  const files = contents.map((_, index) => join(folder, `blob-${index}`));
  await Promise.all(contents.map(([, content], index) => writeFile(files[index] as string, content)));
  const oids: Oid[] = [];
  // As arguments, since a list of paths on stdin cannot hold one with a line break.
  for (let at = 0; at < files.length; at += 200) {
    const args = ['-w', '-t', 'blob', '--no-filters', '--', ...files.slice(at, at + 200)];
    oids.push(...(await git(repository, 'hash-object', args)).trim().split('\n').map(checkOid));
  }
  return new Map(contents.map(([path], index) => [path, oids[index] as Oid]));
}

/** Lines for `update-index --index-info`; throws TypeError for a path outside the repository. */
function indexLines(repository: Repository, changes: Changes, oids: ReadonlyMap<string, Oid>): string {
  const none = '0'.repeat(repository.objectFormat === 'sha256' ? 64 : 40);
  return [...changes]
    .map(([path, content]) => {
      if (/[\0\n\\]|^\/|(?:^|\/)\.{0,2}(?:\/|$)/.test(path)) throw new TypeError(`not a path in a repository: ${path}`);
      const oid = typeof content === 'object' && content !== null ? checkOid(content.oid) : oids.get(path);
      return oid === undefined ? `0 ${none}\t${path}\0` : `100644 ${oid}\t${path}\0`;
    })
    .join('');
}

/** Writes the blobs and changes the index file `index`, such as a copy of the user's. */
export async function changeIndex(repository: Repository, index: string, changes: Changes): Promise<void> {
  await withScratch(repository, async (folder) => {
    const oids = await writeBlobs(repository, folder, changes);
    const input = indexLines(repository, changes, oids);
    if (input !== '') await git(repository, 'update-index', ['--verbose', '-z', '--index-info'], { index, input });
  });
}

interface NewCommit {
  /** Commit or tree whose files it starts from. */
  readonly base: Oid;
  readonly changes: Changes;
  readonly parents: readonly Oid[];
  readonly message: string;
  /** ISO 8601. */
  readonly time: string;
}

/** Writes a commit object through a private index; no ref moves. */
export async function writeCommit(repository: Repository, commit: NewCommit): Promise<Oid> {
  return await withScratch(repository, async (folder) => {
    const index = join(folder, 'index');
    await git(repository, 'read-tree', [checkOid(commit.base)], { index });
    await changeIndex(repository, index, commit.changes);
    const tree = checkOid((await git(repository, 'write-tree', [], { index })).trim());
    const parents = commit.parents.flatMap((parent) => ['-p', checkOid(parent)]);
    const oid = await git(repository, 'commit-tree', [tree, ...parents, '--no-gpg-sign', '-F', '-'], {
      input: commit.message,
      time: commit.time,
    });
    return checkOid(oid.trim());
  });
}

/** Three-way merge of one text by lines; null when both sides changed the same lines. */
export async function mergeTexts(
  repository: Repository,
  texts: { readonly ours: string; readonly base: string; readonly theirs: string },
): Promise<string | null> {
  return await withScratch(repository, async (folder) => {
    const names = ['ours', 'base', 'theirs'] as const;
    await Promise.all(names.map((name) => writeFile(join(folder, name), texts[name])));
    const files = names.map((name) => join(folder, name));
    const result = await tryGit(repository.root, 'merge-file', ['-p', '-q', ...files]);
    return result.code === 0 ? result.stdout : null;
  });
}
