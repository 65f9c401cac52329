/** The folder that an auditor gets of a story, and the verifier in it (for tests). */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { sha256 } from '../../digest.ts';
import { parseDecisionPath } from '../git/paths.ts';
import { newFolder, type Shop, userGit } from '../shop.fixture.ts';
import { readStory, type StoryCommit, told, trust } from '../story.fixture.ts';

const VERIFIER = resolve(import.meta.dirname, '../../../export/verify.py');
const has = (command: string, ...args: string[]) => spawnSync(command, args).status === 0;
/** The program needs neither; where one is missing, the auditor's side cannot be played. */
export const canVerify = has('python3', '--version') && has('openssl', 'version');

export interface Told {
  readonly story: readonly StoryCommit[];
  /** Commit that the branch began with. */
  readonly start: string;
  /** The harness there, text by path. */
  readonly first: ReadonlyMap<string, string>;
}

/** What the branch of a shop holds, by default that of the story. */
export async function tell(shop?: Shop): Promise<Told> {
  const { dir } = shop ?? (await told());
  const begins = ['--first-parent', '--grep=^Optimize-Start: ', '--format=%P', 'optimize/shop'];
  const start = userGit(dir, 'log', ...begins).trim();
  const paths = userGit(dir, 'ls-tree', '-r', '--name-only', start, 'harness/shop').trim().split('\n');
  const first = new Map(
    paths.map((path) => [path.slice('harness/shop/'.length), userGit(dir, 'show', `${start}:${path}`)]),
  );
  return { story: readStory(dir, start), start, first };
}

/** Commits that may be changed without changing the story. */
export const copyOf = (story: readonly StoryCommit[]): StoryCommit[] =>
  story.map((commit) => ({ ...commit, files: new Map(commit.files) }));

/** The folder that `optimize export` would write of these commits. */
export function bundleOf(commits: readonly StoryCommit[], first: Told['first']): string {
  const folder = newFolder();
  for (const name of ['records', 'blobs']) mkdirSync(join(folder, name));
  let head: string | null = null;
  const files = [...(commits.at(-1)?.files ?? [])].sort(([a], [b]) =>
    (a.split('/').at(-1) ?? '') < (b.split('/').at(-1) ?? '') ? -1 : 1,
  );
  for (const [path, { text }] of files) {
    const name = path.split('/').at(-1) as string;
    if (parseDecisionPath(path) !== null) head = sha256(text);
    if (path.startsWith('runs/')) writeFileSync(join(folder, 'records', name), text);
  }
  for (const text of first.values()) writeFileSync(join(folder, 'blobs', sha256(text)), text);
  const digests = Object.fromEntries([...first].map(([path, text]) => [path, sha256(text)]));
  writeFileSync(join(folder, 'start.json'), JSON.stringify({ env: 'shop', files: digests, head }));
  writeFileSync(join(folder, 'trust.json'), JSON.stringify(trust));
  copyFileSync(VERIFIER, join(folder, 'verify.py'));
  return folder;
}

/** What the verifier in a folder says. */
export const audited = (folder: string, ...args: string[]) =>
  spawnSync('python3', [join(folder, 'verify.py'), ...args], { encoding: 'utf8' });
