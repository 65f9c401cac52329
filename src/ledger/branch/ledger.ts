/** The ledger of one environment: reads its branch; adds commits with a change and its evidence. */
import type { HarnessFiles } from '../../types.ts';
import type { Repository } from '../git/git.ts';
import type { Oid } from '../git/plumbing.ts';
import { type Keyring, NO_KEYS } from '../keys/keys.ts';
import type { Signer } from '../keys/signing.ts';
import type { Decision } from '../kinds/index.ts';
import { type BranchPlace, findBranch, type LedgerEntry, readContents } from './branch.ts';
import { assertUnused, type LedgerEntries, rehearse, signerOf, writeEntries } from './record.ts';

/** The tip of the branch with its harness and that harness's id. */
type BranchHead = {
  readonly commit: Oid;
  readonly files: HarnessFiles;
  readonly harness: string;
  /** SHA-256 of the newest record, which the next one names; null before the first. */
  readonly entry: string | null;
};

export interface Release {
  readonly version: string;
  readonly decision: Decision;
  /** SHA-256 of its record's bytes: what an approval names. */
  readonly entry: string;
  readonly harness: string;
  /** The tagged commit; null when this clone lacks the tag. */
  readonly commit: Oid | null;
}

export interface Ledger {
  readonly repository: Repository;
  readonly env: string;
  readonly branch: string;
  /** True once the branch exists. */
  readonly started: boolean;
  /** The remote's copy that is read while there is no branch here; null for none. */
  readonly copy: string | null;
  /**
   * Who signs; null for nobody. Throws `UsageError` when the branch is checked out somewhere (that
   * work tree would look changed), or a signature is due and no key here can sign.
   */
  assertWritable(): Signer | null;
  /** Throws `UsageError` if git would not write the branch or its next version, as tried out. */
  rehearse(): Promise<void>;
  head(): BranchHead;
  decisions(): readonly Decision[];
  releases(): readonly Release[];
  /** Number of the next decision, from 1. */
  readonly nextSeq: number;
  /**
   * Adds one commit by compare-and-swap. A parent on the tip gets its commit and a candidate what
   * it touches, unless the draft says so. Decisions that are there with the same seq, run and
   * content (times apart) are left alone, so that a resumed night may record them again. Throws
   * `InfrastructureError` (retryable) when the branch has moved, `UsageError` when it is checked
   * out, and TypeError for a harness change without its decision.
   */
  record(entries: LedgerEntries): Promise<{ commit: Oid }>;
}

/**
 * Opens the ledger; writes nothing. Without `keys` it signs nothing, and cannot write a signed
 * chain. The first record starts the branch, from a remote's copy or the checked-out commit.
 */
export async function openLedger(repository: Repository, env: string, keys: Keyring = NO_KEYS): Promise<Ledger> {
  let place = await findBranch(repository, env);
  let contents = await readContents(repository, env, place.from);
  return {
    repository,
    env,
    branch: `optimize/${env}`,
    get started() {
      return place.tip !== null;
    },
    get copy() {
      return place.copy;
    },
    assertWritable: () => {
      assertUnused(env, place);
      return signerOf(env, { contents, keys });
    },
    rehearse: () => rehearse(repository, env, place, `v${releasesOf(env, contents.entries, place).length + 1}`),
    head: () => ({
      commit: place.from,
      files: contents.files,
      harness: contents.harness,
      entry: contents.entries.at(-1)?.sha256 ?? null,
    }),
    decisions: () => contents.entries.map(({ decision }) => decision),
    releases: () => releasesOf(env, contents.entries, place),
    get nextSeq() {
      return (contents.entries.at(-1)?.decision.seq ?? 0) + 1;
    },
    async record(entries) {
      const commit = await writeEntries(repository, env, { place, contents, keys }, entries);
      if (commit !== place.from) {
        place = await findBranch(repository, env);
        contents = await readContents(repository, env, place.from, contents.entries);
      }
      return { commit };
    },
  };
}

function releasesOf(env: string, entries: readonly LedgerEntry[], place: BranchPlace): Release[] {
  return entries.flatMap(({ decision, sha256 }) => {
    if (decision.kind !== 'release' || decision.version === undefined) return [];
    const { version } = decision;
    const tag = place.tags.find(({ name }) => name === `refs/tags/harness/${env}/${version}`);
    return [{ version, decision, entry: sha256, harness: decision.child.harness, commit: tag?.commit ?? null }];
  });
}

/** The first release of a harness; null if it was never released. */
export const releaseOf = (ledger: Ledger, harness: string): Release | null =>
  ledger.releases().find((release) => release.harness === harness) ?? null;
