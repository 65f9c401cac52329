/** `optimize compare A B`: is one version of the harness better than another on the same tasks? */
import { z } from 'zod';
import { type CompareSummary, compareVersions } from '../compare/versions.ts';
import { EXIT } from '../exit-codes.ts';
import { openHarness } from '../open/harness.ts';
import { labelOf } from '../open/model.ts';
import { chooseTasks } from '../open/tasks.ts';
import { writeStepSummary } from '../report/step-summary.ts';
import { inert, points, scoreText } from '../report/terminal.ts';
import { command } from './command.ts';
import { measuring, playing, split, trials } from './options.ts';
import { say, sayJson } from './output.ts';
import { admitSealed, openPlace, withStages } from './play.ts';

const VERSION_HELP = 'commit, branch, tag, vN, the start of a harness id, or a folder';
const { unusedBy } = measuring;

export const compare = command({
  name: 'compare',
  summary: 'is one version of the harness better than another, on the same tasks and trials',
  arguments: { '<a>': VERSION_HELP, '<b>': 'the version that should be better' },
  options: z.object({ ...playing, unusedBy, split: split('dev'), trials: trials() }),
  exits: ['nothingCertified', 'regression', 'budget', 'interrupted'],
  example: 'compare v1 HEAD --env retail',
  async run(flags, a = '', b = '') {
    const place = await openPlace(flags);
    const { repository, root, environment } = place;
    const [before, after] = [
      { ref: a, harness: await openHarness(repository, environment.name, a) },
      { ref: b, harness: await openHarness(repository, environment.name, b) },
    ];
    const tasks = chooseTasks(environment, flags, root);
    await admitSealed(place, { command: 'compare', harness: after.harness, tasks }, flags.json);
    const summary = await withStages(flags, root, async (open) => {
      const stage = await open(environment);
      if (!flags.json)
        say(
          `${environment.name}, agent ${labelOf(stage.agent)}, ${tasks.length} ${flags.split} tasks x ${flags.trials} in both arms`,
        );
      return compareVersions(stage, [before, after], tasks, flags);
    });
    if (flags.json) sayJson(summary);
    else say(linesOf(summary).join('\n'));
    writeStepSummary(stepOf(summary));
    return EXIT_OF[summary.decision];
  },
});

const EXIT_OF: Readonly<Record<CompareSummary['decision'], number>> = {
  better: EXIT.ok,
  nothing_certified: EXIT.nothingCertified,
  worse: EXIT.regression,
};

const WORDS: Readonly<Record<CompareSummary['decision'], string>> = {
  better: 'is better',
  nothing_certified: 'is neither better nor worse beyond chance',
  worse: 'is worse',
};

const headline = ({ b, decision, simulated }: CompareSummary): string =>
  `${b.ref} ${WORDS[decision]}${simulated ? ', SIMULATED' : ''}`;

const linesOf = (summary: CompareSummary): string[] => [
  ...[summary.a, summary.b].map((arm) => `${arm.ref.padEnd(20)} ${arm.harness.slice(0, 12)}  ${scoreText(arm)}`),
  summary.why,
  headline(summary),
];

function stepOf(summary: CompareSummary): string {
  const { a, b, effect, effectLow, effectHigh, split: of, trials: each, agent } = summary;
  return [
    `## ${inert(headline(summary))}`,
    '',
    `Difference on ${summary.tasks} ${of} tasks x ${each}: ${points(effect)} points (95 % interval ${points(effectLow)} to ${points(effectHigh)}), agent ${inert(agent)}.`,
    '',
    '| version | harness | score |',
    '| --- | --- | --- |',
    ...[a, b].map((arm) => `| ${inert(arm.ref)} | ${arm.harness.slice(0, 12)} | ${scoreText(arm)} |`),
  ].join('\n');
}
