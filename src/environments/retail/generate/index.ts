/** Generated retail environments: a fresh shop and fresh, verified tasks from one seed. */
import type { GenerateOptions, Task } from '../../../types.ts';
import type { RetailWorld } from '../store.ts';
import { type RetailEnvironment, retailEnvironment } from '../tasks.ts';
import { generateTasks } from './tasks.ts';
import { generateWorld } from './world.ts';

export { readDataset, writeDataset } from './dataset.ts';
export { generateTasks } from './tasks.ts';
export { generateWorld } from './world.ts';

/**
 * A retail environment with its own world; task ids start with `g<seed>-`. All tasks get `split`,
 * else 50/25/25 by stable hash within their tags. Equal options give equal bytes. Throws RangeError
 * for more tasks than the world can hold (some thousands).
 */
export function generateRetail(options: GenerateOptions): RetailEnvironment {
  const { world, tasks } = generateShop(options);
  return retailEnvironment({ world, tasks, mode: 'fixed', generate: generateRetail });
}

/** Only the world and the tasks. */
export function generateShop({ seed, tasks: count, split }: GenerateOptions): { world: RetailWorld; tasks: Task[] } {
  const world = generateWorld(seed);
  const made = generateTasks(world, { seed, tasks: count });
  return { world, tasks: split === undefined ? made : made.map((task) => ({ ...task, split })) };
}
