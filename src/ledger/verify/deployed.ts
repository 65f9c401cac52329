/** Compares a folder with the harness in force: bytes, modes, and nothing beside them. */
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../../errors.ts';
import { withLineFeeds } from '../../harness/line-ends.ts';
import { harnessId } from '../../harness/parse.ts';
import { isHarnessPath } from '../../harness/paths.ts';
import { NO_POLICY } from '../../policy/policy.ts';
import { readHarnessFiles } from '../branch/branch.ts';
import { lastApplied } from '../branch/in-force.ts';
import { type Ledger, openLedger, releaseOf } from '../branch/ledger.ts';
import { findVersion } from '../branch/versions.ts';
import type { Repository } from '../git/git.ts';
import { blobId, objectId } from '../git/object-id.ts';
import { harnessFolder, harnessPath } from '../git/paths.ts';
import { listFiles, type Oid } from '../git/plumbing.ts';
import { listRefs } from '../git/refs.ts';
import { unapproved, wordsOn } from '../kinds/approve.ts';
import type { LedgerFinding } from '../kinds/finding.ts';
import { settingsInForce } from '../kinds/settings.ts';

/** `plain`: the id without the carriage returns that a checkout adds. */
type Seen = { readonly mode: string; readonly id: string; readonly plain?: string };

export interface DeployedHarness {
  /** What the folder is compared with, for a person. */
  readonly name: string;
  readonly commit: Oid;
  readonly findings: readonly LedgerFinding[];
}

/**
 * The harness at the branch that the newest `apply` went to, else the newest release. Throws
 * `UsageError` for neither and for a branch that is not here.
 */
export async function harnessInForce(repository: Repository, env: string): Promise<DeployedHarness> {
  const ledger = await openLedger(repository, env);
  const applied = lastApplied(ledger.decisions());
  if (applied === null) {
    const { version, commit, decision } = await findVersion(ledger);
    const findings = unapprovedRelease(ledger, decision.child.harness, { commit, file: `release ${version}` });
    return { name: `release ${version}`, commit, findings };
  }
  const { branch } = applied.target;
  const heads = await listRefs(repository, ['refs/heads']);
  const commit = heads.find(({ name }) => name === `refs/heads/${branch}`)?.commit;
  if (!commit)
    throw new UsageError(
      `decision ${applied.seq} put ${applied.version} into force on ${branch}, which is not here; run: git fetch origin ${branch}:${branch}`,
    );
  const harness = harnessId(await readHarnessFiles(repository, env, commit));
  const at = { commit, file: `${harnessFolder(env)} on ${branch}` };
  if (comesFromDecision(ledger, harness))
    return { name: `branch ${branch}`, commit, findings: unapprovedRelease(ledger, harness, at) };
  const expected = `harness ${applied.child.harness} of decision ${applied.seq}, or one that was released or taken in since`;
  const found = `harness ${harness}: edits that no decision has taken in`;
  return { name: `branch ${branch}`, commit, findings: [{ ...at, field: 'sha256', expected, found }] };
}

/** Whether a harness was released, in force or taken in from a person, not merely tried. */
const comesFromDecision = (ledger: Ledger, harness: string): boolean =>
  ledger.decisions().some((decision) => {
    const { kind, child, parent } = decision;
    if (kind === 'release') return decision.version !== undefined && child.harness === harness;
    if (kind === 'apply') return [child.harness, parent.harness].includes(harness);
    return 'source' in decision && decision.source.harness === harness;
  });

/** A release that came there without `apply` and lacks the approvals that the policy asks for. */
function unapprovedRelease(
  ledger: Ledger,
  harness: string,
  at: Pick<LedgerFinding, 'commit' | 'file'>,
): LedgerFinding[] {
  const decisions = ledger.decisions();
  if (decisions.some(({ kind, child }) => kind === 'apply' && child.harness === harness)) return [];
  const release = releaseOf(ledger, harness);
  if (release === null) return [];
  const policy = settingsInForce(decisions)?.policy ?? NO_POLICY;
  const found = unapproved(policy, wordsOn(decisions, release.entry), release.decision);
  const expected = 'what the policy asks before it comes into force';
  return found === null ? [] : [{ ...at, field: 'approval', expected, found }];
}

/** What differs between folder and commit. Throws `UsageError` for a folder that cannot be read. */
export async function compareDeployed(
  repository: Repository,
  env: string,
  commit: Oid,
  folder: string,
): Promise<LedgerFinding[]> {
  const expected = new Map<string, Seen>();
  for (const { path, mode, oid } of await listFiles(repository, commit, [`${harnessFolder(env)}/`])) {
    const inner = harnessPath(env, path);
    if (inner !== null) expected.set(inner, { mode, id: oid });
  }
  const found = filesIn(folder, repository.objectFormat);
  return [...new Set([...expected.keys(), ...found.keys()])].sort().flatMap((path) => {
    const [want, have] = [expected.get(path), found.get(path)];
    const at = { commit, file: join(folder, path) };
    if (want === undefined || have === undefined)
      return [{ ...at, field: 'file', expected: want ? 'a file' : 'no file', found: have ? 'a file' : 'no file' }];
    // Windows knows no mode.
    const modes = process.platform !== 'win32' && want.mode !== have.mode;
    return [
      ...(modes ? [{ ...at, field: 'mode', expected: want.mode, found: have.mode }] : []),
      ...([have.id, have.plain].includes(want.id)
        ? []
        : [{ ...at, field: 'gitBlob', expected: want.id, found: have.id }]),
    ];
  });
}

function filesIn(folder: string, format: Repository['objectFormat']): Map<string, Seen> {
  const files = new Map<string, Seen>();
  const walk = (inner: string) => {
    for (const name of readdirSync(join(folder, inner)).sort()) {
      const path = inner === '' ? name : `${inner}/${name}`;
      if (!isHarnessPath(path)) continue;
      const place = join(folder, path);
      const stat = lstatSync(place);
      if (stat.isDirectory()) walk(path);
      else if (stat.isSymbolicLink()) files.set(path, { mode: '120000', id: blobId(readlinkSync(place), format) });
      else if (!stat.isFile()) files.set(path, { mode: 'neither file nor link', id: '' });
      else {
        const mode = (stat.mode & 0o100) === 0 ? '100644' : '100755';
        const bytes = readFileSync(place);
        const plain = objectId('blob', Buffer.from(withLineFeeds(bytes.toString('latin1')), 'latin1'), format);
        files.set(path, { mode, id: objectId('blob', bytes, format), plain });
      }
    }
  };
  try {
    walk('');
  } catch (cause) {
    const why = `--deployed ${folder}: expected a folder, could not read it: ${(cause as Error).message}`;
    throw new UsageError(why, { cause });
  }
  return files;
}
