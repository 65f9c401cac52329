/** Goes back by a new commit with exactly the bytes of an earlier version. */
import { UsageError } from '../../errors.ts';
import { harnessLoosenings } from '../../harness/loosened.ts';
import { resolveHarness } from '../branch/history.ts';
import { type Ledger, openLedger, releaseOf } from '../branch/ledger.ts';
import { findVersion } from '../branch/versions.ts';
import type { Repository } from '../git/git.ts';
import type { Oid } from '../git/plumbing.ts';
import { changedItemsOf } from '../kinds/items.ts';
import { recordAct, type StepOptions } from './step.ts';

export interface RolledBack {
  readonly commit: Oid;
  readonly version: string;
  readonly harness: string;
  /** What the restored harness gives up, one sentence each, as recorded. */
  readonly loosened: readonly string[];
}

/**
 * Restores version `to` (`vN`, or what `resolveHarness` takes and was released) on `optimize/<env>`
 * and records it. Touches no work tree; `applyRelease` puts it in force. Throws `UsageError` for an
 * unknown version.
 */
export async function rollback(
  repository: Repository,
  env: string,
  to: string,
  options: StepOptions,
): Promise<RolledBack> {
  const ledger = await openLedger(repository, env, options.keys);
  const found = await findVersion(ledger, /^v[1-9]\d*$/.test(to) ? to : await versionAt(ledger, to));
  const head = ledger.head();
  const harness = found.decision.child.harness;
  const loosened = harnessLoosenings(env, head.files, found.files);
  const touched = changedItemsOf(env, head.files, found.files);
  const source = { harness, commit: found.commit };
  const { commit } = await recordAct(
    ledger,
    { kind: 'rollback', version: found.version, touched, loosens: loosened, source },
    options,
    {
      message: { subject: `revert(${env}): roll back to ${found.version}` },
      child: { harness, files: found.files },
      files: found.files,
    },
  );
  return { commit, version: found.version, harness, loosened };
}

/** The version that a commit, branch, tag or prefix of a harness id means. */
async function versionAt(ledger: Ledger, to: string): Promise<string> {
  const { harness } = await resolveHarness(ledger, to);
  const release = releaseOf(ledger, harness);
  if (release !== null) return release.version;
  const known = ledger.releases().map(({ version }) => version);
  throw new UsageError(
    `harness ${harness.slice(0, 12)} (${to}) was never released; ${known.length === 0 ? `nothing has been released for ${ledger.env} yet` : `expected one of ${known.join(', ')}`}`,
  );
}
