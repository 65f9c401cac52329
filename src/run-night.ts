/** Puts a night together and plays it; the command line is one of its callers. */
import type { z } from 'zod';
import { assertScorer } from './environments/define.ts';
import { BudgetError, InfrastructureError, InterruptedError, UsageError } from './errors.ts';
import { openBudget, untilCap } from './evaluation/budget.ts';
import { assertRoom } from './files.ts';
import { applyRelease } from './ledger/acts/apply.ts';
import { stepOf } from './ledger/acts/step.ts';
import { openLedger } from './ledger/branch/ledger.ts';
import { openRepository, type Repository } from './ledger/git/git.ts';
import { readKeyring } from './ledger/keys/keys.ts';
import { type AgentSource, assertCapped, openSource } from './models/source.ts';
import { checkedFit } from './night/fit.ts';
import { freezeAfterFailure, freezeAfterLook, freezeIfAltered } from './night/freeze.ts';
import { assertNames } from './night/guard.ts';
import type { NightOptions } from './night/night.ts';
import { type OpenNight, openNight } from './night/open.ts';
import { planNight } from './night/plan.ts';
import { shelter } from './open/environment.ts';
import { playFreshly } from './open/fresh.ts';
import { openWorkTree } from './open/harness.ts';
import { callTimeoutMs } from './open/model.ts';
import { selectTasks } from './open/tasks.ts';
import { optimize } from './optimize.ts';
import { assertApprovable } from './policy/approvable.ts';
import { assertCheckable, Policy, readPolicy, sealedTags, unmeasuredBy } from './policy/policy.ts';
import type { Check } from './proposal/check.ts';
import { mine } from './proposal/miner.ts';
import type { Proposer } from './proposal/proposer.ts';
import type { Emit, NightSummary } from './report/events.ts';
import type { Environment } from './types.ts';

export interface NightRequest {
  /** Top folder of the git repository, which holds `harness/<env>/`. */
  readonly root: string;
  readonly environment: Environment;
  /** The frozen model; a function gets the budget, so that a cap of money holds. */
  readonly agent: AgentSource;
  /** In the order of asking. @default [mine] */
  readonly proposers?: readonly Proposer[] | undefined;
  /** The caller's free checks, asked after the built-in ones. @default none */
  readonly checks?: readonly Check[] | undefined;
  /** @default `evals/<env>/policy.yaml`, or the gate's own rule alone */
  readonly policy?: z.input<typeof Policy> | undefined;
  /** Most candidates, from 1. @default 20 */
  readonly budget?: number | undefined;
  /** Seed of every random choice. @default 1 */
  readonly seed?: number | undefined;
  /** Rollouts at the same time. @default 8 for a simulated agent, else 4 */
  readonly concurrency?: number | undefined;
  /** @default no cap */
  readonly maxRollouts?: number | undefined;
  /** US dollars. @default no cap */
  readonly maxUsd?: number | undefined;
  /** @default no cap */
  readonly maxMinutes?: number | undefined;
  /** Most tasks over all splits. @default all */
  readonly tasks?: number | undefined;
  /** Only tasks with one of these tags. @default all */
  readonly tags?: readonly string[] | undefined;
  /** Merges a release into the checked-out branch. @default false */
  readonly apply?: boolean | undefined;
  /** Judges one edit that somebody gives: there is no look unless it is kept. @default false */
  readonly given?: boolean | undefined;
  /** Limit for one proposal of a caller's proposer. @default 600,000 */
  readonly proposerTimeoutMs?: number | undefined;
  /** Receives every event. @default nobody */
  readonly emit?: Emit | undefined;
  /** Aborting ends the night in order; calling again resumes it. */
  readonly signal?: AbortSignal | undefined;
  /** The command that resumes this night, for the morning page. */
  readonly command?: string | undefined;
}

/**
 * One night. Throws UsageError (settings), BudgetError (the budget cannot decide anything),
 * FrozenError, InfrastructureError (no endpoint), InterruptedError (`signal`), VerifyError (the
 * records were altered).
 *
 * @example
 * const agent = simulatedAgent('medium');
 * const summary = await runNight({ root: process.cwd(), environment, agent });
 * console.log(summary.outcome);
 */
