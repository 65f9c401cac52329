/** Rollouts without a score, by reason: no score leaves tasks out without a word. */
import type { Loss } from './events.ts';

/** Most frequent reason first. */
export function lossesOf(lost: readonly { readonly task: string; readonly why: string }[]): Loss[] {
  const reasons = new Map<string, string[]>();
  for (const { task, why } of lost) reasons.set(why, [...(reasons.get(why) ?? []), task]);
  return [...reasons]
    .map(([why, tasks]) => ({ why, rollouts: tasks.length, tasks: [...new Set(tasks)] }))
    .sort((a, b) => b.rollouts - a.rollouts);
}

/** Reasons and tasks that a person is shown. */
const [SHOWN_REASONS, SHOWN_TASKS] = [5, 12];

/** One line per reason; [] when every rollout has a score. */
export function lossLines(losses: readonly Loss[]): string[] {
  const lines = losses.slice(0, SHOWN_REASONS).map(({ why, rollouts, tasks }) => {
    const more = tasks.length > SHOWN_TASKS ? `, and ${tasks.length - SHOWN_TASKS} more` : '';
    return `Left out of all scores: ${rollouts} x ${why} (tasks ${tasks.slice(0, SHOWN_TASKS).join(', ')}${more}).`;
  });
  return losses.length > SHOWN_REASONS ? [...lines, `And ${losses.length - SHOWN_REASONS} more reasons.`] : lines;
}
