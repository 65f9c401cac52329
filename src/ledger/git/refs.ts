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

export interface Ref {
  readonly name: string;
  /** The commit, tags peeled; null for anything else. */
  readonly commit: Oid | null;
  /** Work tree in which this branch is checked out; '' if none. */
  readonly worktree: string;
}

/** Refs at or under the given prefixes, such as `refs/heads/optimize`. */
export async function listRefs(repository: Repository, prefixes: readonly string[]): Promise<Ref[]> {
  const format = '%(refname)%00%(objecttype)%00%(objectname)%00%(*objecttype)%00%(*objectname)%00%(worktreepath)%00';
  const output = await git(repository, 'for-each-ref', [`--format=${format}`, ...prefixes.map(checkPrefix)]);
  const lines = output.split('\n').filter((line) => line.includes('\0'));
  return lines.map((line) => {
    const [name = '', type, oid = '', peeledType, peeled = '', worktree = ''] = line.split('\0');
    const target = peeledType === 'commit' ? peeled : null;
    return { name, commit: type === 'commit' ? oid : target, worktree };
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

/** Moves all refs or none. Throws `InfrastructureError` (retryable) when one is not at `from`. */
export async function moveRefs(
  repository: Repository,
  changes: readonly RefChange[],
  { time, reason }: { readonly time: string; readonly reason: string },
): Promise<void> {
  const lines = changes.map(({ ref, to, from }) => {
    const [verb, old] = from === null ? ['create', ''] : ['update', ` ${checkOid(from)}`];
    return `${verb} ${checkRef(ref)} ${checkOid(to)}${old}`;
  });
  const input = `${['start', ...lines, 'prepare', 'commit'].join('\n')}\n`;
  const result = await tryGit(repository.root, 'update-ref', ['-m', reason, '--stdin'], { input, time });
  if (result.code === 0 && result.stdout.includes('commit: ok')) return;
  const refs = changes.map(({ ref }) => ref).join(', ');
  throw new InfrastructureError(
    `${refs}: moved or locked by someone else meanwhile, nothing was changed; run again (git: ${result.stderr.trim()})`,
    { retryable: true },
  );
}
