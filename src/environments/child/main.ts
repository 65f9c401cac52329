/** The program of a process that holds an environment and answers its parent (`protocol.ts`). */
import { AsyncLocalStorage } from 'node:async_hooks';
import { readFileSync, writeSync } from 'node:fs';
import { EnvironmentError, UsageError } from '../../errors.ts';
import { isPromise } from '../../runtime/ask.ts';
import type { Environment, Task } from '../../types.ts';
import { stateText } from '../equal-tasks.ts';
import { loadFile } from '../registry.ts';
import { endFamily, ownFamily } from './family.ts';
import {
  type ChildAsk,
  DATA,
  type Description,
  type FromChild,
  OPTIONAL,
  type Opening,
  SETTLED,
  type TaskGiven,
  type ToChild,
  type World,
} from './protocol.ts';
import { guardSignals } from './signals.ts';
import { startWatch } from './watch.ts';

interface Held {
  readonly task: string;
  readonly state: unknown;
  /** What went wrong outside of any call; the scorer's ask says so. */
  fault?: string;
}

/** Whose code runs. */
interface Running {
  readonly what: string;
  readonly state: number | null;
}

const running = new AsyncLocalStorage<Running>();
const held = new Map<number, Held>();
const cancels = new Map<number, AbortController>();
const worlds = new Map<string, Environment>();
/** Taken before the environment's code runs, which then finds none of them. */
const say = process.send?.bind(process);
const leave = process.exit.bind(process);
const family = ownFamily();
/** The number of the ask that holds this thread; 0 for none. */
const current = startWatch();
const { store } = Atomics;
guardSignals(family.parent);

/** What fails outside of any call and is told to the parent; more says nothing new. */
const MOST_STRAYS = 20;

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function describe(environment: Environment): Description {
  return {
    data: Object.fromEntries(
      DATA.flatMap((name) => (environment[name] === undefined ? [] : [[name, environment[name]]])),
    ) as Description['data'],
    has: OPTIONAL.filter((name) => environment[name] !== undefined),
    user: environment.user?.id ?? null,
    disposes: environment.dispose !== undefined,
  };
}

/** The environment of the file, or one that it generates, made once. */
function worldOf(loaded: Environment, world: World): Environment {
  if (world === null) return loaded;
  const key = JSON.stringify(world);
  const made = worlds.get(key) ?? loaded.generate?.(world);
  if (made === undefined) throw new TypeError(`${loaded.name} generates no tasks`);
  worlds.set(key, made);
  return made;
}

const ids = new WeakMap<Environment, Map<string, Task>>();

function taskOf(environment: Environment, given: TaskGiven): Task {
  if (typeof given !== 'string') return given;
  let own = ids.get(environment);
  if (own === undefined) {
    own = new Map(environment.tasks.map((task) => [task.id, task]));
    ids.set(environment, own);
  }
  return own.get(given) as Task;
}

const stateOf = (id: number): unknown => (held.get(id) as Held).state;

/** Throws EnvironmentError for a rollout in which something failed outside of any call. */
function assertSound(id: number): void {
  const fault = held.get(id)?.fault;
  if (fault !== undefined) throw new EnvironmentError(fault);
}

/** Also for an ask about no state, such as the oracle. */
const stateIn = (ask: ChildAsk): number | null => ('state' in ask ? ask.state : null);

async function open(
  environment: Environment,
  { state: id, task, calls }: ChildAsk & { ask: 'open' },
  signal: AbortSignal,
) {
  const reset = environment.reset(taskOf(environment, task), signal);
  const state = isPromise(reset) ? await reset : reset;
  held.set(id, { state, task: typeof task === 'string' ? task : task.id });
  for (const call of calls) await environment.execute(state, call, signal);
}

function answer(environment: Environment, ask: ChildAsk, signal: AbortSignal): unknown {
  switch (ask.ask) {
    case 'describe':
      return describe(environment);
    case 'open':
      return open(environment, ask, signal);
    case 'execute':
      return environment.execute(stateOf(ask.state), ask.call, signal);
    case 'score':
      assertSound(ask.state);
      return environment.score(taskOf(environment, ask.task), stateOf(ask.state), ask.ending, {
        steps: ask.steps as never,
        signal,
      });
    case 'fork': {
      const copy = environment.fork?.(stateOf(ask.state));
      const keep = (state: unknown) => void held.set(ask.as, { state, task: held.get(ask.state)?.task ?? '' });
      return isPromise(copy as never) ? (copy as Promise<unknown>).then(keep) : keep(copy);
    }
    case 'text':
      return environment.stateText?.(stateOf(ask.state)) ?? stateText(stateOf(ask.state));
    case 'folder':
      return environment.folder?.(stateOf(ask.state));
    case 'dispose': {
      const state = held.get(ask.state)?.state;
      held.delete(ask.state);
      return environment.dispose?.(state);
    }
    case 'oracle':
      return environment.oracle?.(taskOf(environment, ask.task), signal);
    case 'user':
      return environment.user?.answer({ ...ask.said, task: taskOf(environment, ask.task) }, signal);
  }
}

