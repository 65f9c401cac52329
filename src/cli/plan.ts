/** `optimize plan`: cost and power of a night, without spending. */
import { z } from 'zod';
import { limitsOf } from '../environments/capabilities.ts';
import { EXIT } from '../exit-codes.ts';
import { POWER } from '../gate/rules.ts';
import { changeOfSettings, settingsOf } from '../ledger/acts/settings.ts';
import { openLedger } from '../ledger/branch/ledger.ts';
import { assertSound } from '../night/assert-lint.ts';
import { pastOf } from '../night/cost-history.ts';
import { type NightPlan, type Prospects, planNight, prospectsOf } from '../night/plan.ts';
import { assertEnoughTasks, reachOf } from '../night/reach.ts';
import { openWorkTree } from '../open/harness.ts';
import { chooseModel, nameOf, withOwnAgent } from '../open/model.ts';
import { selectTasks } from '../open/tasks.ts';
import { assertCheckable, readPolicy, sealedTags, unmeasuredBy } from '../policy/policy.ts';
import { nightOptions } from '../run-night.ts';
import { command } from './command.ts';
import { nightFlags, requestOf } from './night.ts';
import { number } from './options.ts';
import { say, sayJson } from './output.ts';
import { openPlace } from './play.ts';

export const plan = command({
  name: 'plan',
  summary: 'what a night would cost and which effect it could detect; spends nothing',
  options: z.object({
    ...nightFlags,
    effect: number(
      '<points>',
      'gain that should be found; less than 50 % power for it is refused',
      'points above 0 and up to 100',
      (points) => points > 0 && points <= 100,
    ).default(10),
  }),
  exits: ['budget'],
  example: 'plan --env retail --budget 20 --effect 5',
  async run(flags) {
    const { repository, root, environment } = await openPlace(flags);
    const model = chooseModel(withOwnAgent(flags, environment), root);
    const policy = readPolicy(root, environment.name, flags);
    const options = nightOptions(requestOf(flags, root, environment), environment.name, policy);
    await assertSound(await openWorkTree(repository, environment.name), environment, null);
    const chosen = selectTasks(environment.tasks, { tags: options.tags, count: options.tasks });
    assertEnoughTasks({ tasks: chosen, environment, options });
    const simulated = model.kind === 'sim';
    const ledger = await openLedger(repository, environment.name);
    changeOfSettings(environment.name, ledger.decisions(), settingsOf(environment, options.policy));
    const past = pastOf(root, environment.name, nameOf(model));
    const plan = planNight({
      options,
      environment,
      tasks: chosen,
      simulated,
      decisions: ledger.decisions(),
      past,
    });
    if (plan.unproven === null)
      assertCheckable(options.policy, {
        env: environment.name,
        tags: sealedTags(chosen),
        unmeasured: simulated ? unmeasuredBy({ simulated }) : {},
      });
    const prospects = prospectsOf(plan, flags.effect / 100);
    const { weakness } = prospects;
    const reach = reachOf({ ...environment, tasks: chosen });
    const limits = limitsOf(environment);
    if (flags.json) sayJson({ type: 'plan', env: environment.name, simulated, ...plan, ...prospects, reach, limits });
    else {
      const refusals = [plan.refusal, weakness].flatMap((reason) => (reason === null ? [] : [`refused     ${reason}`]));
      const notes = [reach, ...limits].map((note) => `note        ${note}`);
      const head = `plan for one night on ${environment.name}, ${flags.model}${simulated ? ', SIMULATED' : ''}, ${options.budget} candidates`;
      say([head, ...linesOf({ ...plan, ...prospects }, past?.run ?? null), ...notes, ...refusals].join('\n'));
    }
    return plan.refusal === null && weakness === null ? EXIT.ok : EXIT.budget;
  },
});

const share = (value: number): string => `${(100 * value).toFixed(0)} %`;
const gain = (effect: number): string =>
  Number.isFinite(effect) ? `${(effect * 100).toFixed(1)} points` : 'none of any size';

function linesOf(plan: NightPlan & Prospects, past: string | null): string[] {
  const { tasks, rollouts, usd, minutes, look, given, panel, power, trials } = plan;
  const after = past === null ? '' : `, as in ${past}`;
  const unknown = 'unknown before the first finished night of this agent here';
  const counts = `${tasks.train} train, ${tasks.dev} dev, ${tasks.sealed} sealed`;
  const costs = [
    `money       ${usd === null ? `${unknown}; --max-usd is a hard cap` : `about $${usd.expected.toFixed(2)}, at most $${usd.most.toFixed(2)}${usd.most > 0 ? after : ''}`}`,
    `minutes     ${minutes === null ? unknown : `about ${minutes.expected.toFixed(1)}, at most ${minutes.most.toFixed(1)}${after}`}`,
  ];
  if (plan.unproven !== null)
    return [
      `tasks       ${counts}`,
      `rollouts    ${rollouts.expected}, all of them train tasks`,
      ...costs,
      `release     none: ${plan.unproven}`,
    ];
  return [
    `tasks       ${counts}${panel === tasks.sealed ? '' : `, of which a look plays ${panel}`}`,
    `rollouts    about ${rollouts.expected}, at most ${rollouts.most}; ${rollouts.least} are needed to decide anything`,
    ...costs,
    `detectable  a true gain of ${gain(plan.detectable)} is released with ${share(POWER.planned)} power (noisy agent, ${trials} trials per task)`,
    `            ${gain(plan.detectableDeterministic)} if the agent repeats itself (1 trial per task)`,
    `power       a gain of ${gain(power.effect)} is released with ${share(power.noisy)} (noisy), ${share(power.deterministic)} (repeats itself)`,
    `            assumed: of the tasks that change, 4 get better for 1 that gets worse`,
    `look        number ${look.before + 1} since the release in force, alpha ${Number(look.alpha.toPrecision(3))}; ${given === null ? 'each look after the first gets fresh tasks' : `the panel has ${given.looksLeft} left${given.used ? ' (it was used for a release, so the bound is not claimed on it)' : ''}, ${given.reserve} tasks in reserve, ${given.audit} for the audit`}`,
  ];
}
