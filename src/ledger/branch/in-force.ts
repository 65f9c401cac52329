/** Which harness was in force at a time or commit, and which decisions it rests on. */
import { UsageError } from '../../errors.ts';
import { momentOf } from '../git/moment.ts';
import { decisionPath } from '../git/paths.ts';
import { firstParents, listFiles, mergeBase, type Oid, readCommits, trailers } from '../git/plumbing.ts';
import { listRefs, readHead } from '../git/refs.ts';
import { changesBranch, type Decision, versionOf } from '../kinds/index.ts';
import { remoteIn } from './branches.ts';
import { harnessIn, type Resolved, resolveHarness } from './history.ts';
import { type Ledger, releaseOf } from './ledger.ts';

export interface HarnessInForce extends Resolved {
  /** Short name of the branch that a time was asked of; null for a detached HEAD or a commit. */
  readonly branch: string | null;
  /** The newest `apply`, if it is why this branch was asked. */
  readonly applied: Applied | null;
  /** When the committer claims to have made the commit, ISO 8601. */
  readonly time: string;
  /** `vN` if these are the bytes of a release. */
  readonly version: string | null;
  readonly simulated: boolean;
  /** The newest decision that led to these bytes; null for a harness from before the ledger. */
  readonly decision: Decision | null;
  /** The decisions that this harness can rest on; none is later. */
  readonly behind: readonly Decision[];
}

/**
 * The harness in force at a time (ISO, UTC; a date means its end) or at a commit, branch or tag. By
 * time, it is the newest commit that claims to be no later in the first-parent chain of the branch
 * that the newest `apply` went to, else of the checked-out one: the order comes from the chain,
 * only the cut from the clock. Throws `UsageError` for a time before the first commit.
 */
export async function inForceAt(ledger: Ledger, at: string): Promise<HarnessInForce> {
  const until = /^\d{4}-\d\d-\d\d(?:$|T)/.test(at) ? momentOf(at, 'end', 'at') : null;
  const place = until === null ? { branch: null, commit: null, applied: null } : await branchInForce(ledger);
  const found = until === null ? await resolveHarness(ledger, at) : await chainAt(ledger, place, until / 1000, at);
  const { commit, harness } = found;
  const [{ seconds } = { seconds: 0 }] = await readCommits(ledger.repository, [commit]);
  const behind = await decisionsBehind(ledger, commit, until ?? Number.POSITIVE_INFINITY);
  const led = behind.filter((one) => one.child.harness === harness && (changesBranch(one) || versionOf(one)));
  const release = releaseOf(ledger, harness);
  const { branch, applied } = place;
  return {
    ...found,
    branch,
    applied,
    behind,
    time: new Date(seconds * 1000).toISOString(),
    version: release?.version ?? null,
    simulated: release?.decision.who.simulated ?? false,
    decision: led.at(-1) ?? null,
  };
}

export type Applied = Extract<Decision, { kind: 'apply' }>;

/** The newest `apply`; null before the first. */
export const lastApplied = (decisions: readonly Decision[]): Applied | null =>
  decisions.findLast((one): one is Applied => one.kind === 'apply') ?? null;

type Place = Pick<HarnessInForce, 'branch' | 'applied'> & { readonly commit: Oid | null };

async function branchInForce(ledger: Ledger): Promise<Place> {
  const applied = lastApplied(ledger.decisions());
  const branch = applied?.target.branch;
  if (branch !== undefined) {
    const refs = await listRefs(ledger.repository, ['refs/heads', 'refs/remotes']);
    for (const ref of [`refs/heads/${branch}`, `refs/remotes/${remoteIn(refs)}/${branch}`]) {
      const commit = refs.find(({ name }) => name === ref)?.commit;
      if (commit) return { branch: ref.replace(/^refs\/(?:heads|remotes)\//, ''), commit, applied };
    }
  }
  return { ...(await readHead(ledger.repository)), applied: null };
}

async function chainAt(ledger: Ledger, place: Place, seconds: number, at: string): Promise<Resolved> {
  const { repository } = ledger;
  const { commit: tip, branch } = place;
  const chain = tip === null ? [] : await firstParents(repository, tip);
  for (let end = chain.length; end > 0; end -= 256) {
    const block = await readCommits(repository, chain.slice(Math.max(0, end - 256), end));
    const found = block.reverse().find((commit) => commit.seconds <= seconds);
    if (found) return await harnessIn(ledger, found.oid);
  }
  throw new UsageError(
    `${branch ?? 'the checked-out commit'} has no commit from ${at} or earlier; expected a later time`,
  );
}

/**
 * The decisions that a commit holds, that put it or an ancestor into force, or that recorded by
 * `until` (milliseconds) what a person changed in one of these.
 */
async function decisionsBehind(ledger: Ledger, commit: Oid, until: number): Promise<Decision[]> {
  const { repository } = ledger;
  const holds = async (oid: Oid) => (await listFiles(repository, oid, ['runs/'])).map(({ path }) => path);
  const paths = new Set(await holds(commit));
  const isIn = ({ run, seq }: Decision) => paths.has(decisionPath(run, seq));
  const named = new Set<Decision>();
  for (const decision of ledger.decisions().filter((one) => !isIn(one))) {
    const reached =
      (decision.kind === 'apply' && (await contains(ledger, commit, decision.target.commit))) ||
      (decision.kind === 'external' &&
        Date.parse(decision.time) <= until &&
        (await took(ledger, commit, decision.source.commit)));
    if (reached) named.add(decision);
  }
  // Somebody may have deleted the records beside the harness; the applied commit still has them.
  const source = lastApplied([...named])?.source;
  for (const path of source?.commit ? await holds(source.commit) : []) paths.add(path);
  return ledger.decisions().filter((one) => isIn(one) || named.has(one));
}

const contains = async ({ repository }: Ledger, commit: Oid, earlier: Oid | null): Promise<boolean> =>
  earlier !== null && (await mergeBase(repository, commit, earlier)) === earlier;

/** A commit of uncommitted edits is on no person's branch, but its parent is. */
async function took(ledger: Ledger, commit: Oid, source: Oid | null): Promise<boolean> {
  if (source === null) return false;
  if (await contains(ledger, commit, source)) return true;
  const [made] = await readCommits(ledger.repository, [source]).catch(() => []);
  const uncommitted = made !== undefined && trailers(made.message, 'Optimize-Work-Tree').length > 0;
  return uncommitted && (await contains(ledger, commit, made.parents[0] ?? null));
}
