/** Puts a release in force: merges it into the checked-out branch, all or nothing. */
import { UsageError } from '../../errors.ts';
import { saveHarness } from '../../harness/load.ts';
import { harnessId } from '../../harness/parse.ts';
import { NO_POLICY } from '../../policy/policy.ts';
import type { HarnessFiles } from '../../types.ts';
import { type Contents, readContents, readHarnessFiles, recordFiles } from '../branch/branch.ts';
import { lastApplied } from '../branch/in-force.ts';
import { type Ledger, openLedger, releaseOf } from '../branch/ledger.ts';
import { harnessChanges } from '../branch/record.ts';
import { findVersion, type Version } from '../branch/versions.ts';
import type { Repository } from '../git/git.ts';
import { harnessFolder } from '../git/paths.ts';
import { changesSince, mergeBase, type Oid, readCommits, readTexts, trailers, writeCommit } from '../git/plumbing.ts';
import { readHead } from '../git/refs.ts';
import { unapproved, wordsOn } from '../kinds/approve.ts';
import { settingsInForce } from '../kinds/settings.ts';
import { recordAct, type StepOptions } from './step.ts';
import { checkWorkTree, removeFiles, type Transition, withIndex, writeFiles } from './work-tree.ts';

export interface ApplyOptions extends StepOptions {
  /** Default: the newest released or restored version. */
  readonly version?: string;
  /** Expected tip of the ledger's branch; any other is refused. */
  readonly tip?: Oid;
}

export interface AppliedRelease {
  readonly version: string;
  /** Branch on which it is in force. */
  readonly branch: string;
  /** Commit of that branch that put it in force. */
  readonly commit: Oid;
  readonly harness: string;
  /** True if the version's evidence comes from a simulated agent. */
  readonly simulated: boolean;
  /** False if it was in force already. */
  readonly changed: boolean;
}

/**
 * Merges a version into the checked-out branch: its ref, the index entries and work-tree files of
 * `harness/<env>` and the decisions, nothing else. Throws `UsageError`, having changed nothing,
 * when HEAD is detached, a merge is under way, `harness/<env>` has uncommitted or unknown committed
 * changes, or the release was made on work that the branch lacks.
 */
export async function applyRelease(
  repository: Repository,
  env: string,
  options: ApplyOptions,
): Promise<AppliedRelease> {
  const { root } = repository;
  const ledger = await openLedger(repository, env, options.keys);
  const tip = ledger.head().commit;
  if (options.tip !== undefined && options.tip !== tip)
    throw new UsageError(
      `${ledger.branch} moved from ${options.tip} to ${tip} meanwhile; nothing was applied, try again`,
    );
  const { branch, commit: target } = await readHead(repository);
  if (branch === null || target === null)
    throw new UsageError('no branch is checked out, so there is none to apply to; run: git switch <branch>');
  if (branch === ledger.branch)
    throw new UsageError(
      `${branch} is the optimizer's own branch; check out the one that you use: git switch <branch>`,
    );
  const version = await findVersion(ledger, options.version);
  const before = await readContents(repository, env, target);
  const harness = harnessId(version.files);
  const simulated = releaseOf(ledger, harness)?.decision.who.simulated ?? false;
  const done = { version: version.version, branch, harness, simulated };
  assertApproved(ledger, version);
  if (before.harness === harness) {
    await repair(ledger, target, version.files);
    const last = lastApplied(ledger.decisions());
    if (last?.child.harness === harness && last.target.branch === branch)
      return { ...done, commit: target, changed: false };
    // It came there another way, or the branch has another name now.
    await recordApply(ledger, { version, target, branch, commit: target, before }, options);
    return { ...done, commit: target, changed: true };
  }
  ledger.assertWritable();
  await checkKnown(ledger, { version, target, branch }, before);

  const records = await newRecords(repository, env, version, before);
  const harnessEdits = harnessChanges(env, before.files, version.files);
  const changes = new Map([...harnessEdits, ...records]);
  await checkWorkTree(repository, { env, before: before.files, after: version.files, added: records });
  const contained = (await mergeBase(repository, version.commit, target)) === version.commit;
  const commit = await writeCommit(repository, {
    base: target,
    changes,
    parents: contained ? [target] : [target, version.commit],
    message: `Apply harness/${env}/${version.version}${simulated ? ', evidence SIMULATED' : ''}\n\nOptimize-Applied: ${env} ${version.version} ${harness}\n`,
    time: options.time,
  });
  // Files first: if this is cut off before the refs move, applying again goes on from there.
  await withIndex(repository, changes, async () => {
    try {
      saveHarness(`${root}/${harnessFolder(env)}`, version.files);
      await writeFiles(root, records);
      await recordApply(ledger, { version, target, branch, commit, before }, options);
    } catch (error) {
      saveHarness(`${root}/${harnessFolder(env)}`, before.files);
      await removeFiles(root, [...records.keys()]);
      throw error;
    }
  });
  return { ...done, commit, changed: true };
}

