/** `optimize plan`: cost and power of a night, without spending. */
import { resolve } from 'node:path';
import { loadHarness } from '../harness/load.ts';
import { openRepository } from '../ledger/git.ts';
import { planNight } from '../night/plan.ts';
import { assertSound } from '../night/sound.ts';
import { chooseModel } from './agent.ts';
import { EXIT } from './exit.ts';
import { type NightFlags, nightOptions } from './night.ts';
import { openEnvironment, selectTasks } from './setup.ts';

export async function planCommand(given: Record<string, unknown>): Promise<number> {
  const flags = given as unknown as NightFlags;
  const { root } = await openRepository(process.cwd());
  const environment = await openEnvironment(
    { env: flags.env, ...(flags.data === undefined ? {} : { data: resolve(flags.data) }) },
    root,
  );
  const model = chooseModel(flags, root);
  const options = nightOptions(flags, environment.name, model.concurrency);
  assertSound(loadHarness(root, environment.name), environment, null);
  const tasks = selectTasks(environment.tasks, { tags: options.tags, count: options.tasks });
  const plan = planNight({ options, tasks, simulated: model.kind === 'sim' });
  if (flags.json) process.stdout.write(`${JSON.stringify({ type: 'plan', env: environment.name, ...plan })}\n`);
  else {
    const points = (effect: number) =>
      Number.isFinite(effect) ? `${(effect * 100).toFixed(1)} points` : 'none of any size';
    process.stdout.write(
      `${[
        `plan for one night on ${environment.name}, ${flags.model}, ${options.budget} candidates`,
        `tasks       ${plan.tasks.train} train, ${plan.tasks.dev} dev, ${plan.tasks.sealed} sealed`,
        `rollouts    about ${plan.rollouts.expected}, at most ${plan.rollouts.most}; ${plan.rollouts.least} are needed to decide anything`,
        `detectable  a true gain of ${points(plan.detectable)} is released with 80 % power (noisy agent, ${plan.trials} trials a task)`,
        `            ${points(plan.detectableDeterministic)} if the agent repeats itself (1 trial a task)`,
        `            assumed: of the tasks that change, 4 get better for 1 that gets worse`,
        ...(plan.refusal === null ? [] : [`refused     ${plan.refusal}`]),
      ].join('\n')}\n`,
    );
  }
  return plan.refusal === null ? EXIT.ok : EXIT.budget;
}
