/** Opens a harness by name. */
import { UsageError } from '../errors.ts';
import { loadHarness } from '../harness/load.ts';
import { parseHarness } from '../harness/parse.ts';
import { resolveHarness } from '../ledger/branch/history.ts';
import { openLedger } from '../ledger/branch/ledger.ts';
import type { Repository } from '../ledger/git/git.ts';
import type { Harness } from '../types.ts';

/** `ref`: a commit, branch, tag, vN or the start of a harness id; undefined means the work tree. */
export async function openHarness(repository: Repository, env: string, ref: string | undefined): Promise<Harness> {
  if (ref === undefined) return loadHarness(repository.root, env);
  const { files } = await resolveHarness(await openLedger(repository, env), ref);
  if (files.size === 0) throw new UsageError(`--harness ${ref}: there is no harness/${env} at that commit`);
  return parseHarness(env, files);
}
