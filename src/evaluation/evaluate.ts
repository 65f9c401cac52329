/** Evaluates one harness on a list of tasks, for programs. */
import { assertScorer } from '../environments/define.ts';
import type { Agent, Environment, Evaluation, Harness, Task, Trace } from '../types.ts';
import { openBudget } from './budget.ts';
import { evaluationOf, openEvaluator } from './evaluator.ts';
import { memoryJournal } from './journal.ts';
import { playTasks } from './play-tasks.ts';

export interface EvaluateOptions {
  readonly harness: Harness;
  readonly environment: Environment;
  readonly agent: Agent;
  /** @default all tasks of the environment */
  readonly tasks?: readonly Task[];
  /** Trials per task. @default 1 */
  readonly trials?: number;
  /** @default 1 */
  readonly seed?: number;
  /** Concurrent rollouts. @default 4 */
  readonly concurrency?: number;
  /** Time limit of one rollout. @default 600,000 */
  readonly timeoutMs?: number;
  /** @default none */
  readonly maxRollouts?: number;
  readonly signal?: AbortSignal;
}

/**
 * Equal options and replies give equal results. Throws BudgetError at the cap, UsageError without a
 * scorer; an infrastructure fault is a void, never a score.
 */
export async function evaluate(
  options: EvaluateOptions,
): Promise<{ evaluation: Evaluation; traces: readonly Trace[] }> {
  const { harness, environment, agent, tasks = environment.tasks, trials = 1 } = options;
  assertScorer(environment);
  const unlimited = Number.POSITIVE_INFINITY;
  const evaluator = openEvaluator({
    environment,
    agent,
    budget: openBudget(
      { maxRollouts: options.maxRollouts ?? unlimited, maxUsd: unlimited, maxMinutes: unlimited },
      () => 0,
    ),
    journal: memoryJournal(),
    seed: options.seed ?? 1,
    night: 0,
    concurrency: options.concurrency ?? 4,
    timeoutMs: options.timeoutMs ?? 600_000,
    ...(options.signal ? { signal: options.signal } : {}),
  });
  const rollouts = tasks.flatMap((task) => Array.from({ length: trials }, (_, trial) => ({ task, trial })));
  const traces = await playTasks(
    evaluator,
    rollouts.map((rollout) => ({ harness, ...rollout, tier: 'run' })),
  );
  return { evaluation: evaluationOf(harness, tasks[0]?.split ?? 'train', tasks, traces), traces };
}
