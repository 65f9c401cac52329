/** From PATCH or BRANCH to the edit of a harness that it makes; nothing else of it is used. */
import { existsSync, lstatSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { opsBetween } from '../edit/between.ts';
import { checkBounds } from '../edit/edits.ts';
import { applyPatch, MOST_PATCH } from '../edit/patch.ts';
import type { Edit } from '../edit/schema.ts';
import { UsageError } from '../errors.ts';
import { readHarnessFiles } from '../ledger/branch/branch.ts';
import { resolveHarness } from '../ledger/branch/history.ts';
import { openLedger } from '../ledger/branch/ledger.ts';
import type { Repository } from '../ledger/git/git.ts';
import { changesSince, mergeBase } from '../ledger/git/plumbing.ts';
import { readHead } from '../ledger/git/refs.ts';
import { givenEdit } from '../proposal/given.ts';
import type { HarnessFiles } from '../types.ts';
import { openWorkTree } from './harness.ts';

export interface GivenChange {
  readonly edit: Edit;
  /** Other files that it changes, which are not used: those of the base are. */
  readonly unused: readonly string[];
}

interface Sides {
  readonly before: HarnessFiles;
  readonly after: HarnessFiles;
  readonly unused: readonly string[];
}

/**
 * `word`: a file with a unified diff (`-` for stdin), or a commit, branch or tag, of which what it
 * changes since it left the checked-out commit counts. Throws UsageError for a change of nothing,
 * an invalid harness, and one that is larger than an edit may be.
 */
export async function openChange(repository: Repository, env: string, word: string): Promise<GivenChange> {
  const path = resolve(word);
  const isPatch = word === '-' || (existsSync(path) && lstatSync(path).isFile());
  const { before, after, unused } = await (isPatch
    ? fromPatch(repository, env, readPatch(word === '-' ? 0 : path))
    : fromCommit(repository, env, word));
  const ops = opsBetween(env, before, after);
  if (ops.length === 0)
    throw new UsageError(
      `${word} changes nothing of what harness/${env} says${unused.length > 0 ? `, and ${listed(unused)} cannot be tried` : ''}; expected an edit of it`,
    );
  const edit = givenEdit(ops);
  const tooLarge = checkBounds(before, edit);
  if (tooLarge !== null)
    throw new UsageError(`${word} is larger than one edit may be: ${tooLarge}; try its parts one by one`);
  return { edit, unused };
}

const listed = (paths: readonly string[]): string =>
  paths.length > 5 ? `${paths.slice(0, 5).join(', ')} and ${paths.length - 5} more` : paths.join(', ');

function readPatch(from: string | 0): string {
  const bytes = from === 0 ? readFileSync(0) : readFileSync(from);
  if (bytes.length > MOST_PATCH) throw new UsageError(`expected a patch of at most 1 MB, found ${bytes.length} bytes`);
  return bytes.toString('utf8');
}

/** A patch is made on the checked-out files, or on those of the branch, which may be ahead. */
async function fromPatch(repository: Repository, env: string, text: string): Promise<Sides> {
  const before = (await openWorkTree(repository, env)).files;
  try {
    const { files, unused } = applyPatch(env, before, text);
    return { before, after: files, unused };
  } catch (error) {
    const { files: ahead } = (await openLedger(repository, env)).head();
    try {
      const { files, unused } = applyPatch(env, ahead, text);
      return { before: ahead, after: files, unused };
    } catch {
      throw error;
    }
  }
}

async function fromCommit(repository: Repository, env: string, word: string): Promise<Sides> {
  const { commit, files: after } = await resolveHarness(await openLedger(repository, env), word).catch((cause) => {
    throw new UsageError(`${word} is no file here, and ${cause.message}`, { cause });
  });
  const head = (await readHead(repository)).commit as string;
  const base = await mergeBase(repository, head, commit);
  if (base === null)
    throw new UsageError(
      `${word} and the checked-out commit share no history here; fetch it whole (git fetch --unshallow), or give a patch`,
    );
  if (base === commit)
    throw new UsageError(
      `${word} is part of the checked-out commit, so it changes nothing; check out the base (on a pull request its target branch), then try ${word === 'HEAD' ? 'the commit' : word}`,
    );
  const folder = `harness/${env}/`;
  const changed = (await changesSince(repository, base, commit, [])).map(({ path }) => path);
  return {
    before: await readHarnessFiles(repository, env, base),
    after,
    unused: changed.filter((path) => !path.startsWith(folder)).sort(),
  };
}
