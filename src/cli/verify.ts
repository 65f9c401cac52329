/** `optimize verify`: recomputes every decision; 0 verified, 6 altered, 2 could not check. */
import { z } from 'zod';
import { InfrastructureError } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { openRepository, type Repository } from '../ledger/git/git.ts';
import { readTrust } from '../ledger/keys/trust.ts';
import { endpointText } from '../ledger/kinds/settings.ts';
import { anchorLine, parseAnchor } from '../ledger/verify/anchor.ts';
import { type VerifyReport, verifyRepository } from '../ledger/verify/verify.ts';
import { rerunLooks } from '../recheck/rerun.ts';
import { rescored } from '../recheck/rescore.ts';
import { amount } from '../report/terminal.ts';
import { command } from './command.ts';
import { interruptible } from './interruption.ts';
import { data, flag, json, text, texts, whole } from './options.ts';
import { say, sayJson } from './output.ts';

const options = z.object({
  env: text('<name>', 'one environment; default: every optimize/* branch').exactOptional(),
  trust: text('<file>', 'keys to check signatures with, kept outside the repository (level V2)').exactOptional(),
  anchor: texts(
    '<line>',
    'what --print-anchor printed earlier, kept elsewhere; may be repeated (level V3)',
  ).exactOptional(),
  deployed: text(
    '<dir>',
    'a folder to compare with the harness in force, byte for byte and mode for mode',
  ).exactOptional(),
  rescore: flag('play every night again, from its recorded replies or by the simulated agent (level V4)'),
  rerun: whole(
    '<n>',
    'play this many tasks of looks again in both arms, with the agent of their night',
  ).exactOptional(),
  baseUrl: text('<url>', 'for --rerun: endpoint of a model that is not simulated').exactOptional(),
  ...data,
  printAnchor: flag('print a line that pins each branch as it is, if it verifies'),
  ...json,
});

export const verify = command({
  name: 'verify',
  summary: 'recompute digests, edits and verdicts of every decision',
  options,
  exits: ['verify', 'interrupted'],
  example: 'verify --rescore',
  async run(flags) {
    const repository = await openRepository(process.cwd());
    let report = await recomputed(repository, flags);
    const { data, baseUrl, rerun: count } = flags;
    const { signal, stop } = interruptible();
    try {
      if (flags.rescore) report = await rescored(repository, report, { data, signal });
      if (count !== undefined) report = await rerunLooks(repository, report, { data, baseUrl, count, signal });
    } finally {
      stop();
    }
    const code = exitCodeOf(report);
    if (flags.printAnchor && code === EXIT.ok && !flags.json)
      for (const { anchor } of report.branches) {
        if (anchor !== null) say(anchorLine(anchor));
      }
    else if (flags.json) sayJson({ type: 'verify', ...report });
    else tell(report);
    return code;
  },
});

async function recomputed(repository: Repository, flags: z.output<typeof options>): Promise<VerifyReport> {
  const { env, deployed, trust } = flags;
  const anchors = (flags.anchor ?? []).map(parseAnchor);
  try {
    return await verifyRepository(repository, {
      anchors,
      ...(env === undefined ? {} : { env }),
      ...(deployed === undefined ? {} : { deployed }),
      ...(trust === undefined ? {} : { trust: readTrust(trust, repository) }),
    });
  } catch (error) {
    if (!(error instanceof InfrastructureError)) throw error;
    // Nothing was compared: nothing is altered, and nothing is verified.
    return {
      levels: ['V1'],
      deployed: null,
      branches: [],
      issues: [],
      unchecked: [{ file: 'the repository', why: error.message }],
      notCovered: [],
      ok: true,
    };
  }
}

const exitCodeOf = ({ issues, unchecked }: VerifyReport): number =>
  issues.length > 0 ? EXIT.verify : unchecked.length > 0 ? EXIT.usage : EXIT.ok;

function tell(report: VerifyReport): void {
  for (const { branch, decisions, signedFrom, commits, releases, endpoints } of report.branches) {
    const signed = signedFrom === null ? 'not signed' : `signed from decision ${signedFrom} on`;
    say(
      `${branch}: ${amount(decisions, 'decision')} in ${amount(commits, 'commit')}, ${amount(releases, 'release')}, ${signed}`,
    );
    for (const endpoint of endpoints) say(`  the last night asked ${endpointText(endpoint)}`);
  }
  for (const { level, commit, file, field, expected, found } of report.issues)
    say(
      `DISAGREES (${level}) ${file}, ${field}${commit ? ` (commit ${commit.slice(0, 12)})` : ''}: expected ${expected}, found ${found}`,
    );
  for (const { file, why } of report.unchecked) say(`could not check ${file}: ${why}`);
  say(outcome(report));
  for (const line of report.anew ?? []) say(`played again: ${line}`);
  for (const what of report.notCovered) say(`not covered: ${what}`);
}

function outcome({ levels, deployed, branches, issues, unchecked }: VerifyReport): string {
  const asked = levels.join(', ') + (deployed === null ? '' : ` and as deployed from ${deployed}`);
  if (issues.length > 0) return `${amount(issues.length, 'disagreement')}`;
  if (unchecked.length > 0) return `not verified at ${asked}: ${unchecked.length} things could not be checked`;
  if (branches.length === 0) return 'no optimize/* branch here, so there is nothing to verify';
  return `every decision agrees with what it can be recomputed from: verified at ${asked}`;
}
