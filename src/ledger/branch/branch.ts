/** What the branch `optimize/<env>` holds: its tip, its harness, and its decisions in order. */
import { jsonOf, STORED_DEPTH, sha256 } from '../../digest.ts';
import { UsageError, VerifyError } from '../../errors.ts';
import { harnessId } from '../../harness/parse.ts';
import type { HarnessFiles, Json } from '../../types.ts';
import { decisionOf, envOf, PREDICATE, readStatement } from '../format/statement.ts';
import type { Repository } from '../git/git.ts';
import { harnessFolder, harnessPath, parseDecisionPath, signaturePath, signedPath } from '../git/paths.ts';
import { listFiles, type Oid, readTexts, type TreeEntry } from '../git/plumbing.ts';
import { listRefs, type Ref, readHead, readSymbolic } from '../git/refs.ts';
import { Name } from '../kinds/fields.ts';
import type { Decision } from '../kinds/index.ts';
import { ledgersIn } from './branches.ts';

export const branchRef = (env: string): string => `refs/heads/optimize/${env}`;

/** Throws `UsageError` unless `env` can be part of a ref and a path. */
export function checkEnv(env: string): string {
  if (!Name.safeParse(env).success)
    throw new UsageError(`environment "${env}": expected letters and digits joined by "-", "_" or "."`);
  return env;
}

/** A stored decision with the digest that the next one's `prev` names. */
export interface LedgerEntry {
  readonly decision: Decision;
  readonly path: string;
  readonly sha256: string;
}

export interface StoredEntry extends LedgerEntry {
  readonly oid: Oid;
  /** The signature beside it; null for none. */
  readonly signature: Oid | null;
}

export interface Contents {
  readonly files: HarnessFiles;
  readonly harness: string;
  /** Decisions of this environment by seq. */
  readonly entries: readonly StoredEntry[];
  /** Files under `harness/<env>`, and decision files and signatures of all environments. */
  readonly listing: readonly TreeEntry[];
}

/** Paths and ids of decision files and the signatures beside them. */
export const recordFiles = (entries: readonly StoredEntry[]): (readonly [path: string, oid: Oid])[] =>
  entries.flatMap(({ path, oid, signature }) => [
    [path, oid] as const,
    ...(signature === null ? [] : [[signaturePath(path), signature] as const]),
  ]);

/** The harness of a commit. */
export async function readHarnessFiles(repository: Repository, env: string, commit: Oid): Promise<HarnessFiles> {
  const listing = await listFiles(repository, commit, [`${harnessFolder(env)}/`]);
  return filesOf(env, listing, await readTexts(repository, oidsOf(env, listing)));
}

const oidsOf = (env: string, listing: readonly TreeEntry[]): Oid[] =>
  listing.filter(({ path }) => harnessPath(env, path) !== null).map(({ oid }) => oid);

function filesOf(env: string, listing: readonly TreeEntry[], texts: ReadonlyMap<Oid, string>): HarnessFiles {
  const files = new Map<string, string>();
  for (const { path, oid, mode } of listing) {
    const inner = harnessPath(env, path);
    if (inner === null) continue;
    if (!mode.startsWith('100')) throw new UsageError(`${path} is a link or a submodule; expected a plain file`);
    files.set(inner, texts.get(oid) as string);
  }
  return files;
}

/**
 * Harness and decisions of a commit; those in `known` are not read again, since there may be
 * thousands. Throws `VerifyError` for a decision file that cannot be read.
 */
export async function readContents(
  repository: Repository,
  env: string,
  commit: Oid,
  known: readonly StoredEntry[] = [],
): Promise<Contents> {
  const listing = (await listFiles(repository, commit, [`${harnessFolder(env)}/`, 'runs/'])).filter(
    ({ path }) => path.startsWith('harness/') || parseDecisionPath(path) !== null || signedPath(path) !== null,
  );
  const decisions = listing.filter(({ path }) => parseDecisionPath(path) !== null);
  const signatures = new Map(listing.map(({ path, oid }) => [path, oid]));
  const read = new Map(known.map((entry) => [entry.path, entry]));
  const unread = decisions.filter(({ path, oid }) => read.get(path)?.oid !== oid);
  const texts = await readTexts(repository, [...oidsOf(env, listing), ...unread.map(({ oid }) => oid)]);
  const entries: StoredEntry[] = [];
  for (const { path, oid } of decisions) {
    const text = texts.get(oid);
    const before = read.get(path);
    const signature = signatures.get(signaturePath(path)) ?? null;
    if (before?.oid === oid) entries.push({ ...before, signature });
    else if (text !== undefined) {
      const decision = parseStored(env, text, path);
      if (decision !== null) entries.push({ decision, path, oid, signature, sha256: sha256(text) });
    }
  }
  entries.sort((a, b) => a.decision.seq - b.decision.seq);
  const files = filesOf(env, listing, texts);
  return { files, harness: harnessId(files), entries, listing };
}

