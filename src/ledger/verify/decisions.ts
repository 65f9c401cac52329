/**
 * Recomputes decisions along a branch: chain, parents, children, verdicts, and what each commit did
 * to the harness.
 */

import { canonicalJson } from '../../digest.ts';
import { applyEdits, editKey } from '../../edit/edits.ts';
import { recompute } from '../../gate/record.ts';
import { PAST_RULES } from '../../gate/rules.ts';
import { harnessId } from '../../harness/parse.ts';
import { splicesOf } from '../../harness/splice.ts';
import type { HarnessFiles } from '../../types.ts';
import { changesBranch, type Decision, type FileDigest, fileDigests, hasChanges } from '../format/decision.ts';
import type { ObjectFormat } from '../git/object-id.ts';
import { decisionPath } from '../git/paths.ts';
import type { Oid } from '../git/plumbing.ts';
import { type Changed, verifyChange, verifyFrozen } from './candidates.ts';
import { hold, type LedgerFinding, type Note } from './finding.ts';
import { verifyLook } from './looks.ts';
import type { Node, StoredDecision } from './nodes.ts';
import { type Said, verifyApproval, verifyExpired, verifySettings } from './settings.ts';

interface Walk extends Said, Changed {
  readonly format: ObjectFormat;
  /** Every harness that could be rebuilt so far, by id. */
  readonly known: Map<string, HarnessFiles>;
  readonly releases: Map<string, { readonly commit: Oid; readonly harness: string }>;
  readonly evaluated: Map<string, number>;
  /** Decisions so far that open or close a look at a sealed panel. */
  readonly looks: Decision[];
  /** Id of the harness that the decisions so far lead to. */
  harness: string;
  seq: number;
  prev: string | null;
}

/** Adds what is wrong to `issues`; returns the commit of each release by version. */
export function verifyDecisions(
  env: string,
  nodes: readonly Node[],
  format: ObjectFormat,
  issues: LedgerFinding[],
): Map<string, Oid> {
  const none: HarnessFiles = new Map();
  const walk: Walk = {
    format,
    known: new Map([[harnessId(none), none]]),
    releases: new Map(),
    evaluated: new Map(),
    looks: [],
    settings: [],
    statements: [],
    entries: new Map(),
    artifacts: new Map(),
    keyChanges: [],
    kept: new Map(),
    frozen: null,
    harness: harnessId(none),
    seq: 0,
    prev: null,
  };
  for (const node of nodes) verifyNode(env, node, walk, issues);
  return new Map([...walk.releases].map(([version, { commit }]) => [version, commit]));
}

function verifyNode(env: string, node: Node, walk: Walk, issues: LedgerFinding[]): void {
  const after = harnessId(node.files);
  walk.known.set(after, node.files);
  // An applied release brings its decisions along: they start from what the night found, not from
  // the target's last commit.
  const first = node.added[0]?.decision?.parent.harness;
  if (!node.own && first !== undefined && walk.known.has(first)) walk.harness = first;
  for (const stored of node.added) {
    const note: Note = (field, expected, found) =>
      issues.push({ commit: node.commit, file: stored.path, field, expected: show(expected), found: show(found) });
    verifyOne(stored, node, walk, note);
  }
  // Before the branch started, a person may change the harness freely.
  if (!node.own && node.added.length === 0) walk.harness = after;
  if (walk.harness === after) return;
  const changed = differing(digestsOf(walk.known.get(walk.harness) ?? new Map(), walk), digestsOf(node.files, walk));
  issues.push({
    commit: node.commit,
    file: changed.map((path) => `harness/${env}/${path}`).join(', ') || `harness/${env}`,
    field: 'sha256',
    expected: `harness ${walk.harness}, to which the decisions lead`,
    found: `harness ${after}`,
  });
  walk.harness = after;
}

const show = (value: unknown): string => (typeof value === 'string' ? value : canonicalJson(value ?? null));

type Digests = Readonly<Record<string, FileDigest>>;

const digestsOf = (files: HarnessFiles, { format }: Walk): Digests => fileDigests(files, format);

/** Paths in both or either whose digests are not the same. */
const differing = (a: Digests, b: Digests): string[] =>
  [...new Set([...Object.keys(a), ...Object.keys(b)])]
    .filter((path) => canonicalJson(a[path] ?? null) !== canonicalJson(b[path] ?? null))
    .sort();

function verifyOne(stored: StoredDecision, node: Node, walk: Walk, note: Note): void {
  const { decision } = stored;
  const prev = walk.prev;
  walk.prev = stored.sha256;
  walk.seq += 1;
  if (decision === null) return;
  if (decision.seq !== walk.seq) note('seq', walk.seq, decision.seq);
  walk.seq = decision.seq;
  if (decision.prev !== prev) note('prev', prev, decision.prev);
  const path = decisionPath(decision.run, decision.seq);
  if (stored.path !== path) note('run', stored.path, path);
  verifyStage(decision, note);
  verifyVerdict(decision, note);
  verifyFrozen(decision, walk, note);
  verifyChild(decision, walk, note);
  verifyOnce(decision, walk, note);
  verifyLook(decision, walk.looks, note);
  verifySettings(decision, walk, note);
  verifyApproval(decision, walk, note);
  verifyExpired(decision, walk, note);
  if (decision.kind === 'release') walk.entries.set(stored.sha256, decision);
  if (decision.kind === 'release') verifyRelease(decision, node, walk, note);
  if (OF_VERSION.includes(decision.kind)) {
    const { version, child } = decision;
    const released = walk.releases.get(version ?? '');
    if (released?.harness !== child.harness)
      note('child.harness', released?.harness ?? `that of a release ${version}`, child.harness);
  }
}

