/** `optimize verify`: recomputes every decision from git objects and trusts no summary. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { isObject, jsonOf } from '../../digest.ts';
import { knownVocabulary } from '../../environments/registry.ts';
import { UsageError } from '../../errors.ts';
import { fileDigest, readPlain, strangePart } from '../../files.ts';
import type { Repository } from '../git/git.ts';
import { mergeBase, type Oid } from '../git/plumbing.ts';
import { listRefs, type Ref } from '../git/refs.ts';
import type { Trust } from '../keys/trust.ts';
import { artifactPath, artifactsIn, expiredFiles } from '../kinds/expire.ts';
import { hold, type LedgerFinding, notesOn, type Unchecked } from '../kinds/finding.ts';
import type { Decision } from '../kinds/index.ts';
import { isPast } from '../kinds/judged.ts';
import { type NamedEndpoint, settingsInForce } from '../kinds/settings.ts';
import { type Anchor, anchorOf, verifyAnchor } from './anchor.ts';
import { branchesOf, LEDGER_REFS, missingFrom } from './branches.ts';
import { verifyDecisions } from './decisions.ts';
import { compareDeployed, harnessInForce } from './deployed.ts';
import { type Node, nodesOf, readHistory, storedIn } from './nodes.ts';
import { verifySignatures } from './signatures.ts';
import { verifyTrust } from './trust.ts';

/**
 * V1: the records agree with each other and can be recomputed. V2: trusted keys signed them. V3:
 * they continue an anchor that was kept elsewhere. V4: episodes played again give their scores.
 */
export type Level = 'V1' | 'V2' | 'V3' | 'V4';
/** What finds an issue: a level, or the comparison with a folder. */
export type Sight = Level | 'deployed';

export interface VerifyIssue extends LedgerFinding {
  /** The lowest level that finds it. */
  readonly level: Sight;
}

export interface BranchReport {
  readonly env: string;
  readonly branch: string;
  readonly head: Oid;
  readonly decisions: number;
  /** Number of the first signed decision; null when none is. */
  readonly signedFrom: number | null;
  readonly commits: number;
  readonly releases: number;
  /** True if settings were recorded before anything was scored. */
  readonly bound: boolean;
  /** Of the settings in force: the models that nights ask. */
  readonly endpoints: readonly NamedEndpoint[];
  /** For a later `--anchor`; null while there is no decision. */
  readonly anchor: Anchor | null;
}

export interface VerifyReport {
  readonly levels: readonly Level[];
  /** What the folder was compared with; null without one. */
  readonly deployed: string | null;
  readonly branches: readonly BranchReport[];
  readonly issues: readonly VerifyIssue[];
  readonly unchecked: readonly Unchecked[];
  /** Results of rollouts that were played again, one sentence per environment; absent for none. */
  readonly anew?: readonly string[];
  /** What these levels do not cover, one sentence each. */
  readonly notCovered: readonly string[];
  /** True if there is no issue; `unchecked` may still hold something. */
  readonly ok: boolean;
}

export interface VerifyOptions {
  /** Only this environment; default every `optimize/*` branch. */
  readonly env?: string;
  /** Asks for V2. */
  readonly trust?: Trust;
  /** Asks for V3. */
  readonly anchors?: readonly Anchor[];
  /** A folder to compare with the harness in force of `env`, or of the only branch. */
  readonly deployed?: string;
}

/**
 * V1 checks write-once decisions, chain, canonical bytes, schema, that each harness change shares a
 * commit with its decision, that each child is its parent with the edits, every field of verdicts,
 * digests, tags and artifacts at hand. Throws `UsageError` for a shallow clone or a missing branch.
 */
