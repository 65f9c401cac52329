/** `optimize`: one night. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { BudgetError, InfrastructureError, InterruptedError, UsageError } from '../errors.ts';
import { openBudget } from '../evaluation/budget.ts';
import { loadHarness } from '../harness/load.ts';
import { applyRelease } from '../ledger/acts/apply.ts';
import { stepOf } from '../ledger/acts/step.ts';
import { openLedger } from '../ledger/branch/ledger.ts';
import { readKeyring } from '../ledger/keys/keys.ts';
import type { Spend } from '../models/calls.ts';
import { freezeAfterFailure, freezeAfterLook, freezeIfAltered } from '../night/freeze.ts';
import type { NightOptions } from '../night/night.ts';
import { openNight } from '../night/open.ts';
import { planNight } from '../night/plan.ts';
import { callTimeoutMs, chooseModel, chooseSecond, openAgent } from '../open/model.ts';
import { selectTasks } from '../open/tasks.ts';
import { optimize } from '../optimize.ts';
import { assertCheckable, readPolicy } from '../policy/policy.ts';
import { builtInProposers } from '../proposal/built-in.ts';
import { PROPOSERS } from '../proposal/proposer.ts';
import type { Agent, Environment, Task } from '../types.ts';
import { command, typedFlags } from './command.ts';
import { interruptible } from './interruption.ts';
import { choice, fdr, flag, playing, text, whole } from './options.ts';
import { subscribers } from './output.ts';
import { openPlace } from './play.ts';

/** Options of a night, and of its plan. */
export const nightFlags = {
  ...playing,
  budget: whole('<n>', 'candidates that may be evaluated', { of: 'candidates' }).default(20),
  proposer: choice(
    '<name>',
    'mine needs no model, reflect asks one; null and harmful test the gate',
    PROPOSERS,
  ).default('mine'),
  proposerModel: text('<spec>', 'what reflect asks, as --model; default: the agent itself').exactOptional(),
  proposerBaseUrl: text('<url>', 'its endpoint; default: --base-url').exactOptional(),
  ...fdr,
  apply: flag('merge a release into the checked-out branch'),
};
const options = z.object(nightFlags);
export type NightFlags = z.output<typeof options>;

export const nightOptions = (
  flags: NightFlags,
  { env, root, concurrency }: { readonly env: string; readonly root: string; readonly concurrency: number },
): NightOptions => ({
  env,
  budget: budgetOf(flags.budget),
  seed: flags.seed,
  proposers: flags.proposer === 'both' ? ['mine', 'reflect'] : [flags.proposer],
  checks: [],
  concurrency,
  maxRollouts: flags.maxRollouts ?? Number.POSITIVE_INFINITY,
  maxUsd: flags.maxUsd ?? Number.POSITIVE_INFINITY,
  maxMinutes: flags.maxMinutes ?? Number.POSITIVE_INFINITY,
  tasks: flags.tasks ?? null,
  tags: flags.tags ?? [],
  policy: readPolicy(root, env, flags),
  apply: flags.apply,
});

function budgetOf(budget: number): number {
  if (budget === 0)
    throw new BudgetError('--budget 0 evaluates no candidate, so nothing can be decided; the least is 1');
  return budget;
}

export const night = command({
  name: 'night',
  summary: 'one night; the command when none is named',
  options,
  exits: ['nothingCertified', 'regression', 'budget', 'verify', 'frozen', 'interrupted'],
  example: '--budget 20 --env retail',
  run: playNight,
});

