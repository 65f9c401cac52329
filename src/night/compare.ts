/** Tier 2: fresh rollouts of both arms on the sealed panel, task by task in a drawn order. */
import { inOrder } from '../evaluation/pool.ts';
import { drawnNoise } from '../evaluation/seeds.ts';
import { rounded } from '../gate/arithmetic.ts';
import { isFutile } from '../gate/futility.ts';
import type { Metric } from '../gate/metrics.ts';
import { armOrder } from '../gate/order.ts';
import type { Pair } from '../gate/pairs.ts';
import type { Harness, Task } from '../types.ts';
import type { NightContext } from './night.ts';
import { playPair } from './pair.ts';
import type { SealedPanel } from './panel.ts';
import { aheadOf } from './race.ts';

/** Tasks between two interim checks, which stop for futility alone. */
const FUTILITY_EVERY = 10;

export interface ArmComparison {
  readonly pairs: readonly Pair[];
  readonly rollouts: number;
  /** Pairs that could not be scored. */
  readonly voids: number;
  readonly costUsd: number;
}

/** Seed name of an arm; a night that tests the gate draws the noise of each arm separately. */
export const sealedTier = (independent: boolean, arm: number): string =>
  independent ? `sealed:${arm === 0 ? 'before' : 'after'}` : 'sealed';

/** Both arms share trial seeds, unless `null` tests the gate with independent noise. */
export async function compare(
  night: Pick<NightContext, 'agent' | 'evaluator' | 'options' | 'report' | 'signal'>,
  arms: {
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
  const { before, after, panel, trials, alpha, head, look } = arms;
  const independent = night.options.proposers.includes('null');
  const key = { head, panel: panel.digest, look, arms: [before.id, after.id] };
  const noise = drawnNoise(head);
  const costs: number[] = [];
  const pairs: Pair[] = [];
  let voids = 0;
  let rollouts = 0;
  const { budget } = night.evaluator.options;
  const counted = budget.rollouts;
  const play = (task: Task, _index: number, signal: AbortSignal) =>
    playPair(
      night.evaluator,
      {
        arms: [before, after],
        task,
        order: armOrder(key, task.id, trials),
        noise,
        environment: panel.environment,
        tierOf: (arm) => sealedTier(independent, arm),
        guarded: Object.keys(night.options.policy.max_increase) as Metric[],
      },
      signal,
    );
  for await (const row of inOrder(panel.tasks, aheadOf(night), play, night.signal)) {
    rollouts += row.rollouts;
    costs.push(row.costUsd);
    if (row.pair === null) voids += 1;
    else pairs.push(row.pair);
    const done = costs.length;
    night.report('sealed', done, panel.tasks.length);
    if (done % FUTILITY_EVERY === 0 && isFutile(pairs, { planned: panel.tasks.length, trials, alpha })) break;
  }
  budget.drop(counted + rollouts);
  night.evaluator.settle();
  // Summed in the order of the panel, so that a replay gives the same last digit.
  const costUsd = rounded(costs.reduce((sum, cost) => sum + cost, 0));
  return { pairs, rollouts, voids, costUsd };
}
