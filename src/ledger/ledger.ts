/** The ledger of one environment: reads its branch and adds commits that hold a harness change with its evidence. */

import { sha256 } from '../digest.ts';
import { UsageError } from '../errors.ts';
import { harnessId } from '../harness/parse.ts';
import type { HarnessFiles } from '../types.ts';
import { branchRef, type Contents, type Entry, findBranch, type Place, readContents } from './branch.ts';
import { changesBranch, Decision, type DecisionDraft, fileDigests } from './decision.ts';
import type { Identity, Repository } from './git.ts';
import { touchedBy } from './items.ts';
import { commitMessage, type Message } from './message.ts';
import { decisionPath, harnessFolder } from './paths.ts';
import { type Oid, writeCommit } from './plumbing.ts';
import { moveRefs, type RefChange, writeTag } from './refs.ts';
import { canonicalText, decisionText } from './statement.ts';

export interface BranchHead {
  readonly commit: Oid;
  readonly files: HarnessFiles;
  /** Id of the harness there. */
  readonly harness: string;
  readonly decisions: readonly Decision[];
}

export interface Release {
  /** `vN` */
  readonly version: string;
  readonly decision: Decision;
  readonly harness: string;
  /** The tagged commit; null when this clone has no tags. */
  readonly commit: Oid | null;
}

export interface Entries {
  readonly decisions: readonly DecisionDraft[];
  /** The harness after this commit; null leaves it as it is. */
  readonly files: HarnessFiles | null;
  readonly message: Message;
  /** `harness/<env>/vN` */
  readonly tag?: string;
  /** Default: the tip of the branch. The first one must be the tip. */
  readonly parents?: readonly Oid[];
  /** For merges: the commit whose other files are taken, and the harness there. Default: the first parent. */
  readonly base?: { readonly commit: Oid; readonly files: HarnessFiles };
  readonly identity?: Identity;
  /** Refs that move in the same transaction. */
  readonly refs?: readonly RefChange[];
}

export interface Ledger {
  readonly repository: Repository;
  readonly env: string;
  /** `optimize/<env>` */
  readonly branch: string;
  /** True once the branch exists. */
  readonly started: boolean;
  /** Throws `UsageError` when the branch is checked out somewhere: writing it would make that work tree look changed. */
  assertWritable(): void;
  head(): BranchHead;
  decisions(): readonly Decision[];
  releases(): readonly Release[];
  /** Number of the next decision, from 1. */
  readonly nextSeq: number;
  /**
   * Adds one commit by compare-and-swap; nothing but objects, the branch and the tag is written. A parent on the tip
   * gets its commit, and a candidate what it touches, unless the draft says so itself. Decisions that are already there with the same seq, run and content (times apart) are left alone, so that a resumed night may record
   * them again. Throws `InfrastructureError` (retryable) when the branch has moved, `UsageError` when it is checked
   * out, and TypeError for a harness change without its decision.
   */
  record(entries: Entries): Promise<{ commit: Oid }>;
}

/** Opens the ledger; writes nothing. The branch comes into being with the first record, from the checked-out commit. */
export async function openLedger(repository: Repository, env: string): Promise<Ledger> {
  let place = await findBranch(repository, env);
  let contents = await readContents(repository, env, place.from);
  return {
    repository,
    env,
    branch: `optimize/${env}`,
    get started() {
      return place.tip !== null;
    },
    assertWritable: () => assertWritable(env, place),
    head: () => ({
      commit: place.from,
      files: contents.files,
      harness: contents.harness,
      decisions: contents.entries.map(({ decision }) => decision),
    }),
    decisions: () => contents.entries.map(({ decision }) => decision),
    releases: () => releasesOf(env, contents.entries, place),
    get nextSeq() {
      return (contents.entries.at(-1)?.decision.seq ?? 0) + 1;
    },
    async record(entries) {
      const commit = await writeEntries(repository, env, { place, contents }, entries);
      if (commit !== place.from) {
        place = await findBranch(repository, env);
        contents = await readContents(repository, env, place.from, contents.entries);
      }
      return { commit };
    },
  };
}

function releasesOf(env: string, entries: readonly Entry[], place: Place): Release[] {
  return entries
    .map(({ decision }) => decision)
    .filter((decision) => decision.kind === 'release' && decision.version !== null)
    .map((decision) => {
      const tag = place.tags.find(({ name }) => name === `refs/tags/harness/${env}/${decision.version}`);
      const version = decision.version as string;
      return { version, decision, harness: decision.child.harness, commit: tag?.commit ?? null };
    });
}

/** The first release of a harness; null if it was never released. */
export const releaseOf = (ledger: Ledger, harness: string): Release | null =>
  ledger.releases().find((release) => release.harness === harness) ?? null;

function assertWritable(env: string, { worktree }: Place): void {
  if (worktree === '') return;
  throw new UsageError(
    `optimize/${env} is checked out in ${worktree}, so it cannot be written; run there: git switch -`,
  );
}

interface State {
  readonly place: Place;
  readonly contents: Contents;
}

