/** `optimize baseline`: what the same rollouts buy without any harness. */
import { z } from 'zod';
import { baseline as playBaseline } from '../compare/baseline.ts';
import { UsageError } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { openHarness } from '../open/harness.ts';
import { labelOf } from '../open/model.ts';
import { chooseTasks } from '../open/tasks.ts';
import { percent, points } from '../report/terminal.ts';
import { command } from './command.ts';
import { measuring, playing, split, whole } from './options.ts';
import { say, sayJson } from './output.ts';
import { admitSealed, openPlace, withStages } from './play.ts';

export const baseline = command({
  name: 'baseline',
  summary: 'what the same rollouts buy without a harness: best of k samples, tries with feedback',
  options: z.object({
    ...playing,
    rollouts: whole('<n>', 'rollouts for each method, over all tasks', { of: 'rollouts' }),
    ...measuring,
    split: split('dev'),
  }),
  exits: ['budget', 'interrupted'],
  example: 'baseline --env retail --harness v1 --rollouts 400',
  async run(flags) {
    const place = await openPlace(flags);
    const { repository, root, environment } = place;
    const tasks = chooseTasks(environment, flags, root);
    const tries = Math.floor(flags.rollouts / tasks.length);
    if (tries < 1)
      throw new UsageError(`--rollouts ${flags.rollouts}: expected at least one for each of ${tasks.length} tasks`);
    const harness = await openHarness(repository, environment.name, flags.harness);
    await admitSealed(place, { command: 'baseline', harness, tasks }, flags.json);
    await withStages(flags, root, async (open) => {
      const stage = await open(environment);
      const sampling = stage.agent.simulated ? stage : await open(environment, 0.7);
      if (!flags.json)
        say(
          `${environment.name}, ${tasks.length} ${flags.split} tasks, agent ${labelOf(stage.agent)}; ${tries} rollouts per task, the scorer chooses`,
        );
      let first = true;
      for await (const row of playBaseline({ stage, sampling, harness, tasks, tries })) {
        const { method, score, low, high, voids, harnessAhead: ahead } = row;
        if (flags.json) sayJson({ type: 'baseline', ...row });
        else
          say(
            `${method.padEnd(42)} ${percent(score).padStart(5)} % (${percent(low)} to ${percent(high)})` +
              `${first || ahead === null ? '' : `, the harness is ${points(ahead.effect)} points ahead (${points(ahead.low)} to ${points(ahead.high)})`}` +
              `${voids === 0 ? '' : `; ${voids} tasks without an answer left out`}`,
          );
        first = false;
      }
    });
    return EXIT.ok;
  },
});
