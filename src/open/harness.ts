/** Opens a harness by name. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../errors.ts';
import { asStored } from '../harness/line-ends.ts';
import { loadHarness, readHarnessFolder } from '../harness/load.ts';
import { parseHarness } from '../harness/parse.ts';
import { readHarnessFiles } from '../ledger/branch/branch.ts';
import { resolveHarness } from '../ledger/branch/history.ts';
import { openLedger } from '../ledger/branch/ledger.ts';
import type { Repository } from '../ledger/git/git.ts';
import { readHead } from '../ledger/git/refs.ts';
import type { Harness } from '../types.ts';

/**
 * The harness of the work tree as git stores it; no files mean the defaults. Throws UsageError,
 * beside the faults of `loadHarness`, if the checked-out commit has files: they were lost, or are
 * not checked out.
 */
export async function openWorkTree(repository: Repository, env: string): Promise<Harness> {
  const harness = loadHarness(repository.root, env);
  const { commit } = await readHead(repository);
  const stored = commit === null ? new Map<string, string>() : await readHarnessFiles(repository, env, commit);
  if (harness.files.size > 0) return parseHarness(env, asStored(harness.files, stored));
  if (stored.size === 0) return harness;
  const where = `harness/${env}`;
  throw new UsageError(
    `expected the files that are committed there, found none; run: git checkout -- ${where}, or commit their removal`,
    { where },
  );
}

/**
 * `ref`: a commit, branch, tag, vN, the start of a harness id, or a folder with the files of a
 * harness (`./x`, or a path that is no name in git); undefined means the work tree.
 */
export async function openHarness(repository: Repository, env: string, ref: string | undefined): Promise<Harness> {
  if (ref === undefined) return openWorkTree(repository, env);
  if (/^\.{0,2}\//.test(ref) || ref === '.') return inFolder(env, ref);
  const { files } = await resolveHarness(await openLedger(repository, env), ref).catch((error) => {
    if (error instanceof UsageError && isFolder(ref)) return inFolder(env, ref);
    throw error;
  });
  if (files.size === 0) throw new UsageError(`${ref}: there is no harness/${env} at that commit`);
  return parseHarness(env, files);
}

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

/** The folder itself, or `harness/<env>` in it. */
function inFolder(env: string, path: string): Harness {
  const found = [join(path, 'harness', env), path].find(isFolder);
  const files = found === undefined ? new Map<string, string>() : readHarnessFolder(found);
  if (files.size === 0) throw new UsageError(`expected a folder with the files of a harness, found none at ${path}`);
  return parseHarness(env, files);
}
