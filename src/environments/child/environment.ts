/** An environment whose code runs in processes of its own; here are only its data and its asks. */
import { EnvironmentError } from '../../errors.ts';
import { checkedScore } from '../../runtime/checked-score.ts';
import { asGuarded, shownResult } from '../../runtime/guard.ts';
import type { Environment, GenerateOptions, Plan, Task, ToolCall } from '../../types.ts';
import { type Answered, type Child, LostError, startChild } from './child.ts';
import { generateApart } from './generate.ts';
import { shownText } from './output.ts';
import type { ChildAsk, Description, FileInRepository, TaskGiven, World } from './protocol.ts';

/** Processes that may end without a cause that is found again. */
const MOST_STRAYS = 10;
const SHOWN_STRAYS = 3;

/** A state in some process; it is made again from its task and calls when that process ends. */
interface Handle {
  readonly id: number;
  readonly task: Task;
  readonly calls: ToolCall[];
  changes: readonly string[];
  child: Child | null;
  /** While the state is made again. */
  opening: Promise<void> | null;
}

interface Processes {
  /** The process for new states. */
  take(): Promise<Child>;
  /** One that nothing else uses. */
  fresh(): Promise<Child>;
  /** A state in it is gone. */
  release(child: Child): void;
  /** A process ended and no ask did it again. */
  unexplained(reason: string): void;
}

/** One process is shared, so that what code keeps between rollouts does not depend on timing. */
function openProcesses(start: () => Promise<Child>, isolated: () => boolean, name: () => string): Processes {
  let starting: Promise<Child> | null = null;
  let shared: Child | null = null;
  let strays = 0;
  let last = '';
  return {
    async take() {
      if (strays >= MOST_STRAYS)
        throw new EnvironmentError(`${name()} ended ${strays} processes outside of any call; the last one: it ${last}`);
      if (isolated()) return start();
      if (shared !== null && !shared.gone) return shared;
      starting ??= start().finally(() => {
        starting = null;
      });
      shared = await starting;
      return shared;
    },
    fresh: start,
    release(child) {
      child.states -= 1;
      if (child.states <= 0 && child !== shared) child.end();
    },
    unexplained(reason) {
      strays += 1;
      last = reason;
    },
  };
}

const nameOf = (ask: ChildAsk, task: Task): string => {
  if (ask.ask === 'execute') return `the tool ${ask.call.name} on task ${task.id}`;
  return `${ask.ask === 'open' ? 'reset' : ask.ask === 'score' ? 'the scorer' : ask.ask} on task ${task.id}`;
};

/** Loads a file in a process of its own. Throws UsageError for a file that does not load. */
export async function openApart(file: string, root: string, mostMb?: number): Promise<Environment> {
  let described: Description | null = null;
  let shown = 0;
  const onStray = (fault: string) => {
    shown += 1;
    if (shown <= SHOWN_STRAYS)
      process.stderr.write(shownText(`optimize: environment ${described?.data.name}: ${fault}\n`));
  };
  const timeoutMs = () => described?.data.timeoutMs ?? 60_000;
  const processes: Processes = openProcesses(
    () => startChild({ file, root, timeoutMs, mostMb, onStray, onEnd: (reason) => processes.unexplained(reason) }),
    () => described?.data.isolate === 'process',
    () => described?.data.name ?? file,
  );
  const first = await processes.take();
  described = (await first.ask(null, { ask: 'describe' })).value as Description;
  return environmentIn(processes, { file, root }, null, described);
}

