/** `optimize aa`: what the gate makes of this environment and agent when nothing changes. */
import { z } from 'zod';
import { AA_TASKS, type AaResult, playAa } from '../compare/aa.ts';
import { EnvironmentError, UsageError } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { CARRY_Z } from '../gate/order.ts';
import { EFFECTS } from '../gate/self-test.ts';
import { openHarness } from '../open/harness.ts';
import { labelOf } from '../open/model.ts';
import { chooseTasks } from '../open/tasks.ts';
import { amount, percent, points } from '../report/terminal.ts';
import { command } from './command.ts';
import { measuring, playing, unsealed, whole } from './options.ts';
import { say, sayJson } from './output.ts';
import { openPlace, withStages } from './play.ts';

export const aa = command({
  name: 'aa',
  summary: 'the gate where nothing changes: noise, drift, false alarms, and the tasks that a change needs',
  options: z.object({
    ...playing,
    ...measuring,
    split: unsealed,
    trials: whole('<n>', 're-rolls of the unchanged harness', { least: 3 }).default(4),
    edits: whole('<n>', 'edits that change nothing, each played once beside the harness, in the order of a look', {
      of: 'edits',
    }).default(2),
  }),
  exits: ['budget', 'interrupted'],
  example: 'aa --env retail --trials 6',
  async run(flags) {
    const { repository, root, environment } = await openPlace(flags);
    const tasks = chooseTasks(environment, flags, root);
    if (tasks.length < AA_TASKS)
      throw new UsageError(`${tasks.length} tasks show no noise; expected ${AA_TASKS} or more: raise --tasks`);
    const harness = await openHarness(repository, environment.name, flags.harness);
    await withStages(flags, root, async (open) => {
      const stage = await open(environment);
      const { id: agent, simulated } = stage.agent;
      const rollouts = tasks.length * (flags.trials + 2 * flags.edits);
      if (!flags.json)
        say(
          `A/A on ${environment.name}, ${tasks.length} ${flags.split} tasks, agent ${labelOf(stage.agent)}: ${flags.trials} re-rolls, ${flags.edits} null edits, ${rollouts} rollouts`,
        );
      const result = await playAa(stage, harness, tasks, flags);
      if (flags.json) sayJson({ type: 'aa', env: environment.name, agent, simulated, ...result });
      else say(linesOf(result).join('\n'));
      if (result.order !== null && result.order.carryZ > CARRY_Z)
        throw new EnvironmentError(
          `what runs after another harness plays worse (z = ${result.order.carryZ.toFixed(1)}, limit ${CARRY_Z}), so no look here can be trusted; give every rollout its own files, caches and connections, then check it: npx optimize env check ${environment.name}`,
        );
    });
    return EXIT.ok;
  },
});

function linesOf(result: AaResult): string[] {
  const { drift, needs, familyCorrelation, nullEdits, voids } = result;
  const kept = nullEdits.filter(({ decision }) => decision === 'accepted').length;
  return [
    `tasks        ${result.tasks} with ${result.trials} trials each${voids === 0 ? '' : `; ${voids} without an answer left out`}`,
    `determinism  ${result.deterministic ? 'says the same, word for word' : 'does not repeat itself word for word'}; ${percent(result.sameScore)} % of the tasks scored the same in all trials`,
    `noise        variance of one trial ${result.noise.toFixed(3)} (0 settled, 0.25 a coin)`,
    `families     ${familyCorrelation === null ? 'none with two tasks' : `correlation of scores within a family ${familyCorrelation.toFixed(2)}`}`,
    `drift        later half of the re-rolls ${points(drift.effect)} points (${points(drift.low)} to ${points(drift.high)})`,
    `false keeps  ${percent(result.falseKeeps)} % of unchanged re-rolls; of ${nullEdits.length} null edits ${kept} would be kept on dev`,
    `releases     ${percent(result.falseReleases)} % of looks at two equal arms, alpha ${100 * result.alpha} %`,
    ...orderLines(result),
    `needed       sealed tasks for 80 % power, of the tasks that change 4 get better for 1 that gets worse:`,
    ...EFFECTS.map((effect) => {
      const own = needs.filter((need) => need.effect === effect);
      return `             +${100 * effect} points: ${own.map(({ trials, tasks }) => `${tasks ?? 'more than 1000'} with ${amount(trials, 'trial')} per task`).join(', ')}`;
    }),
  ];
}

function orderLines({ order, fixedReleases }: AaResult): string[] {
  if (order === null || fixedReleases === null) return [];
  const { place, carryZ } = order;
  return [
    `place        playing second is worth ${points(place.effect)} points (${points(place.low)} to ${points(place.high)}); with one arm always first, ${percent(fixedReleases)} % of looks would release an edit that does nothing`,
    `carry-over   z = ${carryZ.toFixed(1)} (a look is refused above ${CARRY_Z})`,
  ];
}
