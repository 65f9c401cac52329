/**
 * `optimize verify`: recomputes instead of trusting; 0 at the level asked for, 6 altered, 2 could
 * not check.
 */
import { InfrastructureError, UsageError } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { openRepository, type Repository } from '../ledger/git/git.ts';
import { readTrust } from '../ledger/keys/trust.ts';
import { anchorLine, parseAnchor } from '../ledger/verify/anchor.ts';
import type { Unchecked } from '../ledger/verify/finding.ts';
import { type VerifyIssue, type VerifyReport, verifyRepository } from '../ledger/verify/verify.ts';
import { printable } from '../report/terminal.ts';
import { say, sayJson } from './open-ledger.ts';
import { type LiveFlags, type Rerun, rerunSample } from './rerun.ts';
import { rescored } from './rescore.ts';

interface VerifyFlags extends LiveFlags {
  readonly rerun?: number;
  readonly rescore?: boolean;
  readonly data?: string;
  readonly env?: string;
  readonly trust?: string;
  readonly anchor?: readonly string[];
  readonly deployed?: string;
  readonly printAnchor?: boolean;
  readonly json?: boolean;
}

export async function verifyCommand(given: Record<string, unknown>): Promise<number> {
  const flags = given as VerifyFlags;
  const repository = await openRepository(process.cwd());
  const anchors = (flags.anchor ?? []).map(parseAnchor);
  let report: VerifyReport;
  try {
    report = await verifyRepository(repository, {
      anchors,
      ...(flags.env === undefined ? {} : { env: flags.env }),
      ...(flags.deployed === undefined ? {} : { deployed: flags.deployed }),
      ...(flags.trust === undefined ? {} : { trust: readTrust(flags.trust, repository) }),
    });
  } catch (error) {
    if (!(error instanceof InfrastructureError)) throw error;
    // Nothing was compared, so nothing is altered, and nothing is verified either.
    report = {
      levels: ['V1'],
      deployed: null,
      branches: [],
      issues: [],
      unchecked: [{ file: 'the repository', why: error.message }],
      notCovered: [],
      ok: true,
    };
  }
  if (flags.rescore) report = await rescored(repository, report, flags);
  if (flags.rerun !== undefined) report = await rerun(repository, report, { ...flags, rerun: flags.rerun });
  const code = exitCodeOf(report);
  if (flags.printAnchor === true && code === EXIT.ok && !flags.json)
    for (const { anchor } of report.branches) {
      if (anchor !== null) say(anchorLine(anchor));
    }
  else if (flags.json) sayJson({ type: 'verify', ...report });
  else tell(report);
  return code;
}

/**
 * Live: tasks of looks, drawn by the head of the chain, are played anew in both arms. A sample is
 * no level: V4 is `--rescore`. A simulated agent has to repeat itself; what another one does is
 * told, and proves nothing by itself.
 */
async function rerun(
  repository: Repository,
  report: VerifyReport,
  flags: VerifyFlags & { readonly rerun: number },
): Promise<VerifyReport> {
  const issues: VerifyIssue[] = [...report.issues];
  const unchecked: Unchecked[] = [...report.unchecked];
  const told: string[] = [];
  for (const { env } of report.branches) {
    let done: Rerun;
    try {
      done = await rerunSample(repository, env, flags.rerun, flags);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      unchecked.push({ file: `optimize/${env}`, why: error.message });
      continue;
    }
    const text = `${done.same} of ${done.played} rollouts of ${env} came out as recorded (${done.agent})`;
    told.push(
      done.same === done.played
        ? text
        : `${text}: the others differ, which is no proof with a model that does not repeat itself`,
    );
    for (const { file, task, expected, found } of done.simulated ? done.others : [])
      issues.push({ level: 'V4', commit: '', file, field: `gate.pairs, ${task}`, expected, found });
  }
  return { ...report, issues, unchecked, anew: told, ok: issues.length === 0 };
}

const exitCodeOf = ({ issues, unchecked }: VerifyReport): number =>
  issues.length > 0 ? EXIT.verify : unchecked.length > 0 ? EXIT.usage : EXIT.ok;

function tell(report: VerifyReport): void {
  for (const { branch, decisions, signedFrom, commits, releases } of report.branches) {
    const signed = signedFrom === null ? 'not signed' : `signed from decision ${signedFrom} on`;
    say(`${branch}: ${decisions} decisions in ${commits} commits, ${releases} releases, ${signed}`);
  }
  for (const { level, commit, file, field, expected, found } of report.issues)
    say(
      printable(
        `DISAGREES (${level}) ${file}, ${field}${commit ? ` (commit ${commit.slice(0, 12)})` : ''}: expected ${expected}, found ${found}`,
      ),
    );
  for (const { file, why } of report.unchecked) say(printable(`could not check ${file}: ${why}`));
  say(outcome(report));
  for (const line of report.anew ?? []) say(printable(`played anew: ${line}`));
  for (const what of report.notCovered) say(printable(`not covered: ${what}`));
}

function outcome({ levels, deployed, branches, issues, unchecked }: VerifyReport): string {
  const asked = levels.join(', ') + (deployed === null ? '' : ` and as deployed from ${deployed}`);
  if (issues.length > 0) return `${issues.length} disagreement${issues.length === 1 ? '' : 's'}`;
  if (unchecked.length > 0) return `not verified at ${asked}: ${unchecked.length} things could not be checked`;
  if (branches.length === 0) return 'no optimize/* branch here, so there is nothing to verify';
  return `every decision agrees with what it can be recomputed from: verified at ${asked}`;
}
