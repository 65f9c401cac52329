/** Selects the tasks of an environment that are played. */
import { join } from 'node:path';
import { UsageError } from '../errors.ts';
import { readConfig } from '../night/run.ts';
import type { Environment, Split, Task } from '../types.ts';

/** At most `count` tasks with one of `tags`, splits in proportion. Throws UsageError for none. */
export function selectTasks(
  tasks: readonly Task[],
  { tags = [], count }: { readonly tags?: readonly string[] | undefined; readonly count?: number | null | undefined },
): Task[] {
  const tagged = tags.length === 0 ? tasks : tasks.filter((task) => task.tags.some((tag) => tags.includes(tag)));
  if (tagged.length === 0) {
    const known = [...new Set(tasks.flatMap((task) => task.tags))].sort();
    throw new UsageError(`--tags ${tags.join(',')}: no task has one of them; known tags: ${known.join(', ')}`);
  }
  const most = count ?? tagged.length;
  if (most >= tagged.length) return [...tagged];
  const share = most / tagged.length;
  return (['train', 'dev', 'sealed'] as const).flatMap((split) => {
    const own = tagged.filter((task) => task.split === split);
    return own.slice(0, Math.round(own.length * share));
  });
}

export interface TaskChoice {
  readonly split: Split | 'all';
  readonly tags?: readonly string[];
  readonly tasks?: number;
  /** Leaves out the tasks of this run. */
  readonly unusedBy?: string;
}

/** Throws UsageError for an unknown run, and when no task is left. */
export function chooseTasks(environment: Environment, choice: TaskChoice, root: string): Task[] {
  const { split, unusedBy, tags, tasks: count } = choice;
  const used = unusedBy === undefined ? new Set() : tasksOfRun(environment, unusedBy, root);
  const own = environment.tasks.filter((task) => (split === 'all' || task.split === split) && !used.has(task.id));
  if (own.length === 0)
    throw new UsageError(
      `--split ${split}: no task is left${unusedBy === undefined ? '' : ` that ${unusedBy} did not use`}`,
    );
  return selectTasks(own, { tags, count });
}

function tasksOfRun(environment: Environment, run: string, root: string): Set<string> {
  const config = readConfig(join(root, 'runs', run));
  if (config === null)
    throw new UsageError(`--unused-by ${run}: there is no run of that name here, such as retail-0001`);
  const { options, data } = config;
  if (options.env !== environment.name || data.environment !== environment.digest)
    throw new UsageError(`--unused-by ${run}: it played other tasks than these (environment ${options.env})`);
  return new Set(selectTasks(environment.tasks, { tags: options.tags, count: options.tasks }).map(({ id }) => id));
}
