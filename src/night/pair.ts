/** Both arms play one task, trial by trial and side by side, so that drift hits both. */
import type { Evaluator } from '../evaluation/evaluator.ts';
import { mean, rounded } from '../gate/arithmetic.ts';
import type { Metric } from '../gate/metrics.ts';
import { type Pair, pairOf } from '../gate/pairs.ts';
import type { Environment, Harness, Task, Usage } from '../types.ts';

export interface PairPlay {
  readonly arms: { readonly before: Harness; readonly after: Harness };
  readonly task: Task;
  readonly trials: number;
  readonly environment: Environment;
  /** Seed name of an arm: arms with equal names share their noise. */
  tierOf(arm: 'before' | 'after'): string;
  /** Metrics to measure. */
  readonly guarded: readonly Metric[];
}

export interface PlayedPair {
  /** Null when a trial of either arm got no answer. */
  readonly pair: Pair | null;
  readonly rollouts: number;
  readonly costUsd: number;
}

export async function playPair(evaluator: Evaluator, play: PairPlay, signal?: AbortSignal): Promise<PlayedPair> {
  const { arms, task, trials, environment, tierOf, guarded } = play;
  const rewards: { before: number[]; after: number[] } = { before: [], after: [] };
  const used: { before: Usage[]; after: Usage[] } = { before: [], after: [] };
  const violations = { before: 0, after: 0 };
  let costUsd = 0;
  let lost = 0;
  for (let trial = 0; trial < trials; trial++) {
    for (const arm of ['before', 'after'] as const) {
      const trace = await evaluator.play({ harness: arms[arm], task, trial, tier: tierOf(arm), environment }, signal);
      costUsd += trace.usage.costUsd;
      used[arm].push(trace.usage);
      if (trace.score === null) lost += 1;
      else {
        rewards[arm].push(trace.score.reward);
        if (trace.score.violation) violations[arm] += 1;
      }
    }
  }
  const pair = pairOf(task, {
    ...rewards,
    violationsBefore: violations.before,
    violationsAfter: violations.after,
    ...(guarded.length === 0 ? {} : { metrics: metricsOf(used, guarded) }),
  });
  return { pair: lost > 0 ? null : pair, rollouts: 2 * trials, costUsd };
}

const TAKEN: Readonly<Record<Metric, (usage: Usage) => number | undefined>> = {
  usd: ({ costUsd }) => costUsd,
  seconds: ({ modelMs }) => (modelMs === undefined ? undefined : modelMs / 1000),
  tokens: ({ inputTokens, outputTokens }) => inputTokens + outputTokens,
  calls: ({ calls }) => calls,
};

/** Means over the trials of each arm; a metric that some trial lacks is left out. */
function metricsOf(
  used: { readonly before: readonly Usage[]; readonly after: readonly Usage[] },
  guarded: readonly Metric[],
): NonNullable<Pair['metrics']> {
  return Object.fromEntries(
    guarded.flatMap((metric) => {
      const [before, after] = [used.before, used.after].map((arm) => arm.map(TAKEN[metric])) as [
        (number | undefined)[],
        (number | undefined)[],
      ];
      if ([...before, ...after].includes(undefined)) return [];
      return [[metric, { before: rounded(mean(before as number[])), after: rounded(mean(after as number[])) }]];
    }),
  );
}
