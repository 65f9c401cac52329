/** The only place that writes a user's index and work tree: after all checks, one harness only. */
import { existsSync } from 'node:fs';
import { copyFile, lstat, mkdir, open, readFile, rename, rm, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UsageError } from '../../errors.ts';
import { withLineFeeds } from '../../harness/line-ends.ts';
import { readHarnessFolder as readFolder } from '../../harness/load.ts';
import { isHarnessPath } from '../../harness/paths.ts';
import type { HarnessFiles } from '../../types.ts';
import { git, type Repository } from '../git/git.ts';
import { harnessFolder } from '../git/paths.ts';
import { type Changes, changeIndex, readTexts } from '../git/plumbing.ts';

export interface Transition {
  readonly env: string;
  readonly before: HarnessFiles;
  readonly after: HarnessFiles;
  /** Other files to write, by path from the top of the repository. */
  readonly added: ReadonlyMap<string, string>;
  /** Staged content that is allowed as well: the index before an application was cut off. */
  readonly staged?: HarnessFiles;
}

/**
 * Throws `UsageError` unless each file is, in the index and on disk, as `before` or `after` has it.
 * Line ends that a checkout adds do not count as a change.
 */
export async function checkWorkTree(repository: Repository, step: Transition): Promise<void> {
  const { root, gitDir } = repository;
  const states = ['MERGE_HEAD', 'CHERRY_PICK_HEAD', 'REVERT_HEAD', 'rebase-merge', 'rebase-apply'];
  const state = states.find((name) => existsSync(join(gitDir, name)));
  if (state !== undefined)
    throw new UsageError(`git has an unfinished operation (${state}); finish or abort it first, see: git status`);
  await checkSparse(repository, step.env);
  const folder = harnessFolder(step.env);
  const dirty = (path: string, where: string) =>
    new UsageError(
      `${path} has uncommitted changes (${where}); commit them, or put them aside: git stash -u -- ${folder}`,
    );
  await checkFolders(root, [`${folder}/x`, ...step.added.keys()]);
  const disk = existsSync(join(root, folder)) ? readFolder(join(root, folder)) : new Map<string, string>();
  for (const path of new Set([...disk.keys(), ...step.before.keys()])) {
    const text = plain(disk.get(path));
    const allowed = [step.before.get(path), step.after.get(path)].map(plain);
    if (!allowed.includes(text)) throw dirty(`${folder}/${path}`, 'work tree');
  }
  for (const [path, text] of step.added) {
    const found = await readFile(join(root, path), 'utf8').catch(() => null);
    if (found !== null && withLineFeeds(found) !== text) throw new UsageError(`${path} is in the way; move it away`);
  }
  await checkIndex(repository, step, dirty);
}

const plain = (text: string | undefined) => text && withLineFeeds(text);

/** Throws for a sparse checkout that leaves the harness out: nothing there could be compared. */
async function checkSparse(repository: Repository, env: string): Promise<void> {
  const folder = harnessFolder(env);
  const output = await git(repository, 'ls-files', ['-t', '-z', '--full-name', '--', `${folder}/`]);
  const skipped = output.split('\0').filter((line) => line.startsWith('S '));
  const path = skipped.map((line) => line.slice(2)).find((one) => !existsSync(join(repository.root, one)));
  if (path !== undefined)
    throw new UsageError(
      `${path} is not checked out here (sparse checkout); run: git sparse-checkout add ${folder} runs, or: git sparse-checkout disable`,
    );
}

async function checkIndex(
  repository: Repository,
  step: Transition,
  dirty: (path: string, where: string) => UsageError,
): Promise<void> {
  const folder = `${harnessFolder(step.env)}/`;
  const output = await git(repository, 'ls-files', ['-s', '-z', '--full-name', '--', folder]);
  const staged = new Map<string, string>();
  for (const line of output.split('\0').filter((part) => part !== '')) {
    const tab = line.indexOf('\t');
    const [, oid = '', stage] = line.slice(0, tab).split(' ');
    const path = line.slice(tab + 1);
    if (stage !== '0') throw new UsageError(`${path} has an unfinished merge; finish it first, see: git status`);
    const inner = path.slice(folder.length);
    if (isHarnessPath(inner)) staged.set(inner, oid);
  }
  const texts = await readTexts(repository, staged.values());
  for (const path of new Set([...staged.keys(), ...step.before.keys()])) {
    const text = texts.get(staged.get(path) ?? '');
    const allowed = [step.before, step.after, ...(step.staged ? [step.staged] : [])].map((files) => files.get(path));
    if (!allowed.includes(text)) throw dirty(folder + path, 'staged');
  }
}

/** No parent folder of a file may be a link: writing through it would leave the work tree. */
async function checkFolders(root: string, paths: readonly string[]): Promise<void> {
  const folders = new Set<string>();
  for (const path of paths)
    for (let folder = dirname(path); folder !== '.'; folder = dirname(folder)) folders.add(folder);
  for (const folder of folders) {
    const stat = await lstat(join(root, folder)).catch(() => null);
    if (stat !== null && !stat.isDirectory()) throw new UsageError(`${folder} is not a folder; move it away`);
  }
}

/** Runs `work` under git's index lock, then replaces the index; if `work` throws, it stays. */
export async function withIndex(repository: Repository, changes: Changes, work: () => Promise<void>): Promise<void> {
  const index = join(repository.gitDir, 'index');
  const lock = `${index}.lock`;
  try {
    await (await open(lock, 'wx')).close();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
    throw new UsageError(`another git command is running here; if none is, remove ${lock}`, { cause });
  }
  try {
    if (existsSync(index)) await copyFile(index, lock);
    else await git(repository, 'read-tree', ['--empty'], { index: lock });
    await changeIndex(repository, lock, changes);
    await work();
    await rename(lock, index);
  } catch (error) {
    await rm(lock, { force: true });
    throw error;
  }
}

/** Writes files beside their place, then renames them, so that each is old or new. */
export async function writeFiles(root: string, files: ReadonlyMap<string, string>): Promise<void> {
  for (const [path, text] of files) {
    const place = join(root, path);
    await mkdir(dirname(place), { recursive: true });
    const beside = join(dirname(place), `.${process.pid}.new`);
    await rm(beside, { force: true });
    const handle = await open(beside, 'wx');
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(beside, place);
  }
}

export async function removeFiles(root: string, paths: readonly string[]): Promise<void> {
  for (const path of paths) await unlink(join(root, path)).catch(() => {});
}