/** Throws UsageError for a release that somebody rejected or that lacks required approvals. */
function assertApproved(ledger: Ledger, { version }: Version): void {
  const release = ledger.releases().find((one) => one.version === version);
  if (release === undefined) return;
  const decisions = ledger.decisions();
  const policy = settingsInForce(decisions)?.policy ?? NO_POLICY;
  const why = unapproved(policy, wordsOn(decisions, release.entry), release.decision);
  if (why !== null)
    throw new UsageError(
      `${version} of ${ledger.env} may not come into force: ${why}; a person approves it with: npx optimize approve ${version} --env ${ledger.env} --reason "..."`,
    );
}

interface Step {
  readonly version: Version;
  readonly target: Oid;
  readonly branch: string;
}

/** Throws if this would bury harness edits that no decision names, or commits the branch lacks. */
async function checkKnown(ledger: Ledger, { version, target, branch }: Step, before: Contents): Promise<void> {
  const { repository, env } = ledger;
  const base = await mergeBase(repository, version.commit, target);
  if (base === null)
    throw new UsageError(`${branch} and ${ledger.branch} share no history; check out the right branch`);
  const known = new Set([harnessId(await readHarnessFiles(repository, env, base))]);
  for (const decision of ledger.decisions()) {
    known.add(decision.parent.harness).add(decision.child.harness);
    if ('source' in decision) known.add(decision.source.harness);
  }
  if (!known.has(before.harness))
    throw new UsageError(
      `harness/${env} on ${branch} has committed changes that ${version.version} does not contain; ` +
        `run a night first, which takes them in (npx optimize --env ${env}), or undo them`,
    );
  const foreign = async (from: Oid): Promise<string[]> => {
    const paths = (await changesSince(repository, from, version.commit, [])).map(({ path }) => path);
    return paths.filter((path) => !path.startsWith(`${harnessFolder(env)}/`) && !path.startsWith('runs/'));
  };
  const againstTarget = await foreign(target);
  const missing = (await foreign(base)).find((path) => againstTarget.includes(path));
  if (missing !== undefined)
    throw new UsageError(
      `${version.version} was made on commits that ${branch} does not contain (they change ${missing}); ` +
        'check out the branch that the night ran on, or merge that first',
    );
}

/** Text of the version's decision files and signatures that the target does not have, by path. */
async function newRecords(
  repository: Repository,
  env: string,
  version: Version,
  before: Contents,
): Promise<Map<string, string>> {
  const after = await readContents(repository, env, version.commit);
  const there = new Map(before.listing.map(({ path, oid }) => [path, oid]));
  const added = recordFiles(after.entries).filter(([path, oid]) => there.get(path) !== oid);
  const oids = added.map(([, oid]) => oid);
  const texts = await readTexts(repository, oids);
  return new Map(added.map(([path, oid]) => [path, texts.get(oid) as string]));
}

/** Decision and both branches move in one transaction. */
async function recordApply(
  ledger: Ledger,
  step: Step & { readonly commit: Oid; readonly before: Contents },
  options: ApplyOptions,
): Promise<void> {
  const { target, branch, commit, before } = step;
  const { version, commit: from, files } = step.version;
  const harness = harnessId(files);
  const fields = { kind: 'apply', version, target: { branch, commit }, source: { harness, commit: from } } as const;
  const subject = `chore(${ledger.env}): ${version} is in force on ${branch}`;
  await recordAct(ledger, fields, options, {
    parent: { harness: before.harness, commit: target },
    child: { harness, files },
    message: { subject, trailers: { 'Optimize-Seen': commit } },
    refs: commit === target ? [] : [{ ref: `refs/heads/${branch}`, to: commit, from: target }],
  });
}

/** Completes an application that was cut off between the refs and the index. */
async function repair({ repository, env }: Ledger, target: Oid, files: HarnessFiles): Promise<void> {
  const [commit] = await readCommits(repository, [target]);
  const parent = commit?.parents[0];
  if (!parent || !trailers(commit.message, 'Optimize-Applied').some((text) => text.startsWith(`${env} `))) return;
  const staged = await readHarnessFiles(repository, env, parent);
  const step = { env, before: files, after: files, added: new Map<string, string>() };
  const fits = (transition: Transition) =>
    checkWorkTree(repository, transition).then(
      () => true,
      () => false,
    );
  // A person's own changes on top of what is in force stay.
  if ((await fits(step)) || !(await fits({ ...step, staged }))) return;
  const changes = await changesSince(repository, parent, target, [`${harnessFolder(env)}/`, 'runs/']);
  const wanted = changes.map(({ status, path, oid }) => [path, status === 'D' ? null : { oid }] as const);
  await withIndex(repository, new Map(wanted), async () => {});
}