async function writeEntries(repository: Repository, env: string, state: State, entries: Entries): Promise<Oid> {
  const { place, contents } = state;
  const fresh = chain(repository, env, state, entries);
  if (fresh.length === 0) {
    if (entries.files !== null && harnessId(entries.files) !== contents.harness && entries.decisions.length === 0) {
      throw new TypeError('record: a harness change needs its decision in the same commit');
    }
    return place.from;
  }
  assertWritable(env, place);
  checkHarness(contents, fresh, entries.files);
  const last = fresh.at(-1) as Entry & { text: string };
  const parents = entries.parents ?? [place.from];
  if (parents[0] !== place.from) throw new TypeError('record: the first parent must be the tip of the branch');
  const changes = new Map<string, string | { oid: Oid } | null>();
  if (entries.base !== undefined) {
    for (const { path, oid } of contents.entries) changes.set(path, { oid });
  }
  for (const { path, text } of fresh) changes.set(path, text);
  const base = entries.base ?? { commit: place.from, files: contents.files };
  for (const [path, text] of harnessChanges(env, base.files, entries.files ?? contents.files)) changes.set(path, text);
  const { time } = last.decision;
  const identity = entries.identity === undefined ? {} : { identity: entries.identity };
  const message = commitMessage(entries.message, {
    env,
    seq: [fresh[0]?.decision.seq as number, last.decision.seq],
    entry: last.sha256,
    harness: entries.files === null ? contents.harness : harnessId(entries.files),
    start: place.tip === null ? place.from : null,
  });
  const commit = await writeCommit(repository, { base: base.commit, changes, parents, message, time, ...identity });
  const refs: RefChange[] = [{ ref: branchRef(env), to: commit, from: place.tip }, ...(entries.refs ?? [])];
  if (entries.tag !== undefined) {
    const tag = { name: entries.tag, commit, message: entries.message.subject, time, ...identity };
    refs.push({ ref: `refs/tags/${entries.tag}`, to: await writeTag(repository, tag), from: null });
  }
  await moveRefs(repository, refs, { time, reason: `optimize: ${entries.message.subject}`.slice(0, 200), ...identity });
  return commit;
}

/** Gives drafts their place in the chain; drafts that are already there are dropped. */
function chain(repository: Repository, env: string, state: State, entries: Entries): (Entry & { text: string })[] {
  const { contents } = state;
  const known = new Map(contents.entries.map((entry) => [entry.decision.seq, entry]));
  const taken = new Set(contents.listing.map(({ path }) => path));
  const fresh: (Entry & { text: string })[] = [];
  let prev = contents.entries.at(-1)?.sha256 ?? null;
  let next = (contents.entries.at(-1)?.decision.seq ?? 0) + 1;
  for (const draft of entries.decisions) {
    if (draft.env !== env) throw new TypeError(`record: a decision of ${draft.env} in the ledger of ${env}`);
    const stored = draft.seq === undefined ? undefined : known.get(draft.seq);
    if (stored) {
      const { seq, prev } = stored.decision;
      checkSame(complete(repository, env, state, draft, { seq, prev }), stored.decision);
      continue;
    }
    if (draft.seq !== undefined && draft.seq !== next) {
      throw new TypeError(`record: expected decision ${next} next, got ${draft.seq}`);
    }
    const decision = complete(repository, env, state, draft, { seq: next, prev });
    const path = decisionPath(decision.run, next);
    if (taken.has(path)) throw new UsageError(`${path} is already there; give this run another name`);
    const text = decisionText(decision);
    prev = sha256(text);
    fresh.push({ decision, path, sha256: prev, text });
    next += 1;
  }
  return fresh;
}

/** Fills in what follows from the branch: place, the parent's commit, and what the edits touch there. */
function complete(
  repository: Repository,
  env: string,
  { contents, place }: State,
  draft: DecisionDraft,
  { seq, prev }: { readonly seq: number; readonly prev: string | null },
): Decision {
  const { candidate, parent, child } = draft;
  const files = parent.harness === contents.harness ? contents.files : null;
  const touched = candidate?.touched ?? (candidate && files ? touchedBy(env, files, candidate.edits) : []);
  const parsed = Decision.safeParse({
    ...draft,
    seq,
    prev,
    child: { harness: child.harness, files: fileDigests(child.files, repository.objectFormat) },
    parent: { ...parent, commit: parent.commit ?? (files === null ? null : place.from) },
    candidate: candidate === null ? null : { ...candidate, touched },
    data: { ...draft.data, panelSeed: draft.data.panelSeed ?? null, taskManifest: draft.data.taskManifest ?? null },
    target: draft.target ?? null,
    source: draft.source ?? null,
  });
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new TypeError(`record: decision ${seq}: ${issue?.path.join('.')}: ${issue?.message}`, { cause: parsed.error });
}

function checkSame(draft: Decision, stored: Decision): void {
  // What was filled in from the branch of that time cannot be filled in again.
  const content = ({ candidate, parent, ...rest }: Decision) =>
    canonicalText({
      ...rest,
      time: '',
      parent: { ...parent, commit: null },
      candidate: candidate && { ...candidate, touched: [] },
    });
  if (content(draft) !== content(stored)) {
    throw new UsageError(
      `decision ${stored.seq} of ${stored.env} is already recorded (run ${stored.run}) with other content; ` +
        'a resumed night must use the options it was started with, or start a new run',
    );
  }
}

/** No harness change without its decision, no decision that changes the branch without the change. */
function checkHarness(contents: Contents, fresh: readonly Entry[], files: HarnessFiles | null): void {
  const expected =
    fresh.filter(({ decision }) => changesBranch(decision)).at(-1)?.decision.child.harness ?? contents.harness;
  const found = files === null ? contents.harness : harnessId(files);
  if (expected !== found) {
    throw new TypeError(`record: the decisions lead to harness ${expected}, the files given are ${found}`);
  }
}

/** Writes that turn one harness into another, by path from the top of the repository. */
export function harnessChanges(env: string, before: HarnessFiles, after: HarnessFiles): Map<string, string | null> {
  const changes = new Map<string, string | null>();
  for (const [path, text] of after) {
    if (before.get(path) !== text) changes.set(`${harnessFolder(env)}/${path}`, text);
  }
  for (const path of before.keys()) {
    if (!after.has(path)) changes.set(`${harnessFolder(env)}/${path}`, null);
  }
  return changes;
}
