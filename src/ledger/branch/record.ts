/** One commit of decisions, signatures and changes; the branch moves by compare-and-swap. */
import { sha256 } from '../../digest.ts';
import { UsageError } from '../../errors.ts';
import { harnessId } from '../../harness/parse.ts';
import { splicesOf } from '../../harness/splice.ts';
import type { HarnessFiles } from '../../types.ts';
import { signatureText } from '../format/dsse.ts';
import { canonicalText, decisionOf, decisionText, Statement, statementOf } from '../format/statement.ts';
import type { Repository } from '../git/git.ts';
import { commitMessage, type Message } from '../git/message.ts';
import { decisionPath, harnessFolder, signaturePath } from '../git/paths.ts';
import { type Oid, writeCommit } from '../git/plumbing.ts';
import { listRefs, moveRefs, type RefChange, rehearseRefs, writeTag } from '../git/refs.ts';
import type { Keyring } from '../keys/keys.ts';
import { chooseKey, openSigner, type Signer } from '../keys/signing.ts';
import { fileDigests } from '../kinds/fields.ts';
import { changesBranch, type Decision, type DecisionDraft, kindOf } from '../kinds/index.ts';
import { touchedBy } from '../kinds/items.ts';
import { chainKeys } from '../kinds/keys.ts';
import { type BranchPlace, branchRef, type Contents, type LedgerEntry, recordFiles } from './branch.ts';

export interface LedgerEntries {
  readonly decisions: readonly DecisionDraft[];
  /** The harness after this commit; null leaves it as it is. */
  readonly files: HarnessFiles | null;
  readonly message: Message;
  /** `harness/<env>/vN` */
  readonly tag?: string;
  /** Default: the tip of the branch. The first one must be the tip. */
  readonly parents?: readonly Oid[];
  /** For merges: the commit that gives other files, and its harness. Default: the first parent. */
  readonly base?: { readonly commit: Oid; readonly files: HarnessFiles };
  /** Refs that move in the same transaction. */
  readonly refs?: readonly RefChange[];
}

/** Throws UsageError when a work tree has the branch checked out, or another ref is in its way. */
export function assertUnused(env: string, { worktree, obstacle }: BranchPlace): void {
  if (obstacle !== null) throw new UsageError(obstacle);
  if (worktree !== '')
    throw new UsageError(
      `optimize/${env} is checked out in ${worktree}, so it cannot be written; run there: git switch -`,
    );
}

/** Throws UsageError if git would not write the branch, or the tag of its next version. */
export async function rehearse(
  repository: Repository,
  env: string,
  { tip, from }: BranchPlace,
  version: string,
): Promise<void> {
  const tag = `refs/tags/harness/${env}/${version}`;
  const said = await rehearseRefs(repository, [
    { ref: branchRef(env), to: from, from: tip },
    { ref: tag, to: from, from: null },
  ]);
  if (said === null) return;
  const exists = (await listRefs(repository, [tag])).length > 0;
  throw new UsageError(
    exists
      ? `the tag harness/${env}/${version} exists, and optimize/${env} has no such version; if it is of another clone, run: git fetch origin optimize/${env}:optimize/${env}, else: git tag -d harness/${env}/${version}`
      : `git cannot write optimize/${env} or its tags here: ${said}`,
  );
}

export interface State {
  readonly place: BranchPlace;
  readonly contents: Contents;
  readonly keys: Keyring;
}

/** Who signs the next decision; null for nobody. Throws as `chooseKey` and `openSigner` do. */
export function signerOf(env: string, { contents, keys }: Pick<State, 'contents' | 'keys'>): Signer | null {
  const chain = chainKeys(contents.entries.map(({ decision }) => decision));
  const chosen = chooseKey(chain, keys, `optimize/${env}`);
  return chosen && openSigner(chosen);
}

interface Fresh extends LedgerEntry {
  readonly text: string;
  readonly signature: string | null;
}

/** The commit that holds them: a new one, or the tip when all were there. See `Ledger.record`. */
export async function writeEntries(
  repository: Repository,
  env: string,
  state: State,
  entries: LedgerEntries,
): Promise<Oid> {
  const { place, contents } = state;
  const fresh = chain(repository, env, state, entries);
  if (fresh.length === 0) {
    if (entries.files !== null && harnessId(entries.files) !== contents.harness && entries.decisions.length === 0)
      throw new TypeError('record: a harness change needs its decision in the same commit');
    return place.from;
  }
  assertUnused(env, place);
  checkHarness(contents, fresh, entries.files);
  const last = fresh.at(-1) as Fresh;
  const parents = entries.parents ?? [place.from];
  if (parents[0] !== place.from) throw new TypeError('record: the first parent must be the tip of the branch');
  const base = entries.base ?? { commit: place.from, files: contents.files };
  const changes = new Map<string, string | { readonly oid: Oid } | null>([
    ...(entries.base === undefined ? [] : recordFiles(contents.entries).map(([path, oid]) => [path, { oid }] as const)),
    ...fresh.flatMap(({ path, text, signature }) => [
      [path, text] as const,
      ...(signature === null ? [] : [[signaturePath(path), signature] as const]),
    ]),
    ...harnessChanges(env, base.files, entries.files ?? contents.files),
  ]);
  const { time } = last.decision;
  const message = commitMessage(entries.message, {
    env,
    seq: [fresh[0]?.decision.seq as number, last.decision.seq],
    entry: last.sha256,
    harness: entries.files === null ? contents.harness : harnessId(entries.files),
    start: place.tip === null ? place.from : null,
  });
  const commit = await writeCommit(repository, { base: base.commit, changes, parents, message, time });
  const refs: RefChange[] = [{ ref: branchRef(env), to: commit, from: place.tip }, ...(entries.refs ?? [])];
  if (entries.tag !== undefined) {
    const tag = { name: entries.tag, commit, message: entries.message.subject, time };
    refs.push({ ref: `refs/tags/${entries.tag}`, to: await writeTag(repository, tag), from: null });
  }
  await moveRefs(repository, refs, { time, reason: `optimize: ${entries.message.subject}`.slice(0, 200) });
  return commit;
}

