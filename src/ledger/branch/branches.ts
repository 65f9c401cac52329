/** Which refs are ledgers: branches `optimize/<env>`, here or as copies of a remote's. */
import type { Repository } from '../git/git.ts';
import { listRefs, type Ref } from '../git/refs.ts';
import { Name } from '../kinds/fields.ts';

export interface LedgerRef extends Ref {
  readonly env: string;
  /** The remote that it is a copy of; null for a branch here. */
  readonly remote: string | null;
}

/** Null for any other ref, such as a person's `optimize/team/x`. */
function ledgerRefOf(ref: Ref): LedgerRef | null {
  const [, remote, env] = /^refs\/(?:heads|remotes\/([^/]+))\/optimize\/([^/]+)$/.exec(ref.name) ?? [];
  return env !== undefined && Name.safeParse(env).success ? { ...ref, env, remote: remote ?? null } : null;
}

/** `origin`, else the only remote whose branches are here; null for none or several. */
export function remoteIn(refs: readonly Ref[]): string | null {
  const remotes = new Set(refs.flatMap(({ name }) => /^refs\/remotes\/([^/]+)\//.exec(name)?.[1] ?? []));
  if (remotes.has('origin')) return 'origin';
  return remotes.size === 1 ? ([...remotes][0] as string) : null;
}

/** One ledger per environment: a branch here goes before the copy of a remote's. */
export function ledgersIn(refs: readonly Ref[]): LedgerRef[] {
  const all = refs.flatMap((ref) => ledgerRefOf(ref) ?? []);
  const here = all.filter(({ remote }) => remote === null);
  const from = remoteIn(refs);
  const copies = all.filter(({ remote, env }) => remote === from && !here.some((own) => own.env === env));
  return from === null ? here : [...here, ...copies];
}

export const listLedgers = async (repository: Repository): Promise<LedgerRef[]> =>
  ledgersIn(await listRefs(repository, ['refs/heads/optimize', 'refs/remotes']));

/** Environments with a branch here: a command may write them without making one. */
export const environmentsHere = async (repository: Repository): Promise<string[]> =>
  (await listLedgers(repository)).filter(({ remote }) => remote === null).map(({ env }) => env);
