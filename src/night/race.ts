/** Tier 1: plays the branch head on dev, and races a candidate against it. */
import { randomOf, shuffled } from '../digest.ts';
import { assertScored, evaluationOf, type Rollout, totalUsage } from '../evaluation/evaluator.ts';
import { playTasks } from '../evaluation/play-tasks.ts';
import { inOrder } from '../evaluation/pool.ts';
import { scoreInterval } from '../gate/interval.ts';
import { isClear, isHopelessNow } from '../gate/keep.ts';
import { type Pair, pairOf, taskDifferences } from '../gate/pairs.ts';
import { DETERMINISM_TASKS } from '../gate/rules.ts';
import { wordsOf } from '../traces/words.ts';
import type { Harness, Task, Trace } from '../types.ts';
import type { DevBaseline, NightContext } from './night.ts';
import { noticeOf, playHeard } from './notice.ts';

type Racing = Pick<NightContext, 'agent' | 'dev' | 'evaluator' | 'number' | 'options' | 'report' | 'signal'>;
type Measuring = Racing & Pick<NightContext, 'environment'>;

export interface MeasuredBaseline {
  readonly baseline: DevBaseline;
  /** True if the agent gave equal replies to equal requests. */
  readonly deterministic: boolean;
  /** What the replies show; null for nothing. */
  readonly notice: string | null;
}

/**
 * Plays `harness` on dev. Candidates of a simulated agent meet the same random draws, so one trial
 * per task is exact. Any other agent plays the first 20 tasks twice: equal words need one trial on
 * two thirds of dev, equal scores one trial on all of dev, anything else two.
 */
export async function playBaseline(night: Measuring, harness: Harness, tier = 'dev'): Promise<MeasuredBaseline> {
  const order = shuffled(night.dev, randomOf(night.options.seed, night.number, 'dev order', tier));
  if (night.agent.simulated) {
    const traces = await playDev(night, harness, order, [0], tier);
    return { baseline: baselineOf(harness, order, traces), deterministic: false, notice: null };
  }
  const first = order.slice(0, DETERMINISM_TASKS);
  const probe = await playHeard(night, rolloutsOf(harness, first, [0, 1], tier), (done, total) =>
    night.report('dev', done, total),
  );
  // An endpoint that refused every request will refuse the rest.
  assertScored(probe);
  const deterministic = agree(probe, wordsOf);
  const end = deterministic ? Math.ceil((order.length * 2) / 3) : order.length;
  const rest = order.slice(DETERMINISM_TASKS, Math.max(DETERMINISM_TASKS, end));
  const trials = agree(probe, ({ score }) => String(score?.reward)) ? [0] : [0, 1];
  const more = await playDev(night, harness, rest, trials, tier);
  night.evaluator.settle();
  const traces = [...probe, ...more].filter(({ trial }) => trials.includes(trial));
  const baseline = baselineOf(harness, [...first, ...rest], traces, trials.length > 1);
  return { baseline, deterministic, notice: noticeOf(traces, night.environment) };
}

/**
 * One trial per task of the release in force, on the tasks of `baseline`. It predicts the power of
 * a look; a second trial did not pay (docs/gate.md).
 */
export async function playReleaseBaseline(
  night: Racing & Pick<NightContext, 'release'>,
  baseline: DevBaseline,
): Promise<DevBaseline> {
  const tasks = night.dev.filter(({ id }) => baseline.rows.has(id));
  const traces = await playDev(night, night.release, tasks, [0], 'dev');
  assertScored(traces);
  night.evaluator.settle();
  return baselineOf(night.release, tasks, traces);
}

const baselineOf = (
  harness: Harness,
  tasks: readonly Task[],
  traces: readonly Trace[],
  noisy = false,
): DevBaseline => ({
  harness: harness.id,
  noisy,
  rows: new Map(
    evaluationOf(harness, 'dev', tasks, traces).tasks.map(({ task, rewards, violations }) => [
      task,
      { rewards, violations },
    ]),
  ),
});