export async function verifyRepository(repository: Repository, options: VerifyOptions = {}): Promise<VerifyReport> {
  if ((statSync(join(repository.commonDir, 'shallow'), { throwIfNoEntry: false })?.size ?? 0) > 0)
    throw new UsageError(
      'this clone holds only part of the history, so the chain cannot be checked; run: git fetch --unshallow',
    );
  const { trust, anchors = [] } = options;
  const refs = await listRefs(repository, LEDGER_REFS);
  const branches = branchesOf(refs, options.env);
  const [v1, v2, v3]: [LedgerFinding[], LedgerFinding[], LedgerFinding[]] = [[], [], []];
  const unchecked: Unchecked[] = [];
  const absent = new Set<string>();
  const held = new Set<string>();
  const reports: BranchReport[] = [];
  for (const { env, branch, head } of branches) {
    const history = await readHistory(repository, env, head);
    const nodes = nodesOf(env, history, v1);
    const releases = verifyDecisions(env, nodes, repository.objectFormat, v1, await knownVocabulary(env));
    verifySignatures(nodes, v1);
    const tags = refs.filter((ref) => ref.name.startsWith(`refs/tags/harness/${env}/`));
    await checkTags(repository, { env, refs, tags }, releases, { issues: v1, unchecked });
    await checkArtifacts(repository, nodes, { issues: v1, unchecked, absent });
    if (trust !== undefined) verifyTrust(env, nodes, trust, { found: v2, unchecked });
    for (const anchor of anchors) if (anchor.env === env) verifyAnchor(anchor, nodes, history.chain, v3);
    const all = storedIn(nodes);
    for (const { path } of all) held.add(path);
    const records = all.flatMap(({ decision }) => decision ?? []);
    reports.push({
      env,
      branch,
      head,
      decisions: all.length,
      signedFrom: all.find(({ decision }) => decision?.signer)?.decision?.seq ?? null,
      commits: nodes.filter(({ own }) => own).length,
      releases: releases.size,
      bound: isBound(records),
      endpoints: settingsInForce(records)?.endpoints ?? [],
      anchor: anchorOf(env, nodes, head),
    });
  }
  const named = [...Object.keys(trust?.signedFrom ?? {}), ...anchors.map(({ env }) => env)];
  const decisions = new Map(reports.map((report) => [report.env, report.decisions]));
  unchecked.push(...(await missingFrom(repository, refs, { named, env: options.env, decisions, held })));
  const folder = options.deployed;
  const deployed = folder === undefined ? null : await checkDeployed(repository, branches, folder, v1.length === 0);
  const levels: Level[] = ['V1', ...(trust ? (['V2'] as const) : []), ...(anchors.length > 0 ? (['V3'] as const) : [])];
  const issues = Object.entries({ V1: v1, V2: v2, V3: v3, deployed: deployed?.findings ?? [] }).flatMap(
    ([level, found]) => found.map((finding) => ({ level: level as Sight, ...finding })),
  );
  const notCovered = notCoveredBy(levels, reports, { trust, absent: [...absent] });
  const checked = { levels, deployed: deployed?.name ?? null, branches: reports };
  return { ...checked, issues, unchecked, notCovered, ok: issues.length === 0 };
}

async function checkDeployed(
  repository: Repository,
  branches: readonly { readonly env: string }[],
  folder: string,
  agrees: boolean,
): Promise<{ name: string; findings: LedgerFinding[] }> {
  if (!agrees) return { name: 'nothing: the records disagree, so they cannot say what is in force', findings: [] };
  const [only, ...more] = branches;
  if (only === undefined || more.length > 0)
    throw new UsageError(
      `--deployed: expected one environment, found ${branches.map(({ env }) => env).join(', ') || 'none'}; name it with --env`,
    );
  const { name, commit, findings } = await harnessInForce(repository, only.env);
  return { name, findings: [...findings, ...(await compareDeployed(repository, only.env, commit, folder))] };
}

function isBound(decisions: readonly Decision[]): boolean {
  const first = decisions.find((decision) => decision.kind === 'settings' || 'gate' in decision);
  return first === undefined || first.kind === 'settings';
}

function notCoveredBy(
  levels: readonly Level[],
  branches: readonly BranchReport[],
  { trust, absent }: { readonly trust: Trust | undefined; readonly absent: readonly string[] },
): string[] {
  const unsigned = branches.flatMap(({ env, branch, signedFrom, decisions }) => {
    const first = trust?.signedFrom[env] ?? signedFrom ?? decisions + 1;
    if (first <= 1 || decisions === 0) return [];
    return [`who wrote decisions 1 to ${first - 1} of ${branch}: only the chain holds them`];
  });
  const unbound = branches
    .filter(({ bound }) => !bound)
    .map(
      ({ branch }) =>
        `under which policy and on which tasks the first nights of ${branch} ran: no decision before them says`,
    );
  return [
    'scores that were forged before they were recorded',
    ...unbound,
    ...(levels.includes('V2')
      ? unsigned
      : ['who wrote the records, and a record that was rewritten with all that follows from it (V2: --trust FILE)']),
    ...(levels.includes('V3')
      ? ['what a holder of a trusted key did to the records after the anchor']
      : ['a history that was cut off, or rewritten as a whole by a holder of a trusted key (V3: --anchor LINE)']),
    ...absent,
  ];
}

