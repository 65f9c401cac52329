/** Plays harnesses on tasks for commands that measure and propose nothing. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalJson, sha256 } from '../digest.ts';
import type { Budget } from '../evaluation/budget.ts';
import { assertScored, openEvaluator, type Rollout } from '../evaluation/evaluator.ts';
import { memoryJournal } from '../evaluation/journal.ts';
import { playEach, playTasks } from '../evaluation/play-tasks.ts';
import { armOrder, type OrderKey } from '../gate/order.ts';
import { fileReplies, recordedAgent } from '../models/replies.ts';
import { type ArmComparison, compareArms } from '../night/compare.ts';
import { type PairPlay, playArms } from '../night/pair.ts';
import { callTimeoutMs } from '../open/model.ts';
import type { Emit } from '../report/events.ts';
import type { Agent, Environment, Harness, Task, Trace } from '../types.ts';

export interface StageInput {
  readonly root: string;
  readonly environment: Environment;
  readonly agent: Agent;
  /** Concurrent rollouts. */
  readonly concurrency: number;
  readonly seed: number;
  /** Stages with the same budget share its caps. */
  readonly budget: Budget;
  readonly emit: Emit;
  readonly signal: AbortSignal;
}

export interface Stage extends StageInput {
  /** All trials of all tasks, by task; a list names trials from 0. Noise is shared per stage. */
  play(harness: Harness, tasks: readonly Task[], trials: number | readonly number[], phase: string): Promise<Trace[]>;
  /** Several harnesses on every task, in a drawn order; traces by harness, then as `play`. */
  together(arms: readonly Harness[], tasks: readonly Task[], trials: number, phase: string): Promise<Trace[][]>;
  /** Both harnesses on every task, in the order that `key` draws. */
  compare(arms: PairPlay['arms'], tasks: readonly Task[], play: PairsPlay): Promise<ArmComparison>;
}

export interface PairsPlay extends Pick<Rollout, 'noise'> {
  readonly trials: number;
  /** Names the noise that both arms share. */
  readonly tier: string;
  readonly key: Omit<OrderKey, 'arms'>;
}

/** Keeps real replies in `runs/.replies/`, so that a repeated command pays nothing twice. */
export function openStage(input: StageInput): Stage {
  const { root, environment, agent, concurrency, seed, budget, emit, signal } = input;
  const evaluator = openEvaluator({
    environment,
    agent: keepingReplies(agent, root, environment),
    budget,
    journal: memoryJournal(),
    seed,
    night: 0,
    concurrency,
    timeoutMs: callTimeoutMs(agent),
    signal,
  });
  const tell = (phase: string) => (done: number, total: number) => {
    const { rollouts, usd } = budget;
    emit({ type: 'progress', phase, done, total, rollouts, candidates: 0, usd });
  };
  return {
    ...input,
    async play(harness, tasks, trials, phase) {
      const numbers = typeof trials === 'number' ? Array.from({ length: trials }, (_, trial) => trial) : trials;
      const rollouts = tasks.flatMap((task) => numbers.map((trial) => ({ harness, task, trial, tier: 'run' })));
      const traces = await playTasks(evaluator, rollouts, tell(phase));
      assertScored(traces);
      return traces;
    },
    async together(arms, tasks, trials, phase) {
      const panel = tasksDigest(tasks);
      const key = { head: null, panel, look: 0, arms: arms.map(({ id }) => id) };
      const play = (task: Task) =>
        playArms(evaluator, { arms, task, order: armOrder(key, task.id, trials), tierOf: () => 'run' });
      const played = await playEach(input, tasks, play, tell(phase));
      assertScored(played.flat(2));
      return arms.map((_, arm) => played.flatMap((traces) => traces[arm] ?? []));
    },
    compare(arms, tasks, { trials, tier, key, noise }) {
      const drawn = noise === undefined ? {} : { noise };
      const terms = { arms, tasks, key, trials, ...drawn, tierOf: () => tier };
      return compareArms(evaluator, { ...terms, ahead: concurrency, onPlayed: tell(tier) });
    },
  };
}

/** The same agent, answered from the replies that any of these commands recorded here. */
export function keepingReplies(agent: Agent, root: string, { redact }: Environment): Agent {
  if (agent.simulated) return agent;
  const folder = join(root, 'runs', '.replies');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, '.gitignore'), '*\n');
  return recordedAgent(agent, fileReplies(join(folder, `${agent.digest.slice(0, 16)}.jsonl`)), redact);
}

/** Digest of tasks by content, whatever their order. */
export const tasksDigest = (tasks: readonly Task[]): string => sha256(tasks.map(canonicalJson).sort().join('\n'));
