/** Which branches to verify, and which are missing: a missing one is never a success. */
import { jsonOf, STORED_DEPTH } from '../../digest.ts';
import { UsageError, VerifyError } from '../../errors.ts';
import { ledgersIn } from '../branch/branches.ts';
import { envOf } from '../format/statement.ts';
import type { Repository } from '../git/git.ts';
import { parseDecisionPath } from '../git/paths.ts';
import { listFiles, type Oid, readTexts } from '../git/plumbing.ts';
import { type Ref, readHead } from '../git/refs.ts';
import type { Unchecked } from '../kinds/finding.ts';

/** `branch`: `optimize/shop`, or `origin/optimize/shop` where only a remote's copy is here. */
type LedgerBranch = { readonly env: string; readonly branch: string; readonly head: Oid };

export const LEDGER_REFS = ['refs/heads/optimize', 'refs/tags/harness', 'refs/remotes'] as const;

/** The ledgers here, or only that of `env`. Throws UsageError when that one is not here. */
export function branchesOf(refs: readonly Ref[], env: string | undefined): LedgerBranch[] {
  const wanted = ledgersIn(refs).flatMap(({ env: own, name, commit }) =>
    commit !== null && (env === undefined || own === env)
      ? [{ env: own, branch: name.replace(/^refs\/(?:heads|remotes)\//, ''), head: commit }]
      : [],
  );
  if (wanted.length === 0 && env !== undefined) throw new UsageError(`there is ${missingBranch(env).why}`);
  return wanted;
}

const missingBranch = (env: string): Unchecked => ({
  file: `refs/heads/optimize/${env}`,
  why: `no branch optimize/${env} here; if it is on a remote: git fetch origin optimize/${env}:optimize/${env}`,
});

/** Ledgers that the caller, tags, remotes or merged records name and that `decisions` lacks. */
export async function missingFrom(
  repository: Repository,
  refs: readonly Ref[],
  told: {
    /** Environments that the caller knows of. */
    readonly named: readonly string[];
    readonly env: string | undefined;
    /** The last decision's number per environment. */
    readonly decisions: ReadonlyMap<string, number>;
    /** Paths of records on the branches, which need no reading. */
    readonly held: ReadonlySet<string>;
  },
): Promise<Unchecked[]> {
  let unread: Unchecked | null = null;
  const merged = await mergedRecords(repository, told.held).catch((error: unknown) => {
    if (!(error instanceof VerifyError)) throw error;
    unread = { file: 'runs/ of the checked-out commit', why: error.message };
    return new Map<string, number>();
  });
  const inRefs = refs.flatMap(({ name }) => {
    const [, tagged, copied] =
      /^refs\/(?:tags\/harness\/([^/]+)\/v\d+|remotes\/[^/]+\/optimize\/([^/]+))$/.exec(name) ?? [];
    return tagged ?? copied ?? [];
  });
  const all = [...new Set([...told.named, ...inRefs, ...merged.keys()])].sort();
  const missing = all.flatMap((env) => {
    const last = told.decisions.get(env);
    const there = merged.get(env) ?? 0;
    if (told.env !== undefined && told.env !== env) return [];
    if (last === undefined) return [missingBranch(env)];
    if (last >= there) return [];
    const why = `the checked-out commit holds decision ${there}, the branch ends at ${last}; if it is newer on a remote: git fetch origin optimize/${env}:optimize/${env}`;
    return [{ file: `refs/heads/optimize/${env}`, why }];
  });
  return unread === null ? missing : [unread, ...missing];
}

/** Per environment, the last record's number on the checked-out commit that no branch holds. */
async function mergedRecords(repository: Repository, held: ReadonlySet<string>): Promise<Map<string, number>> {
  const { commit } = await readHead(repository);
  if (commit === null) return new Map();
  const listing = await listFiles(repository, commit, ['runs/']);
  const records = listing.flatMap(({ path, oid }) => {
    const seq = parseDecisionPath(path)?.seq;
    return seq === undefined || held.has(path) ? [] : [{ oid, seq }];
  });
  const oids = records.map(({ oid }) => oid);
  const texts = await readTexts(repository, oids);
  const last = new Map<string, number>();
  for (const { oid, seq } of records) {
    const env = envIn(texts.get(oid) ?? '');
    if (env !== null) last.set(env, Math.max(seq, last.get(env) ?? 0));
  }
  return last;
}

function envIn(text: string): string | null {
  try {
    const env = envOf(jsonOf(text, STORED_DEPTH));
    return typeof env === 'string' ? env : null;
  } catch {
    return null;
  }
}
