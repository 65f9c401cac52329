/**
 * Plays harnesses on tasks for the commands that measure and decide nothing: run, ablate, baseline,
 * aa and judge.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Budget, openBudget } from '../evaluation/budget.ts';
import { assertScored, openEvaluator } from '../evaluation/evaluator.ts';
import { memoryJournal } from '../evaluation/journal.ts';
import { mapPool } from '../evaluation/pool.ts';
import { fileReplies, recordedAgent } from '../models/replies.ts';
import { type PairPlay, type PlayedPair, playPair } from '../night/pair.ts';
import type { Emit } from '../report/events.ts';
import type { Agent, Environment, Harness, Task, Trace } from '../types.ts';
import { chooseModel, openAgent } from './agent.ts';
import { interruptible } from './interruption.ts';
import { subscribers } from './night.ts';
import { callTimeoutMs, type PlayFlags } from './setup.ts';

export interface Stage {
  readonly agent: Agent;
  readonly budget: Budget;
  readonly emit: Emit;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /**
   * All trials of all tasks, task by task; a list names trials by their number, from 0. Harnesses
   * that are played on one stage share their noise.
   */
  play(harness: Harness, tasks: readonly Task[], trials: number | readonly number[], phase: string): Promise<Trace[]>;
  /** Both harnesses on every task, side by side; `tier` names their noise, which they share. */
  pairs(arms: PairPlay['arms'], tasks: readonly Task[], trials: number, tier: string): Promise<PlayedPair[]>;
  close(): void;
}

/**
 * Opens the model that the flags name. Replies of a real one are kept in `runs/.replies/`, so that
 * a command that was cut off, or is typed again, pays for nothing twice. `shared`: the budget of
 * another stage of the same command.
 */
export async function openStage(
  flags: PlayFlags,
  root: string,
  environment: Environment,
  shared?: Budget,
): Promise<Stage> {
  const budget =
    shared ??
    openBudget(
      {
        maxRollouts: flags.maxRollouts ?? Number.POSITIVE_INFINITY,
        maxUsd: flags.maxUsd ?? Number.POSITIVE_INFINITY,
        maxMinutes: flags.maxMinutes ?? Number.POSITIVE_INFINITY,
      },
      Date.now,
    );
  const model = chooseModel(flags, root);
  const agent = await openAgent(model, environment, budget);
  const emit = subscribers(flags.json === true);
  const interruption = interruptible();
  const evaluator = openEvaluator({
    environment,
    agent: keepingReplies(agent, root),
    budget,
    journal: memoryJournal(),
    seed: flags.seed,
    night: 0,
    concurrency: model.concurrency,
    timeoutMs: callTimeoutMs(agent),
    signal: interruption.signal,
  });
  /** `play` for every item, several at a time, with progress. */
  function all<T, R>(items: readonly T[], phase: string, play: (item: T) => Promise<R>): Promise<R[]> {
    let done = 0;
    const one = async (item: T) => {
      const result = await play(item);
      done += 1;
      const { rollouts, usd } = budget;
      emit({ type: 'progress', phase, done, total: items.length, rollouts, candidates: 0, usd });
      return result;
    };
    return mapPool(items, model.concurrency, one, interruption.signal);
  }
  return {
    agent,
    budget,
    emit,
    signal: interruption.signal,
    async play(harness, tasks, trials, phase) {
      const numbers = typeof trials === 'number' ? Array.from({ length: trials }, (_, trial) => trial) : trials;
      const rollouts = tasks.flatMap((task) => numbers.map((trial) => ({ task, trial })));
      const traces = await all(rollouts, phase, ({ task, trial }) =>
        evaluator.play({ harness, task, trial, tier: 'run' }),
      );
      assertScored(traces);
      return traces;
    },
    pairs: (arms, tasks, trials, tier) =>
      all(tasks, tier, (task) =>
        playPair(evaluator, { arms, task, trials, environment, tierOf: () => tier, guarded: [] }),
      ),
    close: () => interruption.stop(),
  };
}

/**
 * The same agent; what it was asked before, in this repository and by any of these commands, is
 * answered from the record.
 */
export function keepingReplies(agent: Agent, root: string): Agent {
  if (agent.simulated) return agent;
  const folder = join(root, 'runs', '.replies');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, '.gitignore'), '*\n');
  return recordedAgent(agent, fileReplies(join(folder, `${agent.digest.slice(0, 16)}.jsonl`)));
}