function environmentIn(
  processes: Processes,
  place: FileInRepository,
  world: World,
  described: Description,
): Environment<Handle> {
  const { data, has } = described;
  const own = new Map(data.tasks.map((task) => [task.id, task]));
  const given = (task: Task): TaskGiven => (own.has(task.id) ? task.id : task);

  /** Asks until an answer or the certainty that this ask ends processes. */
  async function insist(
    what: string,
    use: (child: Child) => Promise<Answered>,
    choose: (alone: boolean) => Promise<Child>,
    before?: ToolCall,
  ): Promise<Answered> {
    let suspected: string | null = null;
    for (let alone = false; ; ) {
      try {
        const answered = await use(await choose(alone));
        if (suspected !== null) processes.unexplained(suspected);
        return answered;
      } catch (error) {
        if (!(error instanceof LostError)) throw error;
        if (error.certain || (alone && error.suspect)) {
          const left = error.certain || before === undefined ? '' : `, or what the tool ${before.name} left behind,`;
          throw new EnvironmentError(`${error.what ?? `${what}${left}`} ${error.message}`);
        }
        alone = error.suspect;
        if (alone) suspected = error.message;
      }
    }
  }

  /** A process that holds the state. */
  async function holder(handle: Handle, alone: boolean): Promise<Child> {
    if (handle.child !== null && !handle.child.gone) {
      await handle.opening;
      return handle.child;
    }
    if (data.replayable === false && handle.calls.length > 0)
      throw new EnvironmentError('its state was lost with its process, and it cannot be copied (replayable: false)');
    const child = await (alone ? processes.fresh() : processes.take());
    if (handle.child !== null && !handle.child.gone) return holder(handle, alone);
    child.states += 1;
    handle.child = child;
    const { id, task, calls } = handle;
    handle.opening = child.ask(world, { ask: 'open', state: id, task: given(task), calls }).then(
      ({ changes }) => {
        handle.changes = changes ?? [];
        handle.opening = null;
      },
      (error) => {
        const last = calls.at(-1);
        const whose = last === undefined ? 'reset' : `the tool ${last.name}`;
        if (error instanceof LostError) error.what = `${whose} on task ${task.id}`;
        throw error;
      },
    );
    await handle.opening;
    return child;
  }

  const about = (handle: Handle, ask: ChildAsk, signal?: AbortSignal): Promise<Answered> =>
    insist(
      nameOf(ask, handle.task),
      (child) => child.ask(world, ask, signal),
      (alone) => holder(handle, alone),
      handle.calls.at(-1),
    );
  /** It was checked where it was made, so a process that sends something else is of no use. */
  const trusted = <T>(handle: Handle, read: () => T): T => {
    try {
      return read();
    } catch (error) {
      handle.child?.end();
      throw error;
    }
  };
  const simply = async (what: string, ask: ChildAsk, signal?: AbortSignal): Promise<unknown> =>
    (
      await insist(
        what,
        (child) => child.ask(world, ask, signal),
        (alone) => (alone ? processes.fresh() : processes.take()),
      )
    ).value;

  return asGuarded<Handle>({
    ...data,
    async reset(task, signal) {
      const handle: Handle = { id: ++states, task, calls: [], changes: [], child: null, opening: null };
      await insist(
        `reset of task ${task.id}`,
        (child) => child.ask(world, { ask: 'open', state: handle.id, task: given(task), calls: [] }, signal),
        async (alone) => {
          const child = await (alone ? processes.fresh() : processes.take());
          child.states += 1;
          handle.child = child;
          return child;
        },
      ).then(({ changes }) => {
        handle.changes = changes ?? [];
      });
      return handle;
    },
    async execute(handle, call, signal) {
      const { value, changes } = await about(handle, { ask: 'execute', state: handle.id, call }, signal);
      handle.calls.push(call);
      handle.changes = changes ?? [];
      return trusted(handle, () => shownResult(value, call.name));
    },
    async score(task, handle, ending, context) {
      const steps = (context?.steps ?? []) as never;
      const ask = { ask: 'score', state: handle.id, task: given(task), ending, steps } as const;
      const { value } = await about(handle, ask, context?.signal);
      return trusted(handle, () => checkedScore(value, `${data.name}: the scorer on task ${task.id}`));
    },
    async stateText(handle) {
      return String((await about(handle, { ask: 'text', state: handle.id })).value);
    },
    ...(has.includes('folder')
      ? { folder: async (handle: Handle) => String((await about(handle, { ask: 'folder', state: handle.id })).value) }
      : {}),
    async dispose(handle) {
      const { child, id } = handle;
      if (child === null || child.gone) return;
      const over = child.ask(world, { ask: 'dispose', state: id }).finally(() => processes.release(child));
      if (described.disposes) await over;
      else over.catch(() => {});
    },
    ...(has.includes('fork')
      ? {
          async fork(handle: Handle) {
            const copy: Handle = { ...handle, id: ++states, calls: [...handle.calls], opening: null };
            await about(handle, { ask: 'fork', state: handle.id, as: copy.id });
            copy.child = handle.child;
            if (copy.child !== null) copy.child.states += 1;
            return copy;
          },
        }
      : {}),
    ...(has.includes('changes') ? { changes: (handle: Handle) => handle.changes } : {}),
    ...(has.includes('oracle')
      ? {
          oracle: async (task: Task, signal?: AbortSignal) =>
            (await simply(`the oracle on task ${task.id}`, { ask: 'oracle', task: given(task) }, signal)) as Plan,
        }
      : {}),
    ...(described.user === null
      ? {}
      : {
          user: {
            id: described.user,
            answer: async ({ task, ...said }, signal) =>
              (await simply(`the user on task ${task.id}`, { ask: 'user', said, task: given(task) }, signal)) as
                | string
                | null,
          },
        }),
    ...(has.includes('isError')
      ? {
          isError: () => {
            throw new TypeError('isError is answered in the process of the environment alone');
          },
        }
      : {}),
    ...(has.includes('generate')
      ? {
          generate: (options: GenerateOptions) =>
            environmentIn(processes, place, options, generateApart(place, options, data.timeoutMs ?? 60_000)),
        }
      : {}),
  });
}

let states = 0;