/** Kinds that tell of what a version released. */
const OF_VERSION: readonly Decision['kind'][] = ['rollback', 'apply', 'audit'];

/** Kinds that tell of a harness which need not be the branch's. */
const ABOUT_ANOTHER: readonly Decision['kind'][] = ['candidate', 'apply', 'audit'];

const STAGES: Partial<Record<Decision['kind'], readonly string[]>> = {
  candidate: ['keep', 'prune'],
  release: ['release'],
  audit: ['audit'],
};

/** Each kind is decided by its own rule, and what is released by a look at a sealed panel. */
function verifyStage({ kind, gate, verdict, data }: Decision, note: Note): void {
  const stages = STAGES[kind] ?? [];
  if (gate !== null && !stages.includes(gate.stage)) note('gate.stage', stages.join(' or ') || 'no gate', gate.stage);
  if (kind !== 'release' || PAST_RULES.includes(verdict?.rules ?? '')) return;
  if (gate === null) note('gate', 'the scores of a look', null);
  if (data.panel === null) note('data.panel', 'the panel of a look', null);
}

/**
 * The verdict must be what the gate computes from the recorded scores, in every field; one by older
 * rules cannot be checked.
 */
function verifyVerdict({ gate, verdict, kind }: Decision, note: Note): void {
  if (gate === null) {
    if (verdict?.decision === 'accepted') note('gate', 'the scores behind an accepted verdict', null);
    if (kind === 'candidate' && verdict === null) note('verdict', 'a verdict', null);
    return;
  }
  if (verdict === null) {
    note('verdict', 'a verdict on the recorded scores', null);
    return;
  }
  if (PAST_RULES.includes(verdict.rules)) return;
  let expected: Record<string, unknown>;
  try {
    expected = { ...recompute(gate) };
  } catch (error) {
    note('gate', 'scores that the gate can judge', (error as Error).message);
    return;
  }
  const found: Record<string, unknown> = { ...verdict };
  for (const field of new Set([...Object.keys(expected), ...Object.keys(found)])) {
    hold(note, `verdict.${field}`, expected[field], found[field]);
  }
}

/**
 * The child must be the parent with the edits applied, byte for byte, and its digests those of its
 * files.
 */
function verifyChild(decision: Decision, walk: Walk, note: Note): void {
  const { parent, child, candidate, kind, verdict } = decision;
  const moves = changesBranch(decision);
  if (moves && parent.harness !== walk.harness) note('parent.harness', walk.harness, parent.harness);
  const before = walk.known.get(parent.harness);
  // What a target branch held before an application may be a person's own; the branch need not know
  // it.
  if (before === undefined && kind !== 'apply') note('parent.harness', 'a harness of this branch', parent.harness);
  if (candidate !== null && kind === 'candidate') {
    const keys = candidate.edits.map(editKey);
    if (canonicalJson(keys) !== canonicalJson(candidate.keys)) note('candidate.keys', keys, candidate.keys);
    const rebuilt = before && rebuild(before, decision);
    if (rebuilt !== undefined) {
      const refused = verdict?.stage === 'check' && verdict.decision !== 'accepted';
      if (harnessId(rebuilt) !== child.harness && !(refused && child.harness === parent.harness)) {
        note('child.harness', harnessId(rebuilt), child.harness);
      }
      walk.known.set(harnessId(rebuilt), rebuilt);
    } else if (before && child.harness !== parent.harness) {
      note('candidate.edits', 'edits that apply to the parent', 'edits that do not');
    }
  } else if (kind === 'candidate') {
    note('candidate', 'the edits', null);
  } else if ((!moves || kind === 'merge') && !ABOUT_ANOTHER.includes(kind) && child.harness !== walk.harness) {
    note('child.harness', walk.harness, child.harness);
  }
  const files = walk.known.get(child.harness);
  if (files === undefined) note('child.harness', 'a harness of this branch', child.harness);
  const digests = files === undefined ? child.files : digestsOf(files, walk);
  for (const path of differing(digests, child.files)) {
    note(`subject.${path}`, digests[path] ?? 'no file', child.files[path] ?? 'no file');
  }
  const splices = before !== undefined && files !== undefined && hasChanges(decision) ? splicesOf(before, files) : [];
  if (canonicalJson(splices) !== canonicalJson(decision.changes)) note('changes', splices, decision.changes);
  if (before !== undefined && files !== undefined) verifyChange(decision, { before, after: files }, walk, note);
  if (moves) walk.harness = child.harness;
}

function rebuild(before: HarnessFiles, { candidate }: Decision): HarnessFiles | undefined {
  try {
    return applyEdits(before, candidate?.edits ?? []);
  } catch {
    return undefined;
  }
}

/** Every evaluated candidate has exactly one decision. */
function verifyOnce({ kind, run, parent, child, verdict, gate, seq }: Decision, walk: Walk, note: Note): void {
  if (kind !== 'candidate' || gate === null) return;
  const key = [run, verdict?.stage, parent.harness, child.harness].join(' ');
  const earlier = walk.evaluated.get(key);
  if (earlier !== undefined) note('seq', `one decision, number ${earlier}, on this candidate`, seq);
  walk.evaluated.set(key, seq);
}

function verifyRelease({ version, verdict, child }: Decision, node: Node, walk: Walk, note: Note): void {
  if (version === null) {
    if (verdict?.decision === 'accepted') note('version', `v${walk.releases.size + 1}`, null);
    return;
  }
  if (verdict?.decision !== 'accepted') note('verdict.decision', 'accepted', verdict?.decision ?? null);
  if (version !== `v${walk.releases.size + 1}`) note('version', `v${walk.releases.size + 1}`, version);
  walk.releases.set(version, { commit: node.commit, harness: child.harness });
}
