/** Plays two arms beside each other, task by task in a drawn order: every comparison is this. */
import type { Evaluator, Rollout } from '../evaluation/evaluator.ts';
import { inOrder } from '../evaluation/pool.ts';
import { drawnNoise } from '../evaluation/seeds.ts';
import { rounded } from '../gate/arithmetic.ts';
import { isFutile } from '../gate/futility.ts';
import type { Metric } from '../gate/metrics.ts';
import { armOrder, type OrderKey } from '../gate/order.ts';
import type { Pair } from '../gate/pairs.ts';
import type { Harness, Task } from '../types.ts';
import type { NightContext } from './night.ts';
import { type PairPlay, playPair } from './pair.ts';
import type { SealedPanel } from './panel.ts';
import { aheadOf } from './race.ts';

/** Tasks between two interim checks, which stop for futility alone. */
const FUTILITY_EVERY = 10;

export interface ArmComparison {
  /** In the order of the tasks. */
  readonly pairs: readonly Pair[];
  readonly rollouts: number;
  /** Pairs that could not be scored. */
  readonly voids: number;
  readonly costUsd: number;
}

export interface ComparisonTerms
  extends Pick<Rollout, 'noise' | 'environment'>,
    Pick<PairPlay, 'arms' | 'guarded' | 'tierOf'> {
  readonly tasks: readonly Task[];
  /** Draws the order of the arms. */
  readonly key: Omit<OrderKey, 'arms'>;
  readonly trials: number;
  /** Tasks at the same time. */
  readonly ahead: number;
  /** Asked after each task; true ends the comparison. @default never */
  ends?(pairs: readonly Pair[], done: number): boolean;
  onPlayed(done: number, total: number): void;
}

/** The engine: arms, tasks, order and trials in, paired scores out; a gate makes them a verdict. */
export async function compareArms(evaluator: Evaluator, terms: ComparisonTerms): Promise<ArmComparison> {
  const { tasks, key, trials, ahead, ends, onPlayed, ...shared } = terms;
  const { budget, signal: outer } = evaluator.options;
  const arms = terms.arms.map(({ id }) => id);
  const costs: number[] = [];
  const pairs: Pair[] = [];
  let [voids, rollouts] = [0, 0];
  const counted = budget.rollouts;
  const play = (task: Task, _index: number, signal: AbortSignal) =>
    playPair(evaluator, { ...shared, task, order: armOrder({ ...key, arms }, task.id, trials) }, signal);
  for await (const row of inOrder(tasks, ahead, play, outer)) {
    rollouts += row.rollouts;
    costs.push(row.costUsd);
    if (row.pair === null) voids += 1;
    else pairs.push(row.pair);
    onPlayed(costs.length, tasks.length);
    if (ends?.(pairs, costs.length)) break;
  }
  budget.drop(counted + rollouts);
  evaluator.settle();
  // Summed in the order of the tasks, so that a replay gives the same last digit.
  const costUsd = rounded(costs.reduce((sum, cost) => sum + cost, 0));
  return { pairs, rollouts, voids, costUsd };
}

/** Seed name of an arm; a night that tests the gate draws the noise of each arm separately. */
export const sealedTier = (independent: boolean, arm: number): string =>
  independent ? `sealed:${arm === 0 ? 'before' : 'after'}` : 'sealed';

/** A look. Both arms share trial seeds, unless `null` tests the gate with independent noise. */
export function compare(
  night: Pick<NightContext, 'agent' | 'evaluator' | 'options' | 'report'>,
  look: {
    readonly before: Harness;
    readonly after: Harness;
    readonly panel: SealedPanel;
    readonly trials: number;
    readonly alpha: number;
    /** `LookPlan.head` */
    readonly head: string | null;
    /** Number of the look at the panel. */
    readonly look: number;
  },
): Promise<ArmComparison> {
  const { before, after, panel, trials, alpha, head } = look;
  const independent = night.options.proposers.includes('null');
  const planned = panel.tasks.length;
  return compareArms(night.evaluator, {
    arms: [before, after],
    tasks: panel.tasks,
    environment: panel.environment,
    key: { head, panel: panel.digest, look: look.look },
    trials,
    noise: drawnNoise(head),
    tierOf: (arm) => sealedTier(independent, arm),
    guarded: Object.keys(night.options.policy.max_increase) as Metric[],
    ahead: aheadOf(night),
    ends: (pairs, done) => done % FUTILITY_EVERY === 0 && isFutile(pairs, { planned, trials, alpha }),
    onPlayed: (done, total) => night.report('sealed', done, total),
  });
}
