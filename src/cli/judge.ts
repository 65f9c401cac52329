/** `optimize judge`: which harness version is better, by a judge that sees runs and no scores. */
import { z } from 'zod';
import { type JudgedVersion, judgeCost, judgeVersions } from '../compare/judge.ts';
import { chooseJudge, openJudge } from '../compare/judge-model.ts';
import { UsageError } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import type { Repository } from '../ledger/git/git.ts';
import { openHarness } from '../open/harness.ts';
import { labelOf } from '../open/model.ts';
import { chooseTasks } from '../open/tasks.ts';
import { command } from './command.ts';
import { judgeText } from './judge-text.ts';
import { list, playing, text, trials, unsealed, whole } from './options.ts';
import { say, sayJson } from './output.ts';
import { openPlace, withStages } from './play.ts';

export const judge = command({
  name: 'judge',
  summary: 'which harness version is better where nothing scores the tasks; unproven, releases nothing',
  options: z.object({
    ...playing,
    harness: list('<a,b>', 'two or more versions, each as for run'),
    judgeModel: text(
      '<spec>',
      'who compares: as --model, or sim:fair, sim:biased [the agent itself; sim:fair for a simulated one]',
    ).exactOptional(),
    judgeBaseUrl: text('<url>', 'its endpoint').exactOptional(),
    split: unsealed,
    trials: trials(),
    votes: whole('<n>', 'times that each order is asked; 2 or more sample a model at temperature 0.7', {
      least: 1,
    }).default(1),
  }),
  exits: ['budget', 'interrupted'],
  example: 'judge --env retail --harness v1,v2 --votes 3',
  async run(flags) {
    if (flags.harness.length < 2)
      throw new UsageError(
        `--harness: expected two or more versions separated by commas, such as v1,v2, got "${flags.harness.join(',')}"`,
      );
    const { repository, root, environment } = await openPlace(flags, { unscored: true });
    const versions = await versionsOf(repository, environment.name, flags.harness);
    const tasks = chooseTasks(environment, flags, root);
    const choice = chooseJudge(flags, environment, root);
    const { concurrency } = choice;
    const { split, trials, votes } = flags;
    await withStages(flags, root, async (open) => {
      const stage = await open(environment);
      const judge = await openJudge(choice, stage);
      const what = { versions, tasks, split, trials, votes };
      const { rollouts, questions } = judgeCost(what);
      if (!flags.json && stage.budget.affords(rollouts))
        say(
          `judge on ${environment.name}, ${tasks.length} ${split} tasks x ${trials}, agent ${labelOf(stage.agent)}, judge ${labelOf(judge)}; ` +
            `${versions.length} versions, ${rollouts} rollouts, at most ${questions} questions`,
        );
      const { report, comparisons } = await judgeVersions({ stage, judge, concurrency, ...what });
      if (flags.json) for (const line of [...comparisons, report]) sayJson(line);
      else say(judgeText(report));
    });
    return EXIT.ok;
  },
});

/** Throws UsageError for an unknown version, and for one version under two names. */
async function versionsOf(repository: Repository, env: string, refs: readonly string[]): Promise<JudgedVersion[]> {
  const versions: JudgedVersion[] = [];
  for (const ref of refs) {
    const documents = await openHarness(repository, env, ref);
    const same = versions.find(({ harness }) => harness === documents.id);
    if (same !== undefined)
      throw new UsageError(
        `--harness: ${same.ref} and ${ref} are the same version (${documents.id.slice(0, 12)}); expected different ones`,
      );
    versions.push({ ref, harness: documents.id, documents });
  }
  return versions;
}
