/** Branches, tags and HEAD: listed and compared, moved only by compare-and-swap. */
import { InfrastructureError } from '../../errors.ts';
import { BOT, git, type Repository, tryGit } from './git.ts';
import { checkOid, type Oid } from './plumbing.ts';

/** Throws TypeError for all but full ref names, so that git sees no option or expression. */
function checkRef(ref: string): string {
  const body = /^refs\/(?:heads|tags|remotes)\/(.+)$/.exec(ref)?.[1];
  if (!body || /[\p{Cc} ~^:?*[\\]|\.\.|@\{|\/\/|\.lock$|[./]$/u.test(body)) throw new TypeError(`not a ref: ${ref}`);
  return ref;
}

const checkPrefix = (prefix: string): string =>
  /^refs\/(?:heads|tags|remotes)$/.test(prefix) ? prefix : checkRef(prefix);

interface GitHead {
  /** Short name of the checked-out branch; null when HEAD is detached. */
  readonly branch: string | null;
  /** Null while the branch has no commit. */
  readonly commit: Oid | null;
}

export async function readHead(repository: Repository): Promise<GitHead> {
  const [symbolic, commit] = await Promise.all([
    tryGit(repository.root, 'symbolic-ref', ['HEAD']),
    tryGit(repository.root, 'rev-parse', ['--verify', 'HEAD^{commit}']),
  ]);
  const ref = symbolic.code === 0 ? symbolic.stdout.trim() : null;
  return {
    branch: ref?.startsWith('refs/heads/') ? ref.slice('refs/heads/'.length) : null,
    commit: commit.code === 0 ? commit.stdout.trim() : null,
  };
}

/** What a symbolic ref stands for, also where that does not exist; null for an ordinary ref. */
export async function readSymbolic(repository: Repository, ref: string): Promise<string | null> {
  const result = await tryGit(repository.root, 'symbolic-ref', ['-q', checkRef(ref)]);
  return result.code === 0 ? result.stdout.trim() : null;
}

export interface Ref {
  readonly name: string;
  /** The commit, tags peeled; null for anything else. */
  readonly commit: Oid | null;
  /** What it points at: the commit, or a tag's object. */
  readonly oid: Oid;
  /** Work tree in which this branch is checked out; '' if none. */
  readonly worktree: string;
}

/** Refs at or under the given prefixes, such as `refs/heads/optimize`. */
export async function listRefs(repository: Repository, prefixes: readonly string[]): Promise<Ref[]> {
  const format = '%(refname)%00%(objecttype)%00%(objectname)%00%(*objecttype)%00%(*objectname)%00%(worktreepath)%00';
  const output = await git(repository, 'for-each-ref', [`--format=${format}`, ...prefixes.map(checkPrefix)]);
  // A path may hold line breaks.
  const rows = output.split('\0\n').filter((row) => row.includes('\0'));
  return rows.map((row) => {
    const [name = '', type, oid = '', peeledType, peeled = '', worktree = ''] = row.split('\0');
    const target = peeledType === 'commit' ? peeled : null;
    return { name, oid, commit: type === 'commit' ? oid : target, worktree };
  });
}

/** The commit of a full ref name or an abbreviated id (4+ characters); null for none. */
export async function resolveCommit(repository: Repository, name: string): Promise<Oid | null> {
  const safe = /^[0-9a-f]{4,64}$/.test(name) ? name : checkRef(name);
  const result = await tryGit(repository.root, 'rev-parse', ['--verify', `${safe}^{commit}`]);
  return result.code === 0 ? result.stdout.trim() : null;
}

/** Writes an annotated tag object for a commit; no ref moves. */
export async function writeTag(
  repository: Repository,
  tag: { readonly name: string; readonly commit: Oid; readonly message: string; readonly time: string },
): Promise<Oid> {
  checkRef(`refs/tags/${tag.name}`);
  const seconds = Math.floor(Date.parse(tag.time) / 1000);
  const head = `object ${checkOid(tag.commit)}\ntype commit\ntag ${tag.name}\n`;
  const input = `${head}tagger ${BOT.name} <${BOT.email}> ${seconds} +0000\n\n${tag.message.trim()}\n`;
  return checkOid((await git(repository, 'mktag', [], { input })).trim());
}

export interface RefChange {
  readonly ref: string;
  readonly to: Oid;
  /** Its value now; null if it must not exist. */
  readonly from: Oid | null;
}

/** One line per command of `update-ref --stdin`; a symbolic ref is never followed. */
const commandsOf = (changes: readonly RefChange[]): string[] =>
  changes.flatMap(({ ref, to, from }) => {
    const [verb, old] = from === null ? ['create', ''] : ['update', ` ${checkOid(from)}`];
    return ['option no-deref', `${verb} ${checkRef(ref)} ${checkOid(to)}${old}`];
  });

const saidBy = (result: { readonly stderr: string }): string =>
  result.stderr
    .trim()
    .split('\n')[0]
    ?.replace(/^fatal: /, '') || 'no reason given';

/** Moves all refs or none. Throws `InfrastructureError`, retryable when one is not at `from`. */
export async function moveRefs(
  repository: Repository,
  changes: readonly RefChange[],
  { time, reason }: { readonly time: string; readonly reason: string },
): Promise<void> {
  const input = `${['start', ...commandsOf(changes), 'prepare', 'commit'].join('\n')}\n`;
  const result = await tryGit(repository.root, 'update-ref', ['-m', reason, '--stdin'], { input, time });
  if (result.code === 0 && result.stdout.includes('commit: ok')) return;
  const names = changes.map(({ ref }) => ref);
  const found = new Map((await listRefs(repository, names)).map(({ name, oid }) => [name, oid]));
  const moved = changes.filter(({ ref, from }) => (found.get(ref) ?? null) !== from);
  const what = moved.length > 0 ? 'moved by someone else meanwhile' : 'git could not write it';
  throw new InfrastructureError(
    `${(moved.length > 0 ? moved : changes).map(({ ref }) => ref).join(', ')}: ${what}, nothing was changed; run again (git: ${saidBy(result)})`,
    { retryable: moved.length > 0 },
  );
}

/** What git would say to these moves and to a new object; null if all could be written. */
export async function rehearseRefs(repository: Repository, changes: readonly RefChange[]): Promise<string | null> {
  const object = await tryGit(repository.root, 'hash-object', ['-w', '--stdin'], { input: 'optimize\n' });
  if (object.code !== 0) return saidBy(object);
  const input = `${['start', ...commandsOf(changes), 'prepare', 'abort'].join('\n')}\n`;
  const result = await tryGit(repository.root, 'update-ref', ['--stdin'], { input });
  return result.code === 0 && result.stdout.includes('abort: ok') ? null : saidBy(result);
}
