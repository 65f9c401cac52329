/** `optimize env check NAME`: is the environment fit to be optimized on? */

import { z } from 'zod';
import { checkEnvironment } from '../environments/check.ts';
import { UsageError } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import type { Repository } from '../ledger/git/git.ts';
import { assertSound } from '../night/assert-lint.ts';
import { forgetFit } from '../night/fit.ts';
import { reachOf } from '../night/reach.ts';
import { playFreshly } from '../open/fresh.ts';
import { openWorkTree } from '../open/harness.ts';
import { percent } from '../report/terminal.ts';
import type { Environment } from '../types.ts';
import { command } from './command.ts';
import { data, json } from './options.ts';
import { say, sayJson } from './output.ts';
import { openPlace } from './play.ts';

export const envCheck = command({
  name: 'env check',
  summary: 'oracle 100 %, do-nothing agent below the ceiling, reads change nothing',
  arguments: { '<name>': 'built-in, a folder under evals/, or a path to a file' },
  options: z.object({ ...data, ...json }),
  example: 'env check retail',
  async run(flags, name = '') {
    const { environment, repository, root } = await openPlace({ env: name, data: flags.data });
    const checked = await checkEnvironment(environment, flags.json ? undefined : progressOf(), (ids) =>
      playFreshly(environment, root, ids),
    );
    if (checked.problems.length > 0) forgetFit(root, environment.name);
    const harness = await harnessProblems(repository, environment, checked.problems.length === 0);
    const report = { ...checked, problems: [...checked.problems, ...harness] };
    const reach = reachOf(environment);
    if (flags.json) sayJson({ type: 'check', ...report, reach });
    else {
      say(
        `${report.name}: ${report.tools} tools, ${report.tasks} tasks (${report.splits.train} train, ${report.splits.dev} dev, ${report.splits.sealed} sealed)`,
      );
      say(
        `oracle ${report.oracle === null ? 'none' : `${percent(report.oracle)} %`}, do-nothing agent ${percent(report.idle)} % (ceiling ${percent(report.ceiling)} %)`,
      );
      say(reach);
      for (const limit of report.limits) say(`note: ${limit}`);
      for (const problem of report.problems) say(`problem: ${problem}`);
      if (report.problems.length === 0) say('sound');
    }
    return report.problems.length === 0 ? EXIT.ok : EXIT.usage;
  },
});

/** The first fault of `harness/<env>`; lint plays the oracle, so it needs a `sound` environment. */
async function harnessProblems(repository: Repository, environment: Environment, sound: boolean): Promise<string[]> {
  try {
    const harness = await openWorkTree(repository, environment.name);
    if (sound) await assertSound(harness, environment, null);
    return [];
  } catch (error) {
    if (error instanceof UsageError) return [error.message];
    throw error;
  }
}

/** A line on stderr at most every five seconds. */
function progressOf(): (done: number, total: number) => void {
  let last = performance.now();
  return (done, total) => {
    if (performance.now() - last < 5000) return;
    last = performance.now();
    process.stderr.write(`checked ${done} of ${total} tasks\n`);
  };
}
