/** The commits that this program made on a branch, told from the history before them. */
import type { Repository } from './git.ts';
import { parseDecisionPath } from './paths.ts';
import { type Commit, changesOf, firstParents, type Oid, readCommits, trailers } from './plumbing.ts';

/** True for a message with this environment's trailers. */
export const isLedgerCommit = (message: string, env: string): boolean =>
  trailers(message, 'Optimize-Env').includes(env);

/**
 * First parents of `tip` from the newest start of the branch on, oldest first; [] before the first
 * record. Commits in between that lack the trailers are included: `verify` reports them.
 */
export async function ownCommits(repository: Repository, env: string, tip: Oid): Promise<Commit[]> {
  const chain = await firstParents(repository, tip);
  const own: Commit[] = [];
  // The history before the start may be long, so blocks are read from the newest.
  for (let end = chain.length; end > 0; end -= 256) {
    const block = await readCommits(repository, chain.slice(Math.max(0, end - 256), end));
    for (const commit of block.reverse()) {
      own.push(commit);
      const isStart = isLedgerCommit(commit.message, env) && trailers(commit.message, 'Optimize-Start').length > 0;
      if (isStart) return own.reverse();
    }
  }
  return [];
}

/** Trailer that tells runs of one name apart, as two clones or work trees may play them. */
export const NIGHT = 'Optimize-Night';

/** The commit of the first-parent chain that added each decision file, by path. */
export async function decisionCommits(
  repository: Repository,
  tip: Oid,
  folders: readonly string[] = ['runs/'],
): Promise<Map<string, Oid>> {
  const chain = await firstParents(repository, tip);
  const pairs = chain.map((oid, index) => ({ oid, parent: chain[index - 1] ?? null }));
  const found = new Map<string, Oid>();
  for (const [commit, changes] of await changesOf(repository, pairs, folders)) {
    for (const { status, path } of changes) {
      if (status === 'A' && parseDecisionPath(path) !== null) found.set(path, commit);
    }
  }
  return found;
}
