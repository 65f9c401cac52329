/** Tier 2: fresh rollouts of both arms on the sealed panel, interleaved task by task. */
import { mapPool } from '../evaluation/pool.ts';
import { rounded } from '../gate/arithmetic.ts';
import { isFutile } from '../gate/futility.ts';
import type { Pair } from '../gate/pairs.ts';
import type { Harness, Task } from '../types.ts';
import type { Night } from './night.ts';
import type { Panel } from './panel.ts';
import { report } from './race.ts';

/** Tasks between two looks for futility: a stop is only ever for futility. */
const FUTILITY_EVERY = 10;

export interface Comparison {
  readonly pairs: readonly Pair[];
  readonly rollouts: number;
  /** Pairs that could not be scored. */
  readonly voids: number;
  readonly trials: number;
  readonly costUsd: number;
}

/** Both arms share trial seeds, except where the proposer tests the gate with independent noise. */
export async function compare(
  night: Night,
  arms: { readonly before: Harness; readonly after: Harness; readonly panel: Panel; readonly trials: number },
): Promise<Comparison> {
  const { before, after, panel, trials } = arms;
  const independent = night.options.proposer === 'null';
  const costs: number[] = [];
  const pairs: Pair[] = [];
  let voids = 0;
  let rollouts = 0;
  for (let next = 0; next < panel.tasks.length; next += FUTILITY_EVERY) {
    const tasks = panel.tasks.slice(next, next + FUTILITY_EVERY);
    const played = await mapPool(tasks, night.options.concurrency, (task) => playBoth(task), night.signal);
    for (const row of played) {
      rollouts += row.rollouts;
      costs.push(row.costUsd);
      if (row.pair === null) voids += 1;
      else pairs.push(row.pair);
    }
    report(night, 'sealed', Math.min(next + FUTILITY_EVERY, panel.tasks.length), panel.tasks.length);
    if (isFutile(pairs, { planned: panel.tasks.length, trials })) break;
  }
  night.evaluator.settle();
  // In the order of the panel: a sum in the order of arrival would differ in its last digit from night to replay.
  const costUsd = rounded(costs.reduce((sum, cost) => sum + cost, 0));
  return { pairs, rollouts, voids, trials, costUsd };

  async function playBoth(task: Task): Promise<{ pair: Pair | null; rollouts: number; costUsd: number }> {
    let costUsd = 0;
    const rewards: { before: number[]; after: number[] } = { before: [], after: [] };
    const violations = { before: 0, after: 0 };
    let lost = 0;
    for (let trial = 0; trial < trials; trial++) {
      for (const arm of ['before', 'after'] as const) {
        const trace = await night.evaluator.play({
          harness: arm === 'before' ? before : after,
          task,
          trial,
          tier: independent ? `sealed:${arm}` : 'sealed',
          environment: panel.environment,
        });
        costUsd += trace.usage.costUsd;
        if (trace.score === null) lost += 1;
        else {
          rewards[arm].push(trace.score.reward);
          if (trace.score.violation) violations[arm] += 1;
        }
      }
    }
    const pair: Pair = {
      task: task.id,
      tags: task.tags,
      ...(task.family === undefined ? {} : { family: task.family }),
      ...rewards,
      violationsBefore: violations.before,
      violationsAfter: violations.after,
    };
    return { pair: lost > 0 ? null : pair, rollouts: 2 * trials, costUsd };
  }
}
