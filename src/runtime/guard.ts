/**
 * An environment with time limits and checked answers. Bad input is the agent's fault; any other
 * fault throws EnvironmentError, which makes a rollout void.
 */
import { EnvironmentError, endedBy, InfrastructureError, InterruptedError, reasonOf, UsageError } from '../errors.ts';
import type { Environment, MaybePromise, Plan, ToolCall, ToolResult, User } from '../types.ts';
import { isPromise } from './ask.ts';
import { checkedScore, kindOf } from './checked-score.ts';

const DEFAULT_LIMIT_MS = 60_000;

/** Maximum characters kept of a tool's result. */
export const LONGEST_RESULT = 200_000;

const GUARDED = Symbol('guarded');
type Guarded = { readonly [GUARDED]?: true };
const known = new WeakMap<Environment, Environment>();

/** Errors that already say who is to blame. */
const isSettled = (error: unknown): boolean =>
  error instanceof InfrastructureError || error instanceof InterruptedError || error instanceof UsageError;

/** The value, or its settlement within the limit; `onError` returns a value or throws. */
function within<T>(
  what: string,
  limitMs: number,
  signal: AbortSignal | undefined,
  call: (signal: AbortSignal) => MaybePromise<unknown>,
  read: (value: unknown) => T,
  onError: (error: unknown) => T,
): MaybePromise<T> {
  const own = signal === undefined ? new AbortController() : null;
  const given = signal ?? (own as AbortController).signal;
  const fail = (error: unknown): T => {
    if (isSettled(error)) throw error;
    // The same error of another copy of this package, as a project that installs its own has one.
    if (error instanceof Error && error.name === 'EnvironmentError')
      throw new EnvironmentError(error.message, { cause: error });
    // Only the caller interrupts; a limit of our own is the environment's fault.
    if (signal?.aborted) throw endedBy(signal, error);
    return onError(error);
  };
  let value: MaybePromise<unknown>;
  try {
    value = call(given);
  } catch (error) {
    return fail(error);
  }
  if (!isPromise(value)) return read(value);
  return settled(value, signal, limitMs, () => {
    own?.abort();
    return new EnvironmentError(`${what} gave no answer within ${limitMs / 1000} s`);
  }).then(read, fail);
}

/** Rejects at the limit and at an abort, even if the promise never settles. */
async function settled<T>(
  promise: Promise<T>,
  signal: AbortSignal | undefined,
  limitMs: number,
  late: () => Error,
): Promise<T> {
  let stop: () => void = () => {};
  const ended = new Promise<never>((_, reject) => {
    const timer = setTimeout(() => reject(late()), limitMs);
    const abort = () => reject(endedBy(signal, signal?.reason));
    if (signal?.aborted) abort();
    else signal?.addEventListener('abort', abort, { once: true });
    stop = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    };
  });
  try {
    return await Promise.race([promise, ended]);
  } finally {
    stop();
  }
}

/** A result that can be shown; a very long one is cut and says so. */
export function shownResult(value: unknown, tool: string): ToolResult {
  const { content, error } = (typeof value === 'object' && value !== null ? value : {}) as Partial<ToolResult>;
  if (typeof content !== 'string' || typeof error !== 'boolean')
    throw new EnvironmentError(
      `the tool ${tool} returned ${kindOf(value)}; expected {content: text, error: true or false}`,
    );
  if (content.length <= LONGEST_RESULT) return value as ToolResult;
  const left = content.length - LONGEST_RESULT;
  return { content: `${content.slice(0, LONGEST_RESULT)} [${left} characters left out]`, error };
}

const checkedPlan = (value: unknown): Plan => {
  const { calls, summary } = (typeof value === 'object' && value !== null ? value : {}) as Partial<Plan>;
  if (!Array.isArray(calls) || typeof summary !== 'string')
    throw new EnvironmentError(`the oracle returned ${kindOf(value)}; expected {calls: [...], summary: text}`);
  for (const call of calls as readonly unknown[]) {
    const { name, arguments: given } = (typeof call === 'object' && call !== null ? call : {}) as Partial<ToolCall>;
    if (typeof name !== 'string' || typeof given !== 'object' || given === null)
      throw new EnvironmentError(
        `the oracle returned the call ${kindOf(call)}; expected {name: text, arguments: {...}}`,
      );
  }
  return value as Plan;
};

