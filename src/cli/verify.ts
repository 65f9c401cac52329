/** `optimize verify`: recomputes instead of trusting. */
import { openRepository } from '../ledger/git.ts';
import { verifyRepository } from '../ledger/verify.ts';
import { printable } from '../report/terminal.ts';
import { EXIT } from './exit.ts';
import { say, sayJson } from './open-ledger.ts';

export async function verifyCommand(given: Record<string, unknown>): Promise<number> {
  const flags = given as { env?: string; json?: boolean };
  const repository = await openRepository(process.cwd());
  const report = await verifyRepository(repository, flags.env === undefined ? {} : { env: flags.env });
  if (flags.json) sayJson({ type: 'verify', ...report });
  else {
    for (const { branch, decisions, commits, releases } of report.branches)
      say(`${branch}: ${decisions} decisions in ${commits} commits, ${releases} releases`);
    for (const { commit, file, field, expected, found } of report.issues)
      say(
        printable(
          `DISAGREES ${file}, ${field}${commit ? ` (commit ${commit.slice(0, 12)})` : ''}: expected ${expected}, found ${found}`,
        ),
      );
    for (const { file, why } of report.unchecked) say(printable(`could not check ${file}: ${why}`));
    if (report.branches.length === 0) say('no optimize/* branch here, so there is nothing to verify');
    else
      say(
        report.ok
          ? 'every decision agrees with what it can be recomputed from'
          : `${report.issues.length} disagreements`,
      );
    say('not covered: a history that was rewritten or cut off as a whole, and scores forged before they were recorded');
  }
  return report.ok ? EXIT.ok : EXIT.verify;
}
