/** Arms play one task, trial by trial, one after the other in the order that was drawn. */
import type { Evaluator, Rollout } from '../evaluation/evaluator.ts';
import { mean, rounded } from '../gate/arithmetic.ts';
import type { Metric } from '../gate/metrics.ts';
import { orderText } from '../gate/order.ts';
import { type Pair, pairOf } from '../gate/pairs.ts';
import type { Harness, Trace, Usage } from '../types.ts';

export interface ArmsPlay extends Omit<Rollout, 'harness' | 'trial' | 'tier'> {
  readonly arms: readonly Harness[];
  /** Per trial the arms in the order of play, see `armOrder`. */
  readonly order: readonly (readonly number[])[];
  /** Seed name of an arm: arms with equal names share their noise. */
  tierOf(arm: number): string;
}

/** Traces by arm and trial. */
export async function playArms(
  evaluator: Evaluator,
  { arms, order, tierOf, ...rollout }: ArmsPlay,
  signal?: AbortSignal,
): Promise<Trace[][]> {
  const traces = arms.map((): Trace[] => []);
  for (const [trial, row] of order.entries())
    for (const arm of row) {
      const harness = arms[arm] as Harness;
      traces[arm]?.push(await evaluator.play({ ...rollout, harness, trial, tier: tierOf(arm) }, signal));
    }
  return traces;
}

export interface PairPlay extends ArmsPlay {
  readonly arms: readonly [before: Harness, after: Harness];
  /** Metrics to measure. @default none */
  readonly guarded?: readonly Metric[];
}

export interface PlayedPair {
  /** Null when a trial of either arm got no answer. */
  readonly pair: Pair | null;
  readonly rollouts: number;
  readonly costUsd: number;
}

export async function playPair(evaluator: Evaluator, play: PairPlay, signal?: AbortSignal): Promise<PlayedPair> {
  const { guarded = [], ...arms } = play;
  const [before = [], after = []] = await playArms(evaluator, arms, signal);
  const all = [...before, ...after];
  const used = { before: before.map(({ usage }) => usage), after: after.map(({ usage }) => usage) };
  const pair = pairOf(play.task, {
    before: rewardsOf(before),
    after: rewardsOf(after),
    order: orderText(play.order),
    violationsBefore: violationsOf(before),
    violationsAfter: violationsOf(after),
    ...(guarded.length === 0 ? {} : { metrics: metricsOf(used, guarded) }),
  });
  const lost = all.some(({ score }) => score === null);
  const costUsd = all.reduce((sum, { usage }) => sum + usage.costUsd, 0);
  return { pair: lost ? null : pair, rollouts: all.length, costUsd };
}

const rewardsOf = (traces: readonly Trace[]): number[] => traces.flatMap(({ score }) => score?.reward ?? []);
const violationsOf = (traces: readonly Trace[]): number => traces.filter(({ score }) => score?.violation).length;

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