export async function runNight(request: NightRequest): Promise<NightSummary> {
  const { emit = () => {}, signal = new AbortController().signal } = request;
  const repository = await openRepository(request.root);
  const opened = await open(request, repository, emit, signal);
  const { night, progress, close } = opened;
  const { env } = night.options;
  try {
    const summary = await optimize(night, progress);
    await freezeAfterLook(night, repository);
    if (request.apply && summary.released)
      await applyRelease(repository, env, { version: summary.released.version, ...stepOf('apply', repository) });
    return summary;
  } catch (error) {
    if (signal.aborted) {
      const again = request.command === undefined ? 'run the same night again' : 'type the same command again';
      throw new InterruptedError(`interrupted; nothing is lost, ${again} to go on (run ${night.run})`);
    }
    if (error instanceof InfrastructureError) await freezeAfterFailure(night, repository, error);
    throw error;
  } finally {
    await close();
  }
}

async function open(
  request: NightRequest,
  repository: Repository,
  emit: Emit,
  signal: AbortSignal,
): Promise<OpenNight> {
  const { root } = repository;
  const { proposers = [mine], checks = [] } = request;
  assertNames(proposers, checks);
  assertScorer(request.environment);
  const env = request.environment.name;
  const policy = request.policy === undefined ? readPolicy(root, env) : Policy.parse(request.policy);
  const environment = shelter(request.environment, root, policy);
  const options = nightOptions(request, env, policy);
  const workTree = (await openWorkTree(repository, env)).files;
  const tasks = selectTasks(environment.tasks, { tags: options.tags, count: options.tasks });
  const keys = readKeyring(process.env, repository);
  const budget = openBudget(options, Date.now);
  for (const source of [request.agent, ...proposers.flatMap(({ model }) => model ?? [])])
    assertCapped(source, options.maxUsd);
  // Opening an agent may call its endpoint: first make sure that the night can be recorded.
  assertApprovable(policy, { env, signer: (await openLedger(repository, env, keys)).assertWritable(), keys });
  assertRoom([root, repository.commonDir]);
  await freezeIfAltered(repository, env, emit);
  const agent = await openSource(request.agent, budget);
  const freshly = agent.simulated ? undefined : (ids: readonly string[]) => playFreshly(environment, root, ids);
  const fit = await checkedFit({ root, environment, tasks, freshly, nowMs: Date.now() });
  const asked = [];
  for (const proposer of proposers)
    asked.push({ proposer, agent: proposer.model === undefined ? null : await openSource(proposer.model, budget) });
  const plan = planNight({ options, environment, tasks, simulated: agent.simulated });
  if (plan.unproven === null)
    assertCheckable(policy, { env, tags: sealedTags(tasks), unmeasured: unmeasuredBy(agent) });
  if (plan.refusal !== null) throw new BudgetError(plan.refusal);
  const opened = await openNight({
    root,
    options,
    environment,
    tasks,
    agent,
    proposers: asked,
    checks,
    proposerTimeoutMs: request.proposerTimeoutMs ?? 600_000,
    budget,
    workTree,
    timeoutMs: callTimeoutMs(agent),
    emit,
    signal: untilCap(signal, options),
    now: Date.now,
    keys,
    command: request.command ?? '(call runNight again)',
  });
  const { night } = opened;
  fit.keep();
  emit({
    type: 'start',
    env,
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
    checked: fit.since,
  });
  return opened;
}

/** The request with defaults, as recorded. Throws UsageError and BudgetError. */
export function nightOptions(
  request: Omit<NightRequest, 'root' | 'environment'>,
  env: string,
  policy: Policy,
): NightOptions {
  const { budget = 20, agent, apply = false, proposers = [mine], checks = [] } = request;
  if (!Number.isInteger(budget) || budget < 0)
    throw new UsageError(`--budget: expected a whole number of candidates, got ${budget}`);
  if (budget === 0)
    throw new BudgetError('--budget 0 evaluates no candidate, so nothing can be decided; the least is 1');
  if (apply && policy.mode === 'propose')
    throw new UsageError(
      'mode is propose, so no night puts a release into force by itself; leave out --apply, and let it be approved',
      { where: `evals/${env}/policy.yaml` },
    );
  const simulated = typeof agent !== 'function' && agent.simulated;
  return {
    env,
    budget,
    seed: request.seed ?? 1,
    proposers: proposers.map(({ name }) => name),
    checks: checks.map(({ name }) => name),
    concurrency: request.concurrency ?? (simulated ? 8 : 4),
    maxRollouts: request.maxRollouts ?? Number.POSITIVE_INFINITY,
    maxUsd: request.maxUsd ?? Number.POSITIVE_INFINITY,
    maxMinutes: request.maxMinutes ?? Number.POSITIVE_INFINITY,
    tasks: request.tasks ?? null,
    tags: request.tags ?? [],
    policy,
    apply,
    ...(request.given ? { given: true } : {}),
  };
}
