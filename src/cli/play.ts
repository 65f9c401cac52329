/** Opens what commands need that play rollouts: the environment and a stage. */
import { openStage, type Stage } from '../compare/stage.ts';
import { openBudget, untilCap } from '../evaluation/budget.ts';
import { type Peek, recordPeek } from '../ledger/acts/peek.ts';
import { stepOf } from '../ledger/acts/step.ts';
import { openRepository, type Repository } from '../ledger/git/git.ts';
import { type EnvironmentFlags, openEnvironment } from '../open/environment.ts';
import { chooseModel, openAgent, withOwnAgent } from '../open/model.ts';
import { readPolicy } from '../policy/policy.ts';
import type { Environment } from '../types.ts';
import { interruptible } from './interruption.ts';
import type { PlayFlags } from './options.ts';
import { say, subscribers } from './output.ts';

export interface Place {
  readonly repository: Repository;
  readonly root: string;
  readonly environment: Environment;
}

/** `unscored`: the command needs no scorer. */
export async function openPlace(flags: EnvironmentFlags, options: { unscored?: boolean } = {}): Promise<Place> {
  const repository = await openRepository(process.cwd());
  const { root } = repository;
  const here = process.env.OPTIMIZE_IN_PROCESS === '1';
  return { repository, root, environment: await openEnvironment(flags, root, { ...options, here }) };
}

/** Before a command plays sealed tasks: records that, and says so. Throws as `recordPeek`. */
export async function admitSealed(
  { repository, root, environment }: Place,
  peek: Pick<Peek, 'command' | 'harness' | 'tasks'>,
  json: boolean,
): Promise<void> {
  const policy = readPolicy(root, environment.name);
  const seq = await recordPeek(repository, { environment, policy, ...peek }, stepOf(peek.command, repository));
  if (seq !== null && !json)
    say(
      `sealed tasks: decision ${seq} records that they were played; the next look counts one higher, and no release on them claims its error bound`,
    );
}

/** `temperature` overrides the model's own. */
export type OpenStage = (environment: Environment, temperature?: number) => Promise<Stage>;

/** Stages of `work` share the caps of the flags, and end at Ctrl-C. */
export async function withStages<T>(flags: PlayFlags, root: string, work: (open: OpenStage) => Promise<T>): Promise<T> {
  const budget = openBudget(flags, Date.now);
  const emit = subscribers(flags.json);
  const { signal: interrupted, stop } = interruptible();
  const signal = untilCap(interrupted, flags);
  try {
    return await work(async (environment, temperature) => {
      const own = withOwnAgent(flags, environment);
      const model = chooseModel(temperature === undefined ? own : { ...own, temperature }, root);
      const agent = await openAgent(model, environment, budget);
      const { concurrency } = model;
      return openStage({ root, environment, agent, concurrency, seed: flags.seed, budget, emit, signal });
    });
  } finally {
    stop();
  }
}
