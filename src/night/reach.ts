/** What a number of tasks can do, before anything is played. */
import type { Environment, Split } from '../types.ts';
import { MIN_PANEL } from './panel.ts';

/** Fewest tasks per split of a night. */
export const MIN_TASKS = { train: 5, dev: 20, sealed: MIN_PANEL } as const;
const SPLITS = ['train', 'dev', 'sealed'] as const;

/** One sentence, such as `120 tasks: learns, proposes and can release.` */
export function reachOf({ tasks, unscored }: Pick<Environment, 'tasks' | 'unscored'>): string {
  const count = (split: Split): number => tasks.filter((task) => task.split === split).length;
  const [train, dev, sealed] = [count('train'), count('dev'), count('sealed')];
  const all = `${tasks.length} tasks`;
  if (unscored) return `${all} without a scorer: they can be shown and judged, and nothing is learned from them.`;
  const shares = { train, dev, sealed };
  const short = SPLITS.filter((split) => shares[split] < MIN_TASKS[split]);
  if (short.length === 0) return `${all}: learns, proposes and can release.`;
  const empty = short
    .filter((split) => shares[split] === 0)
    .map((split) => `${MIN_TASKS[split]} in the split ${split}`);
  // The same shares with enough tasks in each split.
  const needed = Math.max(...short.map((split) => Math.ceil((MIN_TASKS[split] * tasks.length) / shares[split])));
  const more = empty.length > 0 ? empty.join(' and ') : String(needed);
  return `${all}: can be played and diagnosed; a night, and with it a release, needs ${more}.`;
}
