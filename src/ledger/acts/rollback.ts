/** Going back is a step forward: a new commit with exactly the bytes of an earlier version. */

import { UsageError } from '../../errors.ts';
import { harnessLoosenings } from '../../harness/loosened.ts';
import { resolveHarness } from '../branch/history.ts';
import { type Ledger, openLedger, releaseOf } from '../branch/ledger.ts';
import { findVersion } from '../branch/versions.ts';
import { type Decision, nothingMeasured } from '../format/decision.ts';
import { changedItemsOf } from '../format/items.ts';
import type { Identity, Repository } from '../git/git.ts';
import type { Oid } from '../git/plumbing.ts';
import type { Keyring } from '../keys/keys.ts';

export interface StepOptions {
  readonly who: Decision['who'];
  /** Now, ISO 8601. */
  readonly time: string;
  /** Default: named after the kind and number of the decision. */
  readonly run?: string;
  readonly identity?: Identity;
  /** Default: none, which signs nothing. */
  readonly keys?: Keyring;
}

export interface RolledBack {
  readonly commit: Oid;
  readonly version: string;
  readonly harness: string;
  /**
   * What the version gives up that the harness before it held, one sentence each; it stands in the
   * record.
   */
  readonly loosened: readonly string[];
}

/**
 * Restores version `to` (`vN`, or whatever `resolveHarness` takes and was released) on
 * `optimize/<env>` and records why. Touches no work tree, so it works offline and with any number
 * of uncommitted changes; `applyRelease` puts it in force. Throws `UsageError` for an unknown
 * version.
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
  const { commit } = await ledger.record({
    decisions: [
      {
        ...nothingMeasured,
        env,
        run: options.run ?? `rollback-${ledger.nextSeq}`,
        kind: 'rollback',
        time: options.time,
        who: options.who,
        parent: { harness: head.harness, commit: head.commit },
        child: { harness, files: found.files },
        candidate: { form: 'rollback', edits: [], keys: [], touched: changedItemsOf(env, head.files, found.files) },
        limits: loosened,
        version: found.version,
        source: { harness, commit: found.commit },
      },
    ],
    files: found.files,
    message: { subject: `revert(${env}): roll back to ${found.version}` },
    ...(options.identity === undefined ? {} : { identity: options.identity }),
  });
  return { commit, version: found.version, harness, loosened };
}

/** The version whose harness a commit, branch, tag or prefix of a harness id means. */
async function versionAt(ledger: Ledger, to: string): Promise<string> {
  const { harness } = await resolveHarness(ledger, to);
  const release = releaseOf(ledger, harness);
  if (release !== null) return release.version;
  const known = ledger.releases().map(({ version }) => version);
  throw new UsageError(
    `harness ${harness.slice(0, 12)} (${to}) was never released; ${known.length === 0 ? `nothing has been released for ${ledger.env} yet` : `expected one of ${known.join(', ')}`}`,
  );
}