/** A tag must point at the commit of its release decision, here or on a remote's newer copy. */
async function checkTags(
  repository: Repository,
  { env, refs, tags }: { readonly env: string; readonly refs: readonly Ref[]; readonly tags: readonly Ref[] },
  releases: ReadonlyMap<string, Oid>,
  { issues, unchecked }: { readonly issues: LedgerFinding[]; readonly unchecked: Unchecked[] },
): Promise<void> {
  const prefix = `refs/tags/harness/${env}/`;
  for (const { name, commit } of tags) {
    const released = releases.get(name.slice(prefix.length));
    if (released === commit) continue;
    const remote = released === undefined ? await copyWith(repository, env, refs, commit) : null;
    const why = `the tag is of ${remote}, which has more than the branch here; run: git fetch origin optimize/${env}:optimize/${env}`;
    if (remote !== null) unchecked.push({ file: name, why });
    else
      notesOn(issues, commit ?? '', name)(
        'commit',
        released ?? 'no tag: no decision releases this version',
        commit ?? 'not a commit',
      );
  }
  for (const version of releases.keys())
    if (!tags.some(({ name }) => name === prefix + version))
      unchecked.push({ file: prefix + version, why: 'the tag is not in this clone; run: git fetch --tags' });
}

/** A remote's copy of the branch that holds a commit; null for none. */
async function copyWith(repository: Repository, env: string, refs: readonly Ref[], commit: Oid | null) {
  for (const ref of refs) {
    const [, copy, of] = /^refs\/remotes\/([^/]+\/optimize\/([^/]+))$/.exec(ref.name) ?? [];
    if (of === env && ref.commit && commit && (await mergeBase(repository, ref.commit, commit)) === commit)
      return copy as string;
  }
  return null;
}

/** Compares digests of uncommitted artifacts that are at hand; notes what another version wrote. */
async function checkArtifacts(
  repository: Repository,
  nodes: readonly Node[],
  to: { readonly issues: LedgerFinding[]; readonly unchecked: Unchecked[]; readonly absent: Set<string> },
): Promise<void> {
  const { issues, unchecked, absent } = to;
  const seen = new Map<string, string>();
  const gone = expiredFiles(storedIn(nodes).flatMap(({ decision }) => decision ?? []));
  for (const { commit, decision, path: record, was, night } of storedIn(nodes)) {
    const skip = (why: string) => unchecked.push({ file: record, why });
    if (decision === null && was === 'v2') skip('could not check, written by v2');
    if (decision !== null && 'gate' in decision && isPast(decision.verdict))
      skip(`the verdict is by ${decision.verdict.rules}, which this version cannot recompute`);
    for (const artifact of artifactsIn(decision === null ? [] : [decision])) {
      const file = artifactPath(artifact);
      const strange = strangePart(repository.root, file);
      if (strange !== null) skip(`${strange} is a link, a device or no plain file, so ${file} was not read`);
      const known = seen.get(file) ?? (await fileDigest(repository.root, file));
      if (known === null) {
        const seq = gone.get(file);
        absent.add(seq === undefined ? `${file}: not on this machine` : `${file}: deleted, as decision ${seq} says`);
        continue;
      }
      if (known !== artifact.sha256 && isOfAnother(repository.root, artifact.run, night)) {
        absent.add(`${file}: here it is that of another run of this name; that of the record is not on this machine`);
        continue;
      }
      seen.set(file, known);
      hold(notesOn(issues, commit, file), `artifacts (${record})`, artifact.sha256, known);
    }
  }
}

/** Whether the folder of a run holds what another clone or work tree left under the same name. */
function isOfAnother(root: string, run: string, night: string | null): boolean {
  try {
    const found = jsonOf(readPlain(join(root, 'runs', run, 'config.json')) ?? 'null');
    return night !== null && isObject(found) && typeof found.id === 'string' && found.id !== night;
  } catch {
    return false;
  }
}
