/** What a number of tasks can do, before anything is played. */
import { UsageError } from '../errors.ts';
import type { Environment, Split, Task } from '../types.ts';
import type { NightInput } from './night.ts';
import { MIN_PANEL, sealedOf, useSealed } from './panel.ts';

/** Fewest train tasks of a night; fewest dev and sealed tasks of a night that may release. */
export const MIN_TASKS = { train: 5, dev: 20, sealed: MIN_PANEL } as const;
const SPLITS = ['train', 'dev', 'sealed'] as const;

export const countOf = (tasks: readonly Task[], split: Split): number =>
  tasks.filter((task) => task.split === split).length;

/** Why a night on these tasks can test nothing; null if it can release. */
export function unprovenBy(tasks: readonly Task[]): string | null {
  const short = (['dev', 'sealed'] as const).filter((split) => countOf(tasks, split) < MIN_TASKS[split]);
  if (short.length === 0) return null;
  const found = short.map((split) => `${countOf(tasks, split)} ${split}`).join(' and ');
  return `${found} tasks; a release needs at least ${short.map((split) => MIN_TASKS[split]).join(' and ')}`;
}

/** Throws UsageError if a night could not even learn, or if audits leave no panel. */
export function assertEnoughTasks({
  tasks,
  environment,
  options,
}: Pick<NightInput, 'tasks' | 'environment' | 'options'>): void {
  const train = countOf(tasks, 'train');
  if (train < MIN_TASKS.train)
    throw new UsageError(
      `${train} train tasks; a night needs at least ${MIN_TASKS.train} to learn from: add tasks or raise --tasks`,
    );
  if (unprovenBy(tasks) !== null) return;
  const sealed = sealedOf({ tasks });
  const { forLooks, audit } = useSealed(environment, sealed, options.policy.panel, []);
  if (forLooks.length < MIN_TASKS.sealed)
    throw new UsageError(
      `panel.audit_share keeps ${audit.length} of ${sealed.length} sealed tasks for audits; ${forLooks.length} are left for looks, which need ${MIN_TASKS.sealed}: lower it, or add sealed tasks`,
      { where: `evals/${options.env}/policy.yaml` },
    );
}

/** One sentence, such as `120 tasks: learns, proposes and can release.` */
export function reachOf({ tasks, unscored }: Pick<Environment, 'tasks' | 'unscored'>): string {
  const all = `${tasks.length} tasks`;
  if (unscored) return `${all} without a scorer: they can be shown and judged, and nothing is learned from them.`;
  const needed = neededOf(tasks);
  if (countOf(tasks, 'train') < MIN_TASKS.train)
    return `${all}: can be played and diagnosed; a night needs ${MIN_TASKS.train} in the split train, a release ${needed}.`;
  if (unprovenBy(tasks) !== null) return `${all}: learns and proposes; a release needs ${needed}.`;
  return `${all}: learns, proposes and can release.`;
}

/** Such as `120`: the same shares with enough tasks per split; or what an empty split needs. */
function neededOf(tasks: readonly Task[]): string {
  const short = SPLITS.filter((split) => countOf(tasks, split) < MIN_TASKS[split]);
  const empty = short.filter((split) => countOf(tasks, split) === 0);
  if (empty.length > 0) return empty.map((split) => `${MIN_TASKS[split]} in the split ${split}`).join(' and ');
  return String(
    Math.max(...short.map((split) => Math.ceil((MIN_TASKS[split] * tasks.length) / countOf(tasks, split)))),
  );
}
