/** `optimize try`: somebody's edit of the harness, through the checks and the gate of a night. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { openChange } from '../open/change.ts';
import { chooseModel, openAgent } from '../open/model.ts';
import { readPolicy } from '../policy/policy.ts';
import { writeStepSummary } from '../report/step-summary.ts';
import { inert, points } from '../report/terminal.ts';
import { type TrySummary, tryEdit } from '../try-edit.ts';
import { command, shellWord, typedFlags } from './command.ts';
import { interruptible } from './interruption.ts';
import { fdr, playing } from './options.ts';
import { say, sayJson, subscribers } from './output.ts';
import { openPlace } from './play.ts';

const options = z.object({ ...playing, ...fdr });

export const tryChange = command({
  name: 'try',
  summary: "somebody's edit of the harness, through the same checks, gate and record as a night's",
  arguments: { '<change>': 'a file with a unified diff (- for stdin), or a branch, tag or commit' },
  options,
  exits: ['nothingCertified', 'regression', 'budget', 'verify', 'frozen', 'interrupted'],
  example: 'try origin/gentler-words --env retail',
  async run(flags, word = '') {
    const { repository, root, environment } = await openPlace(flags);
    const change = await openChange(repository, environment.name, word);
    if (change.unused.length > 0) process.stderr.write(`optimize: ${unusedText(change.unused)}\n`);
    const model = chooseModel(flags, root);
    const { signal, stop } = interruptible();
    const request = {
      ...flags,
      root,
      environment,
      agent: (spend: Parameters<typeof openAgent>[2]) => openAgent(model, environment, spend),
      policy: readPolicy(root, environment.name, flags),
      concurrency: model.concurrency,
      command: `npx optimize try ${shellWord(word)} ${typedFlags(options, { ...flags, json: false })}`,
      emit: subscribers(flags.json),
      signal,
    };
    try {
      const summary = await tryEdit(request, word, change);
      if (flags.json) sayJson(summary);
      else say(linesOf(summary).join('\n'));
      writeStepSummary(stepOf(summary, readFileSync(join(root, 'runs', summary.run, 'report.md'), 'utf8')));
      return summary.exitCode;
    } finally {
      stop();
    }
  },
});

const unusedText = (paths: readonly string[]): string =>
  `not used, those of the checked-out commit are: ${paths.slice(0, 10).join(', ')}${paths.length > 10 ? ` and ${paths.length - 10} more` : ''}`;

const WORDS: Readonly<Record<TrySummary['decision'], string>> = {
  released: 'released',
  kept: 'kept on the branch, not looked at',
  not_certified: 'kept on the branch, not certified',
  not_better: 'not better',
  worse: 'worse',
  refused: 'refused by a check',
  tried_before: 'tried before',
  unproven: 'not tested',
};

function headline({ decision, released, simulated }: TrySummary): string {
  const version = released === null ? '' : ` as ${released.version}`;
  return `${WORDS[decision]}${version}${simulated ? ', SIMULATED' : ''}`;
}

const linesOf = (summary: TrySummary): string[] => [
  `${summary.title}: ${headline(summary)}`,
  `  ${summary.why}`,
  ...(summary.unused.length === 0 ? [] : [`  ${unusedText(summary.unused)}`]),
  `  run ${summary.run}; all of it: npx optimize log --env ${summary.env}`,
];

function stepOf(summary: TrySummary, page: string): string {
  const { title, why, effect, unused } = summary;
  const difference =
    effect === null
      ? []
      : [
          `Difference on ${effect.split} tasks: ${points(effect.mean)} points (95 % interval ${points(effect.low)} to ${points(effect.high)}).`,
          '',
        ];
  return [
    `## ${inert(title)}: ${headline(summary)}`,
    '',
    `${inert(why)}.`,
    '',
    ...difference,
    ...(unused.length === 0 ? [] : [`Other files of the change are ${inert(unusedText(unused))}.`, '']),
    page,
  ].join('\n');
}
