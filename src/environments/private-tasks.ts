/** Tasks under names that say nothing, for records that others may read. */
import type { Environment, Task } from '../types.ts';

/** The environment with every task named by a keyed digest of its id; its own functions see the tasks as they were. */
export function withPrivateTasks(environment: Environment, mac: (text: string) => string): Environment {
  const own = new Map<string, Task>();
  const tasks = environment.tasks.map((task) => {
    const id = `task-${mac(`id ${task.id}`).slice(0, 16)}`;
    own.set(id, task);
    return { ...task, id };
  });
  // A generated task is none of them: its generator is in the repository, so there is nothing to hide.
  const ownOf = (task: Task): Task => own.get(task.id) ?? task;
  const { oracle } = environment;
  return {
    ...environment,
    digest: mac(environment.digest),
    tasks,
    mac,
    reset: (task) => environment.reset(ownOf(task)),
    score: (task, state, ending) => environment.score(ownOf(task), state, ending),
    ...(oracle ? { oracle: (task: Task) => oracle.call(environment, ownOf(task)) } : {}),
  };
}