function saidOrNothing(value: unknown): string | null {
  if (value === null || typeof value === 'string') return value;
  throw new EnvironmentError(`the user answered ${kindOf(value)}; expected a text, or null when nobody answers`);
}

/** The environment with its faults named; cached per environment. */
export function guarded<State>(environment: Environment<State>): Environment<State> {
  if ((environment as Guarded)[GUARDED]) return environment;
  const before = known.get(environment as Environment) as Environment<State> | undefined;
  if (before !== undefined) return before;
  const made = guard(environment);
  known.set(environment as Environment, made as Environment);
  return made;
}

/** Marks an environment whose faults are named elsewhere: where its code runs. */
export const asGuarded = <State>(environment: Environment<State>): Environment<State> & Guarded => ({
  ...environment,
  [GUARDED]: true,
});

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function guard<State>(environment: Environment<State>): Environment<State> & Guarded {
  const { oracle, generate, fork, changes, dispose, user, timeoutMs = DEFAULT_LIMIT_MS } = environment;
  const broken =
    (what: string) =>
    (error: unknown): never => {
      throw new EnvironmentError(`${what} failed: ${reasonOf(error)}`, { cause: error });
    };
  const as = <T>(value: unknown): T => value as T;
  const told = (error: unknown): ToolResult => ({ content: `Error: ${reasonOf(error)}`, error: true });
  const asked = <T>(
    what: string,
    signal: AbortSignal | undefined,
    call: (signal: AbortSignal) => MaybePromise<unknown>,
    read: (value: unknown) => T,
    onError: (error: unknown) => T = broken(what),
  ): MaybePromise<T> => within(what, timeoutMs, signal, call, read, onError);
  const made: Mutable<Environment<State> & Guarded> = {
    ...environment,
    [GUARDED]: true,
    reset(task, signal) {
      const opened = (inner: AbortSignal) => {
        const state = environment.reset(task, inner);
        // A state that arrives after everyone stopped waiting is released at once.
        if (isPromise(state) && dispose)
          state.then((late) => (inner.aborted ? dispose.call(environment, late) : undefined)).catch(() => {});
        return state;
      };
      return asked<State>(`reset of task ${task.id}`, signal, opened, as);
    },
    execute(state, call, signal) {
      const shown = (value: unknown) => shownResult(value, call.name);
      return asked(`the tool ${call.name}`, signal, (inner) => environment.execute(state, call, inner), shown, told);
    },
    score(task, state, ending, context) {
      const scored = (signal: AbortSignal) => environment.score(task, state, ending, { steps: [], ...context, signal });
      const whose = `the scorer on task ${task.id}`;
      return asked(whose, context?.signal, scored, (value) => checkedScore(value, `${environment.name}: ${whose}`));
    },
  };
  if (user) {
    const answer: User['answer'] = (said, signal) =>
      asked(`the user ${user.id}`, signal, (inner) => user.answer(said, inner), saidOrNothing);
    made.user = { id: user.id, answer };
  }
  if (fork) made.fork = (state) => asked<State>('fork', undefined, () => fork.call(environment, state), as);
  if (changes)
    made.changes = (state) => {
      let lines: unknown;
      try {
        lines = changes.call(environment, state);
      } catch (error) {
        return broken('changes')(error);
      }
      if (Array.isArray(lines) && lines.every((line) => typeof line === 'string')) return lines;
      throw new EnvironmentError(`changes returned ${kindOf(lines)}; expected a list of texts`);
    };
  if (oracle)
    made.oracle = (task, signal) =>
      asked(`the oracle on task ${task.id}`, signal, (inner) => oracle.call(environment, task, inner), checkedPlan);
  if (dispose)
    made.dispose = (state) =>
      asked<void>(
        'dispose',
        undefined,
        () => dispose.call(environment, state),
        () => {},
      );
  if (generate) made.generate = (options) => guarded(generate.call(environment, options));
  return made;
}
