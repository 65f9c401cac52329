/** Walks along a branch: the chain, each child rebuilt from its parent, each kind's own rules. */
import { canonicalJson } from '../../digest.ts';
import { applyEdits } from '../../edit/edits.ts';
import { GATE_RULES, V2_RULES } from '../../gate/rules.ts';
import { harnessId } from '../../harness/parse.ts';
import { splicesOf } from '../../harness/splice.ts';
import type { HarnessFiles, Vocabulary } from '../../types.ts';
import type { ObjectFormat } from '../git/object-id.ts';
import { decisionPath } from '../git/paths.ts';
import type { Oid } from '../git/plumbing.ts';
import { type FileDigest, fileDigests } from '../kinds/fields.ts';
import { hold, type LedgerFinding, type Note, notesOn } from '../kinds/finding.ts';
import { type Decision, kindOf } from '../kinds/index.ts';
import type { Context } from '../kinds/kind.ts';
import type { Node, StoredDecision } from './nodes.ts';

interface Walk {
  readonly format: ObjectFormat;
  /** Every harness that could be rebuilt so far, by id. */
  readonly known: Map<string, HarnessFiles>;
  readonly before: Decision[];
  readonly entries: Map<string, Decision>;
  /** Commit of each release by version. */
  readonly releases: Map<string, Oid>;
  /** Id of the harness that the decisions so far lead to. */
  harness: string;
  seq: number;
  prev: string | null;
  /** True once a record of this version was seen: v2 records must come before. */
  current: boolean;
  readonly vocabulary: Vocabulary | undefined;
}

/** Adds what is wrong to `issues`; returns the commit of each release by version. */
export function verifyDecisions(
  env: string,
  nodes: readonly Node[],
  format: ObjectFormat,
  issues: LedgerFinding[],
  vocabulary?: Vocabulary,
): ReadonlyMap<string, Oid> {
  const none: HarnessFiles = new Map();
  const walk: Walk = {
    format,
    known: new Map([[harnessId(none), none]]),
    vocabulary,
    entries: new Map(),
    releases: new Map(),
    before: [],
    harness: harnessId(none),
    seq: 0,
    prev: null,
    current: false,
  };
  for (const node of nodes) verifyNode(env, node, walk, issues);
  return walk.releases;
}

function verifyNode(env: string, node: Node, walk: Walk, issues: LedgerFinding[]): void {
  const after = harnessId(node.files);
  walk.known.set(after, node.files);
  // Decisions of an applied release start from what the night found, not from the last commit here.
  const first = node.added[0]?.decision?.parent.harness;
  if (!node.own && first !== undefined && walk.known.has(first)) walk.harness = first;
  for (const stored of node.added) {
    verifyOne(stored, node, walk, notesOn(issues, node.commit, stored.path));
  }
  // Before the branch starts, anyone may change the harness; an unread decision may lead anywhere.
  if (!node.own && node.added.length === 0) walk.harness = after;
  if (node.added.some(({ was, decision }) => was === 'v2' && decision === null)) walk.harness = after;
  if (walk.harness === after) return;
  const led = fileDigests(walk.known.get(walk.harness) ?? new Map(), walk.format);
  const changed = differing(led, fileDigests(node.files, walk.format));
  const file = changed.map((path) => `harness/${env}/${path}`).join(', ') || `harness/${env}`;
  const expected = `harness ${walk.harness}, to which the decisions lead`;
  notesOn(issues, node.commit, file)('sha256', expected, `harness ${after}`);
  walk.harness = after;
}

type Digests = Readonly<Record<string, FileDigest>>;

/** Paths whose digests differ or that only one side has. */
const differing = (a: Digests, b: Digests): string[] =>
  [...new Set([...Object.keys(a), ...Object.keys(b)])]
    .filter((path) => canonicalJson(a[path] ?? null) !== canonicalJson(b[path] ?? null))
    .sort();

function verifyOne(stored: StoredDecision, node: Node, walk: Walk, note: Note): void {
  const { decision, was } = stored;
  const prev = walk.prev;
  walk.prev = stored.sha256;
  walk.seq += 1;
  if (was === 'v2' && walk.current) note('predicateType', 'v3, as in the records before it', 'v2');
  walk.current ||= was === 'v3';
  if (decision === null) return;
  // Otherwise a forger could leave out the order of the arms.
  if (was === 'v3' && 'verdict' in decision && decision.verdict.rules === V2_RULES)
    note('verdict.rules', GATE_RULES, V2_RULES);
  if (decision.seq !== walk.seq) note('seq', walk.seq, decision.seq);
  walk.seq = decision.seq;
  if (decision.prev !== prev) note('prev', prev, decision.prev);
  const path = decisionPath(decision.run, decision.seq);
  if (stored.path !== path) note('run', stored.path, path);
  const sides = verifyChild(decision, walk, note);
  const { before, entries, vocabulary } = walk;
  kindOf(decision).verify(decision, { before, entries, vocabulary, sides, note });
  walk.before.push(decision);
  walk.entries.set(stored.sha256, decision);
  if (decision.kind === 'release' && decision.version !== undefined) walk.releases.set(decision.version, node.commit);
}

/** The child must be the parent with the edits, byte for byte. Gives both sides if known. */
function verifyChild(decision: Decision, walk: Walk, note: Note): Context['sides'] {
  const { parent, child, kind } = decision;
  const { elsewhere, ...rule } = kindOf(decision);
  const moves = rule.changesBranch(decision);
  if (moves && parent.harness !== walk.harness) note('parent.harness', walk.harness, parent.harness);
  if (!moves && !elsewhere && child.harness !== walk.harness) note('child.harness', walk.harness, child.harness);
  const before = walk.known.get(parent.harness);
  // What a target branch held before `apply` may be a person's own, unknown here.
  if (before === undefined && kind !== 'apply') note('parent.harness', 'a harness of this branch', parent.harness);
  if (kind === 'candidate' && before !== undefined) rebuild(decision, before, walk, note);
  const files = walk.known.get(child.harness);
  if (files === undefined) note('child.harness', 'a harness of this branch', child.harness);
  const digests = files === undefined ? child.files : fileDigests(files, walk.format);
  for (const path of differing(digests, child.files)) {
    note(`subject.${path}`, digests[path] ?? 'no file', child.files[path] ?? 'no file');
  }
  if ('changes' in decision) hold(note, 'changes', before && files ? splicesOf(before, files) : [], decision.changes);
  if (moves) walk.harness = child.harness;
  return before === undefined || files === undefined ? null : { before, after: files };
}

type Candidate = Extract<Decision, { kind: 'candidate' }>;

function rebuild({ edits, parent, child, verdict }: Candidate, before: HarnessFiles, walk: Walk, note: Note): void {
  let rebuilt: HarnessFiles;
  try {
    rebuilt = applyEdits(before, edits);
  } catch {
    if (child.harness !== parent.harness) note('edits', 'edits that apply to the parent', 'edits that do not');
    return;
  }
  const id = harnessId(rebuilt);
  const refused = verdict.stage === 'check' && verdict.decision !== 'accepted';
  if (id !== child.harness && !(refused && child.harness === parent.harness)) note('child.harness', id, child.harness);
  walk.known.set(id, rebuilt);
}
