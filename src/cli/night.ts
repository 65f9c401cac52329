/** `optimize`: one night. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { BudgetError, InfrastructureError, InterruptedError, UsageError } from '../errors.ts';
import { openBudget } from '../evaluation/budget.ts';
import { loadHarness } from '../harness/load.ts';
import { applyRelease } from '../ledger/acts/apply.ts';
import { stepOf } from '../ledger/acts/step.ts';
import { openLedger } from '../ledger/branch/ledger.ts';
import { openRepository } from '../ledger/git/git.ts';
import { readKeyring } from '../ledger/keys/keys.ts';
import type { Spend } from '../models/calls.ts';
import { freezeAfterFailure, freezeAfterLook, freezeIfAltered } from '../night/freeze.ts';
import type { NightOptions } from '../night/night.ts';
import { openNight } from '../night/open.ts';
import { planNight } from '../night/plan.ts';
import { optimize } from '../optimize.ts';
import { assertCheckable, type Policy, readPolicy } from '../policy/policy.ts';
import { builtInProposers } from '../proposal/built-in.ts';
import type { ProposerName } from '../proposal/proposer.ts';
import type { Emit } from '../report/events.ts';
import { jsonLines } from '../report/json.ts';
import { terminal } from '../report/terminal.ts';
import type { Agent, Environment, Task } from '../types.ts';
import { chooseModel, chooseSecond, openAgent } from './agent.ts';
import { interruptible } from './interruption.ts';
import { callTimeoutMs, openEnvironment, type PlayFlags, repeatedFlags, selectTasks } from './setup.ts';

export interface NightFlags extends PlayFlags {
  readonly budget: number;
  readonly proposer: ProposerName;
  readonly proposerModel?: string;
  readonly proposerBaseUrl?: string;
  readonly apply?: boolean;
  readonly fdr?: number;
}

/** The policy of the repository, with `--fdr` in place of its own rate. */
export function policyOf(root: string, env: string, { fdr }: { readonly fdr?: number }): Policy {
  const policy = readPolicy(root, env);
  if (fdr === undefined) return policy;
  if (!(fdr > 0 && fdr <= 0.5)) throw new UsageError(`--fdr: expected a rate above 0 and up to 0.5, got ${fdr}`);
  return { ...policy, fdr };
}

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
  policy: policyOf(root, env, flags),
  apply: flags.apply === true,
});

function budgetOf(budget: number): number {
  if (!Number.isInteger(budget)) throw new UsageError(`--budget: expected a whole number of candidates, got ${budget}`);
  if (budget === 0)
    throw new BudgetError('--budget 0 evaluates no candidate, so nothing can be decided; the least is 1');
  return budget;
}

export async function nightCommand(given: Record<string, unknown>): Promise<number> {
  const flags = given as unknown as NightFlags;
  budgetOf(flags.budget);
  const repository = await openRepository(process.cwd());
  const { root } = repository;
  const keys = readKeyring(process.env, repository);
  const environment = await openEnvironment(
    { env: flags.env, ...(flags.data === undefined ? {} : { data: resolve(flags.data) }) },
    root,
  );
  const model = chooseModel(flags, root);
  const options = nightOptions(flags, { env: environment.name, root, concurrency: model.concurrency });
  if (options.apply && options.policy.mode === 'propose')
    throw new UsageError(
      'mode is propose, so no night puts a release into force by itself; leave out --apply, and let it be approved',
      { where: `evals/${environment.name}/policy.yaml` },
    );
  const workTree = loadHarness(root, environment.name).files;
  const tasks = selectTasks(environment.tasks, { tags: options.tags, count: options.tasks });
  const budget = openBudget(options, Date.now);
  // Opening an agent may already ask its endpoint: what cannot be recorded in the end must not be
  // begun.
  (await openLedger(repository, environment.name, keys)).assertWritable();
  await freezeIfAltered(repository, environment.name);
  const agent = await openAgent(model, environment, budget);
  const proposerModel = await openProposerModel(flags, root, environment, budget);
  assertCheckable(options.policy, {
    env: environment.name,
    tags: sealedTags(tasks),
    unmeasured: unmeasuredBy(agent),
  });
  const plan = planNight({ options, environment, tasks, simulated: agent.simulated });
  if (plan.refusal !== null) throw new BudgetError(plan.refusal);

  const emit = subscribers(flags.json === true);
  const interruption = interruptible();
  const { night, progress, close } = await openNight({
    root,
    options,
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
    command: `npx optimize --budget ${flags.budget} ${repeatedFlags(flags)}${proposerFlags(flags)}${flags.fdr === undefined ? '' : ` --fdr ${flags.fdr}`}`,
  });
  try {
    night.emit({
      type: 'start',
      env: environment.name,
      agent: agent.id,
      simulated: agent.simulated,
      run: night.run,
      night: night.number,
      seed: options.seed,
      harness: night.start.id,
      tasks: plan.tasks,
      budget: options.budget,
      expectedRollouts: plan.rollouts.expected,
      resumed: night.resumed,
    });
    const summary = await optimize(night, progress);
    await freezeAfterLook(night, repository);
    if (!flags.json) process.stdout.write(`\n${readFileSync(join(night.folder, 'report.md'), 'utf8')}`);
    if (options.apply && summary.released)
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

const proposerFlags = ({ proposer, proposerModel, proposerBaseUrl }: NightFlags): string =>
  [
    proposer === 'mine' ? '' : ` --proposer ${proposer}`,
    proposerModel === undefined ? '' : ` --proposer-model ${proposerModel}`,
    proposerBaseUrl === undefined ? '' : ` --proposer-base-url ${proposerBaseUrl}`,
  ].join('');

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

/**
 * The page goes to stdout for a person, events go there for a program; progress always goes to
 * stderr.
 */
export function subscribers(json: boolean): Emit {
  const screen = terminal({ err: process.stderr, now: () => performance.now() });
  const lines = jsonLines((text) => process.stdout.write(text));
  return (event) => {
    screen(event);
    if (json) lines(event);
  };
}
