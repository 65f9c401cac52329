/** What each commit of a chain changed, from tree objects whose hashes are checked. */
import { InfrastructureError, VerifyError } from '../../errors.ts';
import type { Repository } from './git.ts';
import { type Commit, firstParents, type Oid, readCommits, readObjects, type TreeChange } from './plumbing.ts';

/** Objects read at once, since their bytes are held together. */
const BLOCK = 2000;
const TREE = '040000';

/** First parents of `tip`, oldest first. Throws `VerifyError` if git names other parents. */
export async function readChain(repository: Repository, tip: Oid): Promise<Commit[]> {
  const oids = await firstParents(repository, tip);
  const chain: Commit[] = [];
  for (let at = 0; at < oids.length; at += BLOCK)
    chain.push(...(await readCommits(repository, oids.slice(at, at + BLOCK))));
  chain.forEach(({ oid, parents }, index) => {
    const told = chain[index - 1]?.oid;
    if (parents[0] !== told)
      throw new VerifyError(
        `commit ${oid}: expected ${parents[0] ?? 'no parent'} before it, as the commit says, found ${told ?? 'no parent'} in git`,
      );
  });
  return chain;
}

type Entry = Pick<TreeChange, 'mode' | 'oid'>;

/** Two states of one folder. */
interface Pair {
  readonly commit: Oid;
  /** '' for the top, else with a slash at its end. */
  readonly path: string;
  readonly before: Oid | null;
  readonly after: Oid | null;
}

/** Entries that one commit may change among the wanted ones, and all commits together. */
export const MOST_ENTRIES = 100_000;
const MOST_IN_ALL = 20 * MOST_ENTRIES;

/**
 * Changed files per commit, against the one before; absent if none. `wanted` says whether a folder
 * (with a final slash) or file matters. A commit that changes more than 100,000 entries goes to
 * `floods` and its changes are left out: trees that name each other grow without end. Throws
 * `InfrastructureError` for a missing object.
 */
export async function changesAlong(
  repository: Repository,
  chain: readonly Commit[],
  wanted: (path: string) => boolean,
  floods: Set<Oid>,
): Promise<Map<Oid, TreeChange[]>> {
  const found = new Map<Oid, TreeChange[]>();
  const known = new Map<string, ReadonlyMap<string, Entry>>();
  const entries = new Map<Oid, number>();
  let inAll = 0;
  let pairs: Pair[] = chain.map(({ oid: commit, tree: after }, index) => {
    return { commit, path: '', before: chain[index - 1]?.tree ?? null, after };
  });
  while (pairs.length > 0) {
    pairs = pairs.filter(({ before, after }) => before !== after);
    await readTrees(repository, pairs, wanted, known);
    const deeper: Pair[] = [];
    for (const pair of pairs) {
      if (floods.has(pair.commit)) continue;
      const [before, after] = [pair.before, pair.after].map((oid) => known.get(`${pair.path}${oid}`));
      for (const name of new Set([...(before?.keys() ?? []), ...(after?.keys() ?? [])])) {
        const step = { commit: pair.commit, path: pair.path + name };
        if (compare(step, before?.get(name), after?.get(name), { found, deeper }))
          entries.set(pair.commit, (entries.get(pair.commit) ?? 0) + 1);
      }
      if ((entries.get(pair.commit) ?? 0) > MOST_ENTRIES) {
        floods.add(pair.commit);
        found.delete(pair.commit);
        inAll += MOST_ENTRIES;
      }
      if (inAll > MOST_IN_ALL) throw new VerifyError(`more than ${MOST_IN_ALL} files below harness/ and runs/`);
    }
    pairs = deeper.filter(({ commit }) => !floods.has(commit));
  }
  return found;
}

function compare(
  { commit, path }: { readonly commit: Oid; readonly path: string },
  before: Entry | undefined,
  after: Entry | undefined,
  { found, deeper }: { readonly found: Map<Oid, TreeChange[]>; readonly deeper: Pair[] },
): boolean {
  if (before?.mode === after?.mode && before?.oid === after?.oid) return false;
  const tree = (entry: Entry | undefined) => (entry?.mode === TREE ? entry.oid : null);
  if (tree(before) !== null || tree(after) !== null)
    deeper.push({ commit, path: `${path}/`, before: tree(before), after: tree(after) });
  const [old, now] = [before, after].map((entry) => (entry?.mode === TREE ? undefined : entry));
  const add = (status: string, { mode, oid }: Entry) =>
    void (found.get(commit) ?? found.set(commit, []).get(commit))?.push({ status, mode, oid, path });
  if (now !== undefined) add(old === undefined ? 'A' : 'M', now);
  else if (old !== undefined) add('D', { mode: '000000', oid: old.oid });
  return true;
}

/** Reads what `known` does not hold yet, by folder and id. */
async function readTrees(
  repository: Repository,
  pairs: readonly Pair[],
  wanted: (path: string) => boolean,
  known: Map<string, ReadonlyMap<string, Entry>>,
): Promise<void> {
  const missing = new Map<string, { path: string; oid: Oid }>();
  for (const { path, before, after } of pairs)
    for (const oid of [before, after])
      if (oid !== null && !known.has(path + oid)) missing.set(path + oid, { path, oid });
  const list = [...missing];
  for (let at = 0; at < list.length; at += BLOCK) {
    const block = list.slice(at, at + BLOCK);
    const oids = block.map(([, { oid }]) => oid);
    const objects = await readObjects(repository, oids);
    for (const [key, { path, oid }] of block) {
      const bytes = objects.get(oid);
      if (bytes === undefined)
        throw new InfrastructureError(`object ${oid} is missing; is this a partial clone? run: git fetch --refetch`);
      const matters = (name: string, mode: string) => wanted(path + name + (mode === TREE ? '/' : ''));
      known.set(key, parseTree(bytes, repository, matters));
    }
  }
}

/** A tree is a row of `<mode> <name>`, a zero byte, and the raw id. */
function parseTree(
  bytes: Uint8Array,
  { objectFormat }: Repository,
  wanted: (name: string, mode: string) => boolean,
): Map<string, Entry> {
  const size = objectFormat === 'sha256' ? 32 : 20;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries = new Map<string, Entry>();
  for (let at = 0; at < buffer.length; ) {
    const zero = buffer.indexOf(0, at);
    const [mode = '', ...name] = buffer.toString('utf8', at, zero).split(' ');
    const padded = mode.padStart(6, '0');
    at = zero + 1 + size;
    if (zero < 0 || at > buffer.length) throw new VerifyError('a tree object that cannot be read');
    if (wanted(name.join(' '), padded))
      entries.set(name.join(' '), { mode: padded, oid: buffer.toString('hex', zero + 1, at) });
  }
  return entries;
}