/** Null for a decision of another environment. */
function parseStored(env: string, text: string, path: string): Decision | null {
  let found: Json;
  try {
    found = jsonOf(text, STORED_DEPTH);
  } catch {
    throw new VerifyError(`${path}: expected JSON, found something else; run: npx optimize verify`);
  }
  const named = envOf(found);
  if (typeof named === 'string' && named !== env) return null;
  if (named === undefined)
    throw new VerifyError(
      `${path}: expected a record of the form ${PREDICATE}, found another; use the version that wrote it`,
    );
  const { was, parsed } = readStatement(found);
  if (parsed.success) return decisionOf(parsed.data);
  const issue = parsed.error.issues[0];
  const by = was === 'v2' ? ' (written by v2)' : '';
  throw new VerifyError(`${path}${by}: ${issue?.path.join('.')}: ${issue?.message}; run: npx optimize verify`);
}

export interface BranchPlace {
  /** Commit that the branch points at; null before its first commit. */
  readonly tip: Oid | null;
  /** The branch's tip, else the tip of a remote's copy, else the checked-out commit. */
  readonly from: Oid;
  /** The copy that is `from`, such as `origin/optimize/shop`; null for none. */
  readonly copy: string | null;
  readonly tags: readonly Ref[];
  /** Work tree that has the branch checked out; '' if none. */
  readonly worktree: string;
  /** Why the branch or its tags cannot be written, and what to do; null if they can. */
  readonly obstacle: string | null;
}

/** Finds the branch. Throws `UsageError` in a repository without commits. */
export async function findBranch(repository: Repository, env: string): Promise<BranchPlace> {
  const ref = branchRef(checkEnv(env));
  const prefixes = ['refs/heads/optimize', 'refs/tags/harness', 'refs/remotes'];
  const [refs, head] = await Promise.all([listRefs(repository, prefixes), readHead(repository)]);
  const found = ledgersIn(refs).find((one) => one.env === env && one.commit !== null);
  const from = found?.commit ?? head.commit;
  if (!from) throw new UsageError(`${repository.root} has no commit yet; run: git add -A && git commit -m "start"`);
  const tags = refs.filter(({ name }) => name.startsWith(`refs/tags/harness/${env}/`));
  const [tip, copy] = found?.name === ref ? [from, null] : [null, found?.name.slice('refs/remotes/'.length) ?? null];
  const worktree = tip === null ? '' : (found?.worktree ?? '');
  return { tip, from, copy, tags, worktree, obstacle: await obstacleOf(repository, env, refs) };
}

/** Git keeps no ref below another one, and a symbolic ref moves the one that it stands for. */
async function obstacleOf(repository: Repository, env: string, refs: readonly Ref[]): Promise<string | null> {
  const ref = branchRef(env);
  const target = await readSymbolic(repository, ref);
  if (target !== null)
    return `optimize/${env} stands for ${target} (a symbolic ref), which a night would move; remove it: git symbolic-ref --delete ${ref}`;
  const tags = `refs/tags/harness/${env}`;
  const inTheWay = refs
    .map(({ name }) => name)
    .find(
      (name) =>
        ['refs/heads/optimize', 'refs/tags/harness', tags].includes(name) ||
        name.startsWith(`${ref}/`) ||
        (name.startsWith(`${tags}/`) && /^v[1-9]\d*\//.test(name.slice(tags.length + 1))),
    );
  if (inTheWay === undefined) return null;
  const short = inTheWay.replace(/^refs\/(?:heads|tags)\//, '');
  return inTheWay.startsWith('refs/heads/')
    ? `the branch ${short} is in the way of optimize/${env}; rename it: git branch -m ${short} NAME`
    : `the tag ${short} is in the way of harness/${env}/v1 and its like; rename it: git tag NAME ${short} && git tag -d ${short}`;
}
