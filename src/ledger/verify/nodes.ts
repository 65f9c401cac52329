/** The history of a branch as `verify` walks it: per commit, its harness and new decisions. */
import { canonicalJson, sha256 } from '../../digest.ts';
import { InfrastructureError } from '../../errors.ts';
import { harnessId } from '../../harness/parse.ts';
import type { HarnessFiles, Json } from '../../types.ts';
import { DsseEnvelope } from '../format/dsse.ts';
import { canonicalText, decisionOf, envOf, PREDICATE, readStatement } from '../format/statement.ts';
import type { Repository } from '../git/git.ts';
import { harnessFolder, harnessPath, parseDecisionPath, signedPath } from '../git/paths.ts';
import { type Oid, readObjects, type TreeChange, trailers } from '../git/plumbing.ts';
import { changesAlong, readChain } from '../git/trees.ts';
import { isLedgerCommit } from '../git/walk.ts';
import type { LedgerFinding } from '../kinds/finding.ts';
import type { Decision } from '../kinds/index.ts';

export interface StoredDecision {
  readonly path: string;
  readonly sha256: string;
  readonly text: string;
  /** Null for none. Its envelope is null if it cannot be read, which is an issue of its own. */
  readonly signature: { readonly envelope: DsseEnvelope | null } | null;
  /** The version of its form. */
  readonly was: 'v2' | 'v3';
  /** Null if the bytes do not fit the schema: an issue of its own, for `v2` unchecked. */
  readonly decision: Decision | null;
}

export interface Node {
  readonly commit: Oid;
  /** True from this program's first commit on: from there, harness changes need decisions. */
  readonly own: boolean;
  /** The harness after this commit. */
  readonly files: HarnessFiles;
  /** True if the commit changed the harness. */
  readonly changed: boolean;
  /** Decisions of this environment that it adds, by number. */
  readonly added: readonly StoredDecision[];
}

/** The commits that change harness or records, oldest first, and the objects. */
export interface History {
  /** All first parents up to the tip, oldest first. */
  readonly chain: readonly Oid[];
  readonly commits: readonly { readonly oid: Oid; readonly message: string; readonly changes: readonly TreeChange[] }[];
  readonly objects: ReadonlyMap<Oid, Uint8Array>;
}

/** Folders and files of the harness, and the records of all environments. */
const concerns =
  (env: string) =>
  (path: string): boolean => {
    if (!path.endsWith('/'))
      return harnessPath(env, path) !== null || parseDecisionPath(path) !== null || signedPath(path) !== null;
    const folder = `${harnessFolder(env)}/`;
    return folder.startsWith(path) || path.startsWith(folder) || /^runs\/(?:[^/]+\/(?:decisions\/)?)?$/.test(path);
  };

/** Reads the first-parent commits that change the harness or decisions. */
export async function readHistory(repository: Repository, env: string, tip: Oid): Promise<History> {
  const chain = await readChain(repository, tip);
  const changes = await changesAlong(repository, chain, concerns(env));
  const blobs = [...changes.values()].flat().filter(({ status }) => status !== 'D');
  const objects = await readObjects(
    repository,
    blobs.map(({ oid }) => oid),
  );
  const missing = blobs.find(({ oid }) => !objects.has(oid));
  if (missing !== undefined)
    throw new InfrastructureError(
      `object ${missing.oid} (${missing.path}) is missing; is this a partial clone? run: git fetch --refetch --no-filter`,
    );
  return {
    chain: chain.map(({ oid }) => oid),
    commits: chain.flatMap(({ oid, message }) => {
      const own = changes.get(oid);
      return own === undefined ? [] : [{ oid, message, changes: own }];
    }),
    objects,
  };
}

/** Follows harness and decisions along a history; adds faults of single files to `issues`. */
export function nodesOf(env: string, { commits, objects }: History, issues: LedgerFinding[]): Node[] {
  const start = commits.findIndex(({ message }) => isLedgerCommit(message, env));
  const reader = new NodeReader(env, objects, issues);
  return commits.map(({ oid, message, changes }, index) => {
    const node = reader.next(oid, changes, start >= 0 && index >= start);
    checkTrailers(node, message, env, issues);
    return node;
  });
}

/** Holds the tree as it grows from commit to commit. */
class NodeReader {
  private files: Map<string, string> = new Map();
  private readonly ours = new Set<string>();
  /** Decisions of other environments. */
  private readonly others = new Set<string>();
  private readonly env: string;
  private readonly objects: ReadonlyMap<Oid, Uint8Array>;
  private readonly issues: LedgerFinding[];

  constructor(env: string, objects: ReadonlyMap<Oid, Uint8Array>, issues: LedgerFinding[]) {
    this.env = env;
    this.objects = objects;
    this.issues = issues;
  }

  next(commit: Oid, changes: readonly TreeChange[], own: boolean): Node {
    const added: Omit<StoredDecision, 'signature'>[] = [];
    const signatures = new Map<string, TreeChange>();
    for (const change of changes) {
      const signed = signedPath(change.path);
      if (signed !== null) signatures.set(signed, change);
      else if (parseDecisionPath(change.path) !== null) {
        const stored = this.decision(commit, change);
        if (stored !== null) added.push(stored);
      }
    }
    // What a person's side brings in may be executable; what this program writes never is.
    const brought = added.some(({ decision }) => decision?.kind === 'external' || decision?.kind === 'merge');
    const changed = this.change(commit, changes, own && !brought);
    added.sort((a, b) => (a.decision?.seq ?? 0) - (b.decision?.seq ?? 0));
    const signed = added.map((stored) => ({
      ...stored,
      signature: this.signature(commit, signatures.get(stored.path)),
    }));
    for (const [path, change] of signatures)
      if (!this.others.has(path) && !added.some((stored) => stored.path === path)) this.stray(commit, change);
    return { commit, own, files: this.files, changed, added: signed };
  }

