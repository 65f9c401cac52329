/** The history of a branch as `verify` walks it: per commit, its harness and new decisions. */
import { canonicalJson, jsonOf, STORED_DEPTH, sha256 } from '../../digest.ts';
import { InfrastructureError } from '../../errors.ts';
import { harnessId } from '../../harness/parse.ts';
import type { HarnessFiles, Json } from '../../types.ts';
import { DsseEnvelope } from '../format/dsse.ts';
import { canonicalText, decisionOf, envOf, PREDICATE, readStatement } from '../format/statement.ts';
import type { Repository } from '../git/git.ts';
import { harnessFolder, harnessPath, parseDecisionPath, signedPath } from '../git/paths.ts';
import { AT_MOST, type Oid, readObjects, type TreeChange, trailers } from '../git/plumbing.ts';
import { changesAlong, MOST_ENTRIES, readChain } from '../git/trees.ts';
import { isLedgerCommit, NIGHT } from '../git/walk.ts';
import { type LedgerFinding, notesOn } from '../kinds/finding.ts';
import type { Decision } from '../kinds/index.ts';

export interface StoredDecision {
  readonly path: string;
  readonly sha256: string;
  readonly text: string;
  /** Null for none. Its envelope is null if it cannot be read, which is an issue of its own. */
  readonly signature: { readonly envelope: DsseEnvelope | null } | null;
  readonly was: 'v2' | 'v3';
  /** Null if the bytes do not fit the schema: an issue of its own; for v2 unchecked. */
  readonly decision: Decision | null;
}

export interface Node {
  readonly commit: Oid;
  /** True from this program's first commit on: from there, harness changes need decisions. */
  readonly own: boolean;
  /** The harness after this commit. */
  readonly files: HarnessFiles;
  /** Id of the night that made it; null for other commits. */
  readonly night: string | null;
  /** Decisions of this environment that it adds, by number. */
  readonly added: readonly StoredDecision[];
}

/** All decisions in order, with their commits. */
export const storedIn = (nodes: readonly Node[]) =>
  nodes.flatMap(({ added, commit, night }) => added.map((stored) => ({ ...stored, commit, night })));

/** The commits that change harness or records, oldest first, and the objects. */
export interface History {
  /** All first parents up to the tip, oldest first. */
  readonly chain: readonly Oid[];
  readonly commits: readonly {
    readonly oid: Oid;
    readonly message: string;
    readonly changes: readonly TreeChange[];
    readonly flood: boolean;
  }[];
  readonly objects: ReadonlyMap<Oid, Uint8Array>;
  /** Bytes of objects that are too large to be read. */
  readonly large: ReadonlyMap<Oid, number>;
}

/** Selects the harness, and the records of all environments. */
const concerns =
  (env: string) =>
  (path: string): boolean => {
    if (!path.endsWith('/'))
      return harnessPath(env, path) !== null || parseDecisionPath(path) !== null || signedPath(path) !== null;
    const folder = `${harnessFolder(env)}/`;
    return folder.startsWith(path) || path.startsWith(folder) || /^runs\/(?:[^/]+\/(?:decisions\/)?)?$/.test(path);
  };

/** Reads the first-parent commits that change harness or decisions. */
export async function readHistory(repository: Repository, env: string, tip: Oid): Promise<History> {
  const chain = await readChain(repository, tip);
  const floods = new Set<Oid>();
  const changes = await changesAlong(repository, chain, concerns(env), floods);
  const blobs = [...changes.values()].flat().filter(({ status }) => status !== 'D');
  const oids = blobs.map(({ oid }) => oid);
  const large = new Map<Oid, number>();
  const objects = await readObjects(repository, oids, large);
  const missing = blobs.find(({ oid }) => !objects.has(oid) && !large.has(oid));
  if (missing !== undefined)
    throw new InfrastructureError(
      `object ${missing.oid} (${missing.path}) is missing; is this a partial clone? run: git fetch --refetch --no-filter`,
    );
  const commits = chain.flatMap(({ oid, message }) => {
    const flood = floods.has(oid);
    const own = changes.get(oid) ?? (flood ? [] : undefined);
    return own === undefined ? [] : [{ oid, message, changes: own, flood }];
  });
  return { chain: chain.map(({ oid }) => oid), commits, objects, large };
}

/** What was read of a branch so far. */
interface Reader {
  readonly env: string;
  readonly objects: History['objects'];
  readonly large: History['large'];
  readonly issues: LedgerFinding[];
  /** Paths of this environment's decisions, and of other environments'. */
  readonly ours: Set<string>;
  readonly others: Set<string>;
}

type Unsigned = Omit<StoredDecision, 'signature'>;

/** Follows harness and decisions along a history; adds faults of single files to `issues`. */
export function nodesOf(env: string, { commits, objects, large }: History, issues: LedgerFinding[]): Node[] {
  const start = commits.findIndex(({ message }) => isLedgerCommit(message, env));
  const reader: Reader = { env, objects, large, issues, ours: new Set(), others: new Set() };
  let files: HarnessFiles = new Map();
  return commits.map(({ oid: commit, message, changes, flood }, index) => {
    const own = start >= 0 && index >= start;
    if (flood)
      notesOn(issues, commit, `${harnessFolder(env)}, runs`)(
        'files',
        `at most ${MOST_ENTRIES} that one commit changes`,
        'more',
      );
    const decisions = changes
      .filter(({ path }) => parseDecisionPath(path) !== null)
      .flatMap((change) => decisionIn(reader, commit, change) ?? [])
      .sort((a, b) => (a.decision?.seq ?? 0) - (b.decision?.seq ?? 0));
    // A merge may bring executable files; what this program writes never is executable.
    const brought = decisions.some(({ decision }) => decision?.kind === 'external' || decision?.kind === 'merge');
    files = harnessAfter(reader, commit, { files, changes, plain: own && !brought });
    const added = withSignatures(reader, commit, decisions, changes);
    const node = { commit, own, files, added, night: trailers(message, NIGHT)[0] ?? null };
    checkTrailers(node, message, env, issues);
    return node;
  });
}