/** Gives drafts their place in the chain; leaves out drafts that are recorded already. */
function chain(repository: Repository, env: string, state: State, entries: LedgerEntries): Fresh[] {
  const { contents } = state;
  const known = new Map(contents.entries.map((entry) => [entry.decision.seq, entry]));
  const taken = new Set(contents.listing.map(({ path }) => path));
  const fresh: Fresh[] = [];
  let signer: Signer | null | undefined;
  let prev = contents.entries.at(-1)?.sha256 ?? null;
  let next = (contents.entries.at(-1)?.decision.seq ?? 0) + 1;
  for (const draft of entries.decisions) {
    if (draft.env !== env) throw new TypeError(`record: a decision of ${draft.env} in the ledger of ${env}`);
    const stored = draft.seq === undefined ? undefined : known.get(draft.seq);
    if (stored) {
      checkSame(complete(repository, env, state, draft, stored.decision), stored.decision);
      continue;
    }
    if (draft.seq !== undefined && draft.seq !== next)
      throw new TypeError(`record: expected decision ${next} next, got ${draft.seq}`);
    signer ??= signerOf(env, state);
    const place = { seq: next, prev, signer: signer?.keyid ?? null };
    const decision = complete(repository, env, state, draft, place);
    const path = decisionPath(decision.run, next);
    if (taken.has(path)) throw new UsageError(`${path} is already there; give this run another name`);
    const text = decisionText(decision);
    prev = sha256(text);
    const signature = signer === null ? null : signatureText(text, signer);
    fresh.push({ decision, path, sha256: prev, text, signature });
    next += 1;
  }
  return fresh;
}

/** Fills in what follows from the branch: place, parent commit, parts touched, bytes changed. */
function complete(
  repository: Repository,
  env: string,
  { contents, place }: State,
  draft: DecisionDraft,
  { seq, prev, signer }: Pick<Decision, 'seq' | 'prev' | 'signer'>,
): Decision {
  const { parent, child } = draft;
  const files = parent.harness === contents.harness ? contents.files : null;
  const shape = kindOf(draft).schema.shape;
  const touched = draft.kind === 'candidate' && files ? touchedBy(env, files, draft.edits) : [];
  const decision = {
    ...('touched' in shape ? { touched } : {}),
    ...('changes' in shape ? { changes: files === null ? [] : splicesOf(files, child.files) } : {}),
    ...draft,
    seq,
    prev,
    signer,
    child: { harness: child.harness, files: fileDigests(child.files, repository.objectFormat) },
    parent: { ...parent, commit: parent.commit ?? (files === null ? null : place.from) },
  };
  const parsed = Statement.safeParse(statementOf(decision as Decision));
  if (parsed.success) return decisionOf(parsed.data);
  const issue = parsed.error.issues[0];
  throw new TypeError(`record: decision ${seq}: ${issue?.path.join('.')}: ${issue?.message}`, { cause: parsed.error });
}

// Fields that were filled in from the branch of their time are left out.
function content({ parent, ...rest }: Decision): string {
  const kept = Object.entries(rest).filter(([field]) => !['time', 'signer', 'touched', 'changes'].includes(field));
  return canonicalText({ ...Object.fromEntries(kept), parent: parent.harness });
}

function checkSame(draft: Decision, stored: Decision): void {
  if (content(draft) !== content(stored))
    throw new UsageError(
      `decision ${stored.seq} of ${stored.env} is already recorded (run ${stored.run}) with other content; ` +
        'a resumed night must use the options it was started with, or start a new run',
    );
}

/** Throws TypeError for a harness change without its decision, and the reverse. */
function checkHarness(contents: Contents, fresh: readonly LedgerEntry[], files: HarnessFiles | null): void {
  const last = fresh.findLast(({ decision }) => changesBranch(decision));
  const expected = last?.decision.child.harness ?? contents.harness;
  const found = files === null ? contents.harness : harnessId(files);
  if (expected !== found)
    throw new TypeError(`record: the decisions lead to harness ${expected}, the files given are ${found}`);
}

/** What turns one harness into another, by path from the top of the repository. */
export function harnessChanges(env: string, before: HarnessFiles, after: HarnessFiles): Map<string, string | null> {
  const paths = [...after.keys(), ...[...before.keys()].filter((path) => !after.has(path))];
  const changed = paths.filter((path) => before.get(path) !== after.get(path));
  return new Map(changed.map((path) => [`${harnessFolder(env)}/${path}`, after.get(path) ?? null]));
}
