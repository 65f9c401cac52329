/** `optimize env check NAME`: is the environment fit to be optimized on? */
import { resolve } from 'node:path';
import { checkEnvironment } from '../environments/check.ts';
import { EXIT } from '../exit-codes.ts';
import { openRepository } from '../ledger/git/git.ts';
import { percent } from '../report/terminal.ts';
import { say, sayJson } from './open-ledger.ts';
import { openEnvironment } from './setup.ts';

export async function envCheckCommand(given: Record<string, unknown>, name = ''): Promise<number> {
  const flags = given as { data?: string; json?: boolean };
  const { root } = await openRepository(process.cwd());
  const environment = await openEnvironment(
    { env: name, ...(flags.data === undefined ? {} : { data: resolve(flags.data) }) },
    root,
  );
  const report = await checkEnvironment(environment);
  if (flags.json) sayJson({ type: 'check', ...report });
  else {
    say(
      `${report.name}: ${report.tools} tools, ${report.tasks} tasks (${report.splits.train} train, ${report.splits.dev} dev, ${report.splits.sealed} sealed)`,
    );
    say(
      `oracle ${report.oracle === null ? 'none' : `${percent(report.oracle)} %`}, do-nothing agent ${percent(report.idle)} % (ceiling ${percent(report.ceiling)} %)`,
    );
    for (const problem of report.problems) say(`problem: ${problem}`);
    if (report.problems.length === 0) say('sound');
  }
  return report.problems.length === 0 ? EXIT.ok : EXIT.usage;
}