/** The winner's scores; a narrow win of a noisy agent is averaged with what it beat. */
function barAfter(beaten: DevBaseline, winner: DevBaseline, pairs: readonly Pair[]): DevBaseline {
  if (!beaten.noisy || pairs.length === 0 || isClear(pairs)) return winner;
  const rows = [...winner.rows].map(([task, { rewards, violations }]) => {
    const old = beaten.rows.get(task);
    return [
      task,
      { rewards: [...(old?.rewards ?? []), ...rewards], violations: (old?.violations ?? 0) + violations },
    ] as const;
  });
  return { ...winner, rows: new Map(rows) };
}

/** True if no trace is void and all trials of a task have the same `what`; false for []. */
function agree(traces: readonly Trace[], what: (trace: Trace) => string): boolean {
  const seen = new Map<string, string>();
  for (const trace of traces) {
    const found = what(trace);
    if (trace.error !== undefined || (seen.get(trace.task) ?? found) !== found) return false;
    seen.set(trace.task, found);
  }
  return seen.size > 0;
}

function playDev(
  { evaluator, report }: Racing,
  harness: Harness,
  tasks: readonly Task[],
  trials: readonly number[],
  tier: string,
): Promise<Trace[]> {
  return playTasks(evaluator, rolloutsOf(harness, tasks, trials, tier), (done, total) => report('dev', done, total));
}

const rolloutsOf = (harness: Harness, tasks: readonly Task[], trials: readonly number[], tier: string): Rollout[] =>
  tasks.flatMap((task) => trials.map((trial) => ({ harness, task, trial, tier })));

/** Emits the dev score that candidates are compared with. */
export function reportBaseline({ emit }: Pick<NightContext, 'emit'>, of: string, baseline: DevBaseline): void {
  const rewards = [...baseline.rows.values()].map((row) => row.rewards);
  if (rewards.length > 0)
    emit({ type: 'score', of, split: 'dev', score: { ...scoreInterval(rewards), tasks: rewards.length } });
}

export interface RaceResult {
  readonly pairs: readonly Pair[];
  readonly planned: number;
  readonly spending: { readonly rollouts: number; readonly voids: number; readonly costUsd: number };
  /** What the next candidates are compared with, if this one is kept. */
  readonly bar: DevBaseline;
}

/** Rollouts ahead of an interim check; 1 for a simulated agent, which answers at once. */
export const aheadOf = ({ agent, options }: Pick<NightContext, 'agent' | 'options'>): number =>
  agent.simulated ? 1 : options.concurrency;

/**
 * Plays one trial per task in random order against the baseline, and stops when hopeless. `number`
 * counts candidates from 1; `independent` noise, with own seeds, tests the gate.
 */
export async function race(
  night: Racing,
  candidate: Harness,
  baseline: DevBaseline,
  { number, independent }: { readonly number: number; readonly independent: boolean },
): Promise<RaceResult> {
  const random = randomOf(night.options.seed, night.number, 'race', number);
  const order = shuffled(
    night.dev.filter((task) => baseline.rows.has(task.id)),
    random,
  );
  const tier = independent ? `dev:${number}` : 'dev';
  const play = async (task: Task, _index: number, signal: AbortSignal) => ({
    task,
    trace: await night.evaluator.play({ harness: candidate, task, trial: 0, tier }, signal),
  });
  const { budget } = night.evaluator.options;
  const before = budget.rollouts;
  const pairs: Pair[] = [];
  const traces: Trace[] = [];
  let voids = 0;
  for await (const { task, trace } of inOrder(order, aheadOf(night), play, night.signal)) {
    traces.push(trace);
    night.report(`candidate ${number}`, traces.length, order.length);
    const row = baseline.rows.get(task.id);
    if (trace.score === null || row === undefined) voids += 1;
    else
      pairs.push(
        pairOf(task, {
          before: row.rewards,
          after: [trace.score.reward],
          violationsBefore: row.violations,
          violationsAfter: trace.score.violation ? 1 : 0,
        }),
      );
    if (pairs.length > 0 && traces.length < order.length && isHopelessNow(taskDifferences(pairs))) break;
  }
  budget.drop(before + traces.length);
  night.evaluator.settle();
  const { costUsd } = totalUsage(traces);
  return {
    pairs,
    planned: order.length,
    spending: { rollouts: traces.length, voids, costUsd },
    bar: barAfter(baseline, baselineOf(candidate, order, traces, baseline.noisy), pairs),
  };
}
