/** Versions by name: which commit holds `vN`, and its bytes. */
import { UsageError, VerifyError } from '../../errors.ts';
import { harnessId } from '../../harness/parse.ts';
import type { HarnessFiles } from '../../types.ts';
import { decisionPath } from '../git/paths.ts';
import { type Oid, readCommits, trailers } from '../git/plumbing.ts';
import { decisionCommits, NIGHT, ownCommits } from '../git/walk.ts';
import { type Decision, versionOf } from '../kinds/index.ts';
import { readHarnessFiles } from './branch.ts';
import type { Ledger } from './ledger.ts';

export interface Version {
  readonly version: string;
  readonly commit: Oid;
  readonly files: HarnessFiles;
  /** The newest decision that released or restored it. */
  readonly decision: Decision;
}

/**
 * A released or restored version, by default the newest. Throws `UsageError` when there is none,
 * and `VerifyError` when its bytes are not those recorded.
 */
export async function findVersion(ledger: Ledger, version?: string): Promise<Version> {
  const all = ledger
    .decisions()
    .filter(({ kind }) => kind === 'release' || kind === 'rollback')
    .filter((one) => versionOf(one) !== null);
  const decision = all.filter((one) => version === undefined || versionOf(one) === version).at(-1);
  if (!decision) {
    const known = [...new Set(all.map(versionOf))].join(', ');
    throw new UsageError(
      known === ''
        ? `nothing has been released for ${ledger.env} yet; run: npx optimize --env ${ledger.env}`
        : `there is no version ${version} of ${ledger.env}; expected one of: ${known}`,
    );
  }
  const commit = await commitOfDecision(ledger, decision);
  const files = await readHarnessFiles(ledger.repository, ledger.env, commit);
  if (harnessId(files) !== decision.child.harness) {
    throw new VerifyError(
      `harness/${ledger.env} in ${commit} is not what decision ${decision.seq} released; run: npx optimize verify`,
    );
  }
  return { version: versionOf(decision) as string, commit, files, decision };
}

/** The harness that the branch began with; null before the first decision or for none. */
export async function firstHarness({ repository, env, head }: Ledger): Promise<HarnessFiles | null> {
  const origin = (await ownCommits(repository, env, head().commit))[0]?.parents[0];
  if (origin === undefined) return null;
  const files = await readHarnessFiles(repository, env, origin);
  return files.size === 0 ? null : files;
}

/** The commit that added each decision to the branch, by number. */
export async function commitsOfDecisions(ledger: Ledger): Promise<Map<number, Oid>> {
  const commits = await decisionCommits(ledger.repository, ledger.head().commit);
  return new Map(
    ledger.decisions().flatMap(({ run, seq }) => {
      const commit = commits.get(decisionPath(run, seq));
      return commit === undefined ? [] : [[seq, commit] as const];
    }),
  );
}

/** Id of the night that recorded a decision; null for what was recorded outside of one. */
export async function nightOf(ledger: Ledger, decision: Decision): Promise<string | null> {
  const [commit] = await readCommits(ledger.repository, [await commitOfDecision(ledger, decision)]);
  return trailers(commit?.message ?? '', NIGHT)[0] ?? null;
}

/** The commit that added a decision to the branch. */
export async function commitOfDecision(ledger: Ledger, decision: Decision): Promise<Oid> {
  const path = decisionPath(decision.run, decision.seq);
  const folder = `runs/${decision.run}/decisions/`;
  const commit = (await decisionCommits(ledger.repository, ledger.head().commit, [folder])).get(path);
  if (commit === undefined)
    throw new VerifyError(`no commit of ${ledger.branch} adds ${path}; run: npx optimize verify`);
  return commit;
}