/** What has changed, after an ask that may change something. */
function changesIn(environment: Environment, ask: ChildAsk): readonly string[] | undefined {
  const id = ask.ask === 'open' || ask.ask === 'execute' ? ask.state : ask.ask === 'fork' ? ask.as : null;
  const state = id === null ? undefined : held.get(id);
  return state === undefined ? undefined : environment.changes?.(state.state);
}

const whatOf = (ask: ChildAsk): string => (ask.ask === 'execute' ? `the tool ${ask.call.name}` : `its ${ask.ask}`);

function serve(loaded: Environment, nonce: string): void {
  const tell = (answer: { readonly id: number } & Record<string, unknown>) =>
    say?.({ nonce, ...answer } satisfies Record<string, unknown> as FromChild);
  const fail = (id: number, what: string, error: unknown) => {
    const name = error instanceof Error ? error.name : 'Error';
    // Faults of the environment's functions are named; another one is of what plays them.
    tell({ id, error: { name, message: SETTLED.has(name) ? textOf(error) : `${what} failed: ${textOf(error)}` } });
  };
  let last: Running = { what: 'its file', state: null };
  let strays = 0;
  /** Nobody waits for what failed: the rollout in which it started is not to be trusted. */
  const stray = (kind: string) => (error: unknown) => {
    const { what, state } = running.getStore() ?? last;
    const owner = state === null ? undefined : held.get(state);
    const where = owner === undefined ? '' : ` on task ${owner.task}`;
    const fault = `${kind} after ${what}${where}: ${textOf(error)}`;
    if (owner !== undefined) owner.fault ??= fault;
    strays += 1;
    if (strays <= MOST_STRAYS) tell({ id: state ?? 0, stray: fault });
  };
  process.removeAllListeners('uncaughtException').on('uncaughtException', stray('an error that nobody catches'));
  process.removeAllListeners('unhandledRejection').on('unhandledRejection', stray('a rejection that nobody awaits'));
  const run = (message: { readonly id: number; readonly world: World } & ChildAsk) => {
    const { id, world } = message;
    const cancel = new AbortController();
    try {
      const environment = worldOf(loaded, world);
      const done = (value: unknown) => {
        cancels.delete(id);
        tell({ id, value, changes: changesIn(environment, message) });
      };
      const value = answer(environment, message, cancel.signal);
      if (!isPromise(value as never)) return done(value);
      cancels.set(id, cancel);
      tell({ id, later: true });
      (value as Promise<unknown>).then(done).catch((error) => fail(id, whatOf(message), error));
    } catch (error) {
      fail(id, whatOf(message), error);
    }
  };
  process.on('message', (message: ToChild) => {
    if ('cancel' in message) return cancels.get(message.cancel)?.abort();
    last = { what: whatOf(message), state: stateIn(message) };
    store(current, 0, message.id);
    running.run(last, run, message);
    store(current, 0, 0);
  });
}

/** Answers one ask about a generated environment on a pipe, for a parent that waits. */
async function generateOnce(): Promise<void> {
  const { file, root, nonce, world } = JSON.parse(readFileSync(0, 'utf8')) as Opening & { readonly world: World };
  let said: Record<string, unknown>;
  try {
    said = { value: describe(worldOf(await loadFile(file, root), world)) };
  } catch (error) {
    said = { error: { name: error instanceof Error ? error.name : 'Error', message: textOf(error) } };
  }
  const bytes = Buffer.from(JSON.stringify({ nonce, ...said }));
  for (let at = 0; at < bytes.length; ) at += writeSync(3, bytes, at);
  leave(0);
}

if (say === undefined) await generateOnce();
else {
  process.on('disconnect', () => {
    // What its code started ends with it, also if nobody is there to see to it.
    endFamily(process.pid, family.mark);
    leave(1);
  });
  process.once('message', async ({ file, root, nonce }: Opening) => {
    // What the environment's code could use to answer in our place.
    Object.assign(process, { send: undefined });
    try {
      serve(await loadFile(file, root), nonce);
      say({ nonce, id: 0, value: null });
    } catch (error) {
      const name = error instanceof UsageError ? error.name : 'Error';
      say({ nonce, id: 0, error: { name, message: textOf(error) } });
    }
  });
}
