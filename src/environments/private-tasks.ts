/** Tasks under names that reveal nothing, for records that others may read. */
import type { Environment, GenerateOptions, Task } from '../types.ts';

type Mac = NonNullable<Environment['mac']>;

/** The name of a private task in records. */
export const privateId = (mac: Mac, id: string): string => `task-${mac(`id ${id}`).slice(0, 16)}`;

/** The environment with keyed digests as task ids; its own functions still see the real tasks. */
export function withPrivateTasks(environment: Environment, mac: Mac): Environment {
  const own = new Map<string, Task>();
  const tasks = environment.tasks.map((task) => {
    const { id, family } = task;
    const shown = {
      ...task,
      id: privateId(mac, id),
      ...(family === undefined ? {} : { family: mac(`family ${family}`).slice(0, 16) }),
    };
    own.set(shown.id, task);
    return shown;
  });
  const ownOf = (task: Task): Task => own.get(task.id) ?? task;
  const { oracle, generate, user } = environment;
  return {
    ...environment,
    digest: mac(environment.digest),
    ...(environment.source === undefined ? {} : { source: mac(environment.source) }),
    tasks,
    mac,
    reset: (task, signal) => environment.reset(ownOf(task), signal),
    score: (task, state, ending, context) => environment.score(ownOf(task), state, ending, context),
    ...(user
      ? { user: { ...user, answer: (said, signal) => user.answer({ ...said, task: ownOf(said.task) }, signal) } }
      : {}),
    ...(oracle ? { oracle: (task: Task, signal?: AbortSignal) => oracle.call(environment, ownOf(task), signal) } : {}),
    ...(generate
      ? { generate: (options: GenerateOptions) => withPrivateTasks(generate.call(environment, options), mac) }
      : {}),
  };
}
