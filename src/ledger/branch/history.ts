/** Which harness a name means, and which decision put each part there. */
import { applyEdits } from '../../edit/edits.ts';
import { UsageError } from '../../errors.ts';
import { harnessId } from '../../harness/parse.ts';
import type { Harness, HarnessFiles } from '../../types.ts';
import { firstParents, type Oid } from '../git/plumbing.ts';
import { listRefs, readHead, resolveCommit } from '../git/refs.ts';
import { changesBranch, type Decision } from '../kinds/index.ts';
import { itemDigests } from '../kinds/items.ts';
import { readHarnessFiles } from './branch.ts';
import type { Ledger } from './ledger.ts';
import { commitOfDecision, findVersion } from './versions.ts';

export interface Resolved {
  /** Commit that holds the files; for a candidate that was never committed, its parent's. */
  readonly commit: Oid;
  readonly files: HarnessFiles;
  readonly harness: string;
}

/**
 * The harness that a word means: `HEAD`, `vN`, a branch, tag or commit, one of these with `~N`, or
 * 6+ characters of a harness id. Throws `UsageError` unless exactly one thing matches.
 */
export async function resolveHarness(ledger: Ledger, word: string): Promise<Resolved> {
  if (/^v[1-9]\d*$/.test(word)) {
    const { commit, files, decision } = await findVersion(ledger, word);
    return { commit, files, harness: decision.child.harness };
  }
  const named = await commitNamed(ledger, word);
  if (named !== null) return await harnessIn(ledger, named);
  if (/^[0-9a-f]{6,64}$/.test(word)) {
    const found = await harnessByPrefix(ledger, word);
    if (found !== null) return found;
  }
  const versions = ledger.releases().map(({ version }) => version);
  const known = versions.length > 0 ? `, or one of ${versions.join(', ')}` : '';
  throw new UsageError(
    `no harness of ${ledger.env} is called "${word}"; expected a commit, a branch, a tag, NAME~N, 6 or more characters of a harness id${known}`,
  );
}

/** The harness of a commit. */
export async function harnessIn({ repository, env }: Ledger, commit: Oid): Promise<Resolved> {
  const files = await readHarnessFiles(repository, env, commit);
  return { commit, files, harness: harnessId(files) };
}

/** Compares names and never hands them to git as expressions. `~N` is the Nth first parent. */
async function commitNamed(ledger: Ledger, word: string): Promise<Oid | null> {
  const { repository, env } = ledger;
  const back = /^(.+)~(\d{0,5})$/.exec(word);
  if (back) {
    const tip = await commitNamed(ledger, back[1] as string);
    const chain = tip === null ? [] : await firstParents(repository, tip);
    return chain.at(-1 - Number(back[2] === '' ? 1 : back[2])) ?? null;
  }
  if (word === 'HEAD') return (await readHead(repository)).commit;
  const refs = await listRefs(repository, ['refs/heads', 'refs/tags', 'refs/remotes']);
  for (const prefix of ['', 'refs/heads/', 'refs/tags/', 'refs/remotes/', `refs/tags/harness/${env}/`]) {
    const ref = refs.find(({ name }) => name === prefix + word);
    if (ref?.commit) return ref.commit;
  }
  return /^[0-9a-f]{4,64}$/.test(word) ? await resolveCommit(repository, word) : null;
}

async function harnessByPrefix(ledger: Ledger, prefix: string): Promise<Resolved | null> {
  const head = ledger.head();
  if (head.harness.startsWith(prefix)) return { commit: head.commit, files: head.files, harness: head.harness };
  const matches = new Map<string, () => Promise<Resolved>>();
  for (const decision of ledger.decisions()) {
    const { parent, child } = decision;
    const { commit, harness } = parent;
    if (harness.startsWith(prefix) && commit !== null)
      matches.set(harness, async () => ({ ...(await harnessIn(ledger, commit)), harness }));
    if (child.harness.startsWith(prefix) && !matches.has(child.harness))
      matches.set(child.harness, () => childOf(ledger, decision));
  }
  if (matches.size > 1)
    throw new UsageError(
      `"${prefix}" fits ${matches.size} harnesses (${[...matches.keys()].slice(0, 5).join(', ')}); give more characters`,
    );
  const found = [...matches.values()][0];
  return found === undefined ? null : await found();
}

/** A rejected candidate is not in git, but its parent and edits are. */
async function childOf(ledger: Ledger, decision: Decision): Promise<Resolved> {
  const { repository, env } = ledger;
  const { harness } = decision.child;
  const kept = await harnessIn(ledger, await commitOfDecision(ledger, decision));
  if (kept.harness === harness) return kept;
  const { commit: parent } = decision.parent;
  if (parent === null || decision.kind !== 'candidate')
    throw new UsageError(`harness ${harness} of decision ${decision.seq} cannot be rebuilt: it names no parent commit`);
  const rebuilt = applyEdits(await readHarnessFiles(repository, env, parent), decision.edits);
  if (harnessId(rebuilt) !== harness)
    throw new UsageError(`harness ${harness} of decision ${decision.seq} was refused before it was built`);
  return { commit: parent, files: rebuilt, harness };
}

/** Per part of a harness, the newest decision that gave it its content; null for none. */
export function clauseOrigins(decisions: readonly Decision[], harness: Harness): Map<string, Decision | null> {
  const accepted = decisions.filter(changesBranch);
  const origin = (id: string, digest: string) =>
    accepted.findLast(
      (one) =>
        'touched' in one &&
        one.touched.some(({ id: item, before, after }) => item === id && after === digest && before !== digest),
    ) ?? null;
  return new Map([...itemDigests(harness)].map(([id, digest]) => [id, origin(id, digest)]));
}