function harnessAfter(
  reader: Reader,
  commit: Oid,
  step: { readonly files: HarnessFiles; readonly changes: readonly TreeChange[]; readonly plain: boolean },
): HarnessFiles {
  const files = new Map(step.files);
  for (const change of step.changes) {
    const inner = harnessPath(reader.env, change.path);
    if (inner === null) continue;
    if (change.status === 'D') files.delete(inner);
    else files.set(inner, textOf(reader, commit, change, step.plain));
  }
  return files;
}

function withSignatures(
  reader: Reader,
  commit: Oid,
  decisions: readonly Unsigned[],
  changes: readonly TreeChange[],
): StoredDecision[] {
  const signatures = new Map(changes.map((change) => [signedPath(change.path), change]));
  const added = decisions.map((stored) => {
    const change = signatures.get(stored.path);
    return { ...stored, signature: change === undefined ? null : signatureIn(reader, commit, change) };
  });
  for (const [path, change] of signatures)
    if (path !== null && !reader.others.has(path) && !decisions.some((stored) => stored.path === path))
      noteStray(reader, commit, change);
  return added;
}

function signatureIn(reader: Reader, commit: Oid, change: TreeChange): StoredDecision['signature'] {
  if (change.status !== 'A') {
    noteStray(reader, commit, change);
    return null;
  }
  const note = notesOn(reader.issues, commit, change.path);
  const text = textOf(reader, commit, change, true);
  try {
    const raw: unknown = jsonOf(text, STORED_DEPTH);
    if (canonicalText(raw) !== text) note('bytes', 'canonical JSON', `sha256 ${sha256(text)}`);
    const parsed = DsseEnvelope.safeParse(raw);
    for (const fault of parsed.error?.issues ?? [])
      note(fault.path.join('.'), 'a DSSE envelope with one signature', fault.message);
    return { envelope: parsed.data ?? null };
  } catch (error) {
    note('bytes', 'JSON', (error as Error).message);
    return { envelope: null };
  }
}

/** A signature is written once, with its decision. */
function noteStray({ issues }: Reader, commit: Oid, { path, status }: TreeChange): void {
  const found = { A: 'added without it', D: 'deleted' }[status] ?? 'changed';
  notesOn(issues, commit, path)('bytes', 'written once, with the decision that it signs', found);
}

function textOf(
  { objects, large, issues }: Reader,
  commit: Oid,
  { path, oid, mode }: TreeChange,
  plain: boolean,
): string {
  const note = notesOn(issues, commit, path);
  if (plain ? mode !== '100644' : !mode.startsWith('100')) note('mode', '100644', mode);
  const bytes = objects.get(oid);
  if (bytes === undefined) {
    const size = large.get(oid);
    note('bytes', size === undefined ? `object ${oid}` : AT_MOST, size === undefined ? 'missing' : `${size} bytes`);
    return '';
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    note('bytes', 'UTF-8 text', 'other bytes');
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  }
}

/** Null for another environment's decision. */
function decisionIn(reader: Reader, commit: Oid, change: TreeChange): Unsigned | null {
  const { path, status } = change;
  const note = notesOn(reader.issues, commit, path);
  if (status !== 'A') {
    if (reader.ours.has(path)) note('bytes', 'written once', status === 'D' ? 'deleted' : 'changed');
    return null;
  }
  const text = textOf(reader, commit, change, true);
  const stored = { path, text, sha256: sha256(text) };
  let raw: Json;
  try {
    raw = jsonOf(text, STORED_DEPTH);
  } catch (error) {
    note('bytes', 'JSON', (error as Error).message);
    reader.ours.add(path);
    return { ...stored, was: 'v3', decision: null };
  }
  const env = envOf(raw);
  if (typeof env === 'string' && env !== reader.env) {
    reader.others.add(path);
    return null;
  }
  reader.ours.add(path);
  const canonical = canonicalText(raw);
  if (canonical !== text) note('bytes', `canonical JSON, sha256 ${sha256(canonical)}`, `sha256 ${stored.sha256}`);
  const { was, current, parsed } = readStatement(raw);
  // A v2 record that is not understood here is no forgery.
  if (was === 'v3')
    for (const fault of parsed.error?.issues ?? [])
      note(fault.path.join('.'), `the schema ${PREDICATE}`, fault.message);
  // Every field must be in the bytes: none is filled in by the schema.
  if (parsed.success && canonicalJson(parsed.data) !== canonicalJson(current))
    note('bytes', 'every field', 'fields left out');
  return { ...stored, was, decision: parsed.success ? decisionOf(parsed.data) : null };
}

/** Trailers must agree with the ledger; a squash keeps the last number, not the first. */
function checkTrailers({ commit, added, files }: Node, message: string, env: string, issues: LedgerFinding[]): void {
  if (!isLedgerCommit(message, env)) return;
  const last = added.at(-1);
  const note = notesOn(issues, commit, 'message');
  const check = (field: string, expected: string | undefined, of = (text: string) => text) => {
    const found = trailers(message, field)[0];
    if (found !== undefined && of(found) !== expected) note(field, expected ?? 'no decision', found);
  };
  check('Optimize-Entry', last && `sha256:${last.sha256}`);
  // An unreadable record is an issue of its own.
  if (last?.decision !== null)
    check('Optimize-Seq', last && `${last.decision.seq}`, (text) => text.split('-')[1] ?? '');
  check('Optimize-Harness', harnessId(files));
}
