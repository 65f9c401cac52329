/** `optimize ablate`: what each layer of a harness is worth, alone and left out. */
import { z } from 'zod';
import { ablate as ablateLayers, variantsOf } from '../compare/ablate.ts';
import { EXIT } from '../exit-codes.ts';
import { openHarness } from '../open/harness.ts';
import { labelOf } from '../open/model.ts';
import { chooseTasks } from '../open/tasks.ts';
import { money, percent, points } from '../report/terminal.ts';
import { command } from './command.ts';
import { list, measuring, playing, split, trials } from './options.ts';
import { say, sayJson } from './output.ts';
import { admitSealed, openPlace, withStages } from './play.ts';

export const ablate = command({
  name: 'ablate',
  summary: 'what each layer of a harness is worth: alone, and left out',
  options: z.object({
    ...playing,
    ...measuring,
    split: split('dev'),
    variants: list('<a,b>', 'some of none, text, contract, no-contract, ... instead of all').exactOptional(),
    trials: trials(),
  }),
  exits: ['budget', 'interrupted'],
  example: 'ablate --env retail --harness v1 --variants none,no-skills',
  async run(flags) {
    const variants = variantsOf(flags.variants);
    const place = await openPlace(flags);
    const { repository, root, environment } = place;
    const harness = await openHarness(repository, environment.name, flags.harness);
    const tasks = chooseTasks(environment, flags, root);
    await admitSealed(place, { command: 'ablate', harness, tasks }, flags.json);
    await withStages(flags, root, async (open) => {
      const stage = await open(environment);
      const { id: agent, simulated } = stage.agent;
      if (!flags.json)
        say(
          `${environment.name}, harness ${harness.id.slice(0, 12)}, agent ${labelOf(stage.agent)}, ${tasks.length} ${flags.split} tasks x ${flags.trials}`,
        );
      for (const row of await ablateLayers(stage, harness, tasks, { variants, trials: flags.trials })) {
        const { variant, score, low, high, missing, rollouts, calls, outputTokens, usd } = row;
        if (flags.json) sayJson({ type: 'ablation', agent, simulated, ...row });
        else
          say(
            `${variant.padEnd(22)} ${percent(score).padStart(5)} % (${percent(low)} to ${percent(high)})` +
              `${variant === 'all layers' || missing === null ? '' : `, all layers are ${points(missing.effect)} points better (${points(missing.low)} to ${points(missing.high)})`}` +
              `; ${(calls / rollouts).toFixed(1)} calls and ${Math.round(outputTokens / rollouts)} tokens per task, ${money(usd)}`,
          );
      }
    });
    return EXIT.ok;
  },
});