async function playNight(flags: NightFlags): Promise<number> {
  budgetOf(flags.budget);
  const { repository, root, environment } = await openPlace(flags);
  const keys = readKeyring(process.env, repository);
  const model = chooseModel(flags, root);
  const nightly = nightOptions(flags, { env: environment.name, root, concurrency: model.concurrency });
  if (nightly.apply && nightly.policy.mode === 'propose')
    throw new UsageError(
      'mode is propose, so no night puts a release into force by itself; leave out --apply, and let it be approved',
      { where: `evals/${environment.name}/policy.yaml` },
    );
  const workTree = loadHarness(root, environment.name).files;
  const tasks = selectTasks(environment.tasks, { tags: nightly.tags, count: nightly.tasks });
  const budget = openBudget(nightly, Date.now);
  // Opening an agent may already ask its endpoint: what cannot be recorded in the end must not be
  // begun.
  (await openLedger(repository, environment.name, keys)).assertWritable();
  await freezeIfAltered(repository, environment.name);
  const agent = await openAgent(model, environment, budget);
  const proposerModel = await openProposerModel(flags, root, environment, budget);
  assertCheckable(nightly.policy, {
    env: environment.name,
    tags: sealedTags(tasks),
    unmeasured: unmeasuredBy(agent),
  });
  const plan = planNight({ options: nightly, environment, tasks, simulated: agent.simulated });
  if (plan.refusal !== null) throw new BudgetError(plan.refusal);

  const emit = subscribers(flags.json);
  const interruption = interruptible();
  const { night, progress, close } = await openNight({
    root,
    options: nightly,
    environment,
    tasks,
    agent,
    proposers: builtInProposers(flags.proposer, proposerModel).map((proposer) => ({
      proposer,
      agent: proposer.name === 'reflect' ? proposerModel : null,
    })),
    checks: [],
    proposerTimeoutMs: 600_000,
    budget,
    workTree,
    timeoutMs: callTimeoutMs(agent),
    emit,
    signal: interruption.signal,
    now: Date.now,
    keys,
    command: commandLine(flags),
  });
  try {
    night.emit({
      type: 'start',
      env: environment.name,
      agent: agent.id,
      simulated: agent.simulated,
      run: night.run,
      night: night.number,
      seed: nightly.seed,
      harness: night.start.id,
      tasks: plan.tasks,
      budget: nightly.budget,
      expectedRollouts: plan.rollouts.expected,
      resumed: night.resumed,
    });
    const summary = await optimize(night, progress);
    await freezeAfterLook(night, repository);
    if (!flags.json) process.stdout.write(`\n${readFileSync(join(night.folder, 'report.md'), 'utf8')}`);
    if (nightly.apply && summary.released)
      await applyRelease(repository, environment.name, {
        version: summary.released.version,
        ...stepOf('apply', repository),
      });
    return summary.exitCode;
  } catch (error) {
    if (interruption.signal.aborted)
      throw new InterruptedError(
        `interrupted; nothing is lost, type the same command again to go on (run ${night.run})`,
      );
    if (error instanceof InfrastructureError) await freezeAfterFailure(night, repository, error);
    throw error;
  } finally {
    interruption.stop();
    await close();
  }
}

export const sealedTags = (tasks: readonly Task[]): ReadonlySet<string> =>
  new Set(tasks.flatMap(({ split, tags }) => (split === 'sealed' ? tags : [])));

/** Metrics that this agent's rollouts do not tell, and why. */
export const unmeasuredBy = ({
  simulated,
  unpriced,
}: Pick<Agent, 'simulated' | 'unpriced'>): Record<string, string> => ({
  ...(simulated
    ? { usd: 'a simulated agent costs nothing', seconds: 'a simulated agent takes no time; guard tokens or calls' }
    : {}),
  ...(unpriced ? { usd: 'no price is known; give --price-in and --price-out, or a price in models.yaml' } : {}),
});

/** The command line that goes on from this night. */
const commandLine = ({ budget, apply: _, json: __, ...flags }: NightFlags): string =>
  `npx optimize --budget ${budget} ${typedFlags(options, flags)}`;

/** The model that `reflect` asks: the agent's own when no other is named. */
async function openProposerModel(
  flags: NightFlags,
  root: string,
  environment: Environment,
  spend: Spend,
): Promise<Agent | null> {
  if (flags.proposer !== 'reflect' && flags.proposer !== 'both') {
    if (flags.proposerModel !== undefined)
      throw new UsageError(`--proposer-model needs --proposer reflect or both; ${flags.proposer} asks no model`);
    return null;
  }
  const { proposerModel: model, proposerBaseUrl: baseUrl } = flags;
  const choice = chooseSecond(flags, { flag: '--proposer-model', model, baseUrl }, root);
  if (choice.kind === 'sim')
    throw new UsageError('reflect needs a model that thinks: --proposer-model openai:NAME, or a name from models.yaml');
  return openAgent(choice, environment, spend);
}