  /** Takes over what a commit does to the harness; true if it does something. */
  private change(commit: Oid, changes: readonly TreeChange[], plain: boolean): boolean {
    const files = new Map(this.files);
    const harness = changes.filter(({ path }) => harnessPath(this.env, path) !== null);
    for (const change of harness) {
      const inner = harnessPath(this.env, change.path) as string;
      if (change.status === 'D') files.delete(inner);
      else files.set(inner, this.text(commit, change, plain));
    }
    this.files = files;
    return harness.length > 0;
  }

  private signature(commit: Oid, change: TreeChange | undefined): StoredDecision['signature'] {
    if (change === undefined) return null;
    if (change.status !== 'A') {
      this.stray(commit, change);
      return null;
    }
    const note = (field: string, expected: string, found: string) =>
      this.issues.push({ commit, file: change.path, field, expected, found });
    const text = this.text(commit, change, true);
    try {
      const raw: unknown = JSON.parse(text);
      if (canonicalText(raw) !== text) note('bytes', 'canonical JSON', `sha256 ${sha256(text)}`);
      const parsed = DsseEnvelope.safeParse(raw);
      for (const fault of parsed.error?.issues ?? [])
        note(fault.path.join('.'), 'a DSSE envelope with one signature', fault.message);
      return { envelope: parsed.success ? parsed.data : null };
    } catch (error) {
      note('bytes', 'JSON', (error as Error).message);
      return { envelope: null };
    }
  }

  /** A signature is written once, with its decision. */
  private stray(commit: Oid, { path, status }: TreeChange): void {
    const found = status === 'A' ? 'added without it' : status === 'D' ? 'deleted' : 'changed';
    this.issues.push({
      commit,
      file: path,
      field: 'bytes',
      expected: 'written once, with the decision that it signs',
      found,
    });
  }

  private text(commit: Oid, { path, oid, mode }: TreeChange, plain: boolean): string {
    const note = (field: string, expected: string, found: string) =>
      this.issues.push({ commit, file: path, field, expected, found });
    if (plain ? mode !== '100644' : !mode.startsWith('100')) note('mode', '100644', mode);
    const bytes = this.objects.get(oid);
    if (bytes === undefined) {
      note('bytes', `object ${oid}`, 'missing');
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
  private decision(commit: Oid, change: TreeChange): Omit<StoredDecision, 'signature'> | null {
    const { path, status } = change;
    const note = (field: string, expected: string, found: string) =>
      this.issues.push({ commit, file: path, field, expected, found });
    if (status !== 'A') {
      if (this.ours.has(path)) note('bytes', 'written once', status === 'D' ? 'deleted' : 'changed');
      return null;
    }
    const text = this.text(commit, change, true);
    let raw: Json;
    try {
      raw = JSON.parse(text) as Json;
    } catch (error) {
      note('bytes', 'JSON', (error as Error).message);
      this.ours.add(path);
      return { path, text, sha256: sha256(text), was: 'v3', decision: null };
    }
    const env = envOf(raw);
    if (typeof env === 'string' && env !== this.env) {
      this.others.add(path);
      return null;
    }
    this.ours.add(path);
    const canonical = canonicalText(raw);
    if (canonical !== text) note('bytes', `canonical JSON, sha256 ${sha256(canonical)}`, `sha256 ${sha256(text)}`);
    const { was, current, parsed } = readStatement(raw);
    // What another version wrote in a way that is not known here is no forgery.
    if (was === 'v3')
      for (const fault of parsed.error?.issues ?? [])
        note(fault.path.join('.'), `the schema ${PREDICATE}`, fault.message);
    // What the schema would fill in must be there already: the record means what its bytes say.
    if (parsed.success && canonicalJson(parsed.data) !== canonicalJson(current))
      note('bytes', 'every field', 'fields left out');
    return { path, text, sha256: sha256(text), was, decision: parsed.success ? decisionOf(parsed.data) : null };
  }
}

/** Trailers must agree with the ledger; a squash keeps the last number, not the first. */
function checkTrailers({ commit, added, files }: Node, message: string, env: string, issues: LedgerFinding[]): void {
  if (!isLedgerCommit(message, env)) return;
  const last = added.at(-1);
  const check = (field: string, expected: string | undefined, of = (text: string) => text) => {
    const found = trailers(message, field)[0];
    if (found !== undefined && of(found) !== expected)
      issues.push({ commit, file: 'message', field, expected: expected ?? 'no decision', found });
  };
  check('Optimize-Entry', last && `sha256:${last.sha256}`);
  // What cannot be read is an issue of its own.
  if (last?.decision !== null)
    check('Optimize-Seq', last && `${last.decision.seq}`, (text) => text.split('-')[1] ?? '');
  check('Optimize-Harness', harnessId(files));
}
