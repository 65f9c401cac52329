/** What a number of tasks can do, before anything is played. */
import type { Environment, Split } from '../types.ts';
import { MIN_PANEL } from './panel.ts';

/** One sentence, e.g. `60 tasks: learns and proposes; a release needs 120.` */
export function reachOf({ tasks, unscored }: Pick<Environment, 'tasks' | 'unscored'>): string {
  const count = (split: Split): number => tasks.filter((task) => task.split === split).length;
  const [train, dev, sealed] = [count('train'), count('dev'), count('sealed')];
  const all = `${tasks.length} tasks`;
  if (unscored) return `${all} without a scorer: they can be shown and judged, and nothing is learned from them.`;
  if (train === 0) return `${all}: nothing is learned without tasks in the split train.`;
  if (dev === 0) return `${all}: learns; nothing is kept without tasks in the split dev.`;
  if (sealed >= MIN_PANEL) return `${all}: learns, proposes and can release.`;
  // The same shares with as many sealed tasks as a release needs.
  const needed = sealed === 0 ? `${MIN_PANEL} in the split sealed` : Math.ceil((MIN_PANEL * tasks.length) / sealed);
  return `${all}: learns and proposes; a release needs ${needed}.`;
}
