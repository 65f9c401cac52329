/** Sealed tasks that a content filter keeps out of a look, found before a score is. */
import { playEach } from '../evaluation/play-tasks.ts';
import { drawnNoise } from '../evaluation/seeds.ts';
import type { Harness, Task } from '../types.ts';
import { sealedTier } from './compare.ts';
import type { NightContext } from './night.ts';
import type { SealedPanel } from './panel.ts';

/**
 * The tasks whose first request is refused in both arms: the reason lies in the task, so leaving it
 * out favours neither. Asked only if the filter refused a prompt before; replies are used later.
 */
export async function filteredTasks(
  { evaluator, options }: Pick<NightContext, 'evaluator' | 'options'>,
  arms: readonly [before: Harness, after: Harness],
  { tasks, environment }: SealedPanel,
  head: string | null,
): Promise<readonly string[]> {
  if (!evaluator.filters) return [];
  const independent = options.proposers.includes('null');
  const isFiltered = async (task: Task): Promise<boolean> => {
    for (const [arm, harness] of arms.entries()) {
      const rollout = {
        harness,
        task,
        trial: 0,
        tier: sealedTier(independent, arm),
        noise: drawnNoise(head),
        environment,
      };
      if (!(await evaluator.isFiltered(rollout, evaluator.options.signal))) return false;
    }
    return true;
  };
  const refused = await playEach(evaluator.options, tasks, isFiltered, () => {});
  return tasks.flatMap(({ id }, at) => (refused[at] ? [id] : []));
}
