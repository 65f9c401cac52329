/** How a defined environment keeps an episode's state: as plain data or as a handle. */
import { EnvironmentError, UsageError } from '../errors.ts';
import { isPromise } from '../runtime/ask.ts';
import type { MaybePromise, ToolResult } from '../types.ts';
import type { DefinedState, EnvironmentDefinition } from './definition.ts';
import { findForeign } from './plain.ts';
import { differences } from './state-diff.ts';

/** What a call does with a state. */
export type RunTool<State> = (state: State) => MaybePromise<ToolResult>;

export interface StateKeeper<State> {
  open(fresh: State, task: string): DefinedState<State>;
  /** An error result changes nothing, if the state can be copied. */
  run(state: DefinedState<State>, tool: string, run: RunTool<State>): MaybePromise<ToolResult>;
  /** The state that a scorer may read and change. */
  shown(state: DefinedState<State>): State;
  fork?(state: DefinedState<State>): MaybePromise<DefinedState<State>>;
  changes?(state: DefinedState<State>): readonly string[];
}

const whenThere = <T, R>(value: MaybePromise<T>, then: (value: T) => R): MaybePromise<R> =>
  isPromise(value) ? value.then(then) : then(value);

/** Tools work on a copy, so that a call that throws halfway changes nothing. */
function plainKeeper<State, Input>(definition: EnvironmentDefinition<State, Input>): StateKeeper<State> {
  const checked = new Set<string>();
  const used = new Set<string>();
  const { name, changes } = definition;
  return {
    open(fresh, task) {
      if (!checked.has(task)) assertPlain(fresh, `${name}: the state of task ${task}`);
      checked.add(task);
      return { start: structuredClone(fresh), now: structuredClone(fresh) };
    },
    run(state, tool, run) {
      const draft = copyOf(state.now);
      return whenThere(run(draft), (result) => {
        if (result.error) return result;
        if (!used.has(tool)) assertKept(draft, `the tool ${tool} left`);
        used.add(tool);
        state.now = draft;
        return result;
      });
    },
    shown: ({ now }) => copyOf(now),
    fork: ({ start, now }) => ({ start, now: copyOf(now) }),
    changes: ({ start, now }) => (changes ? changes.call(definition, now) : differences(start, now)),
  };
}

/** Throws EnvironmentError for what a tool put into the state and no copy can hold. */
function assertKept(state: unknown, whose: string): void {
  const foreign = findForeign(state, { containers: true });
  if (foreign !== null)
    throw new EnvironmentError(
      `${whose} ${foreign.what} in the state at ${foreign.path}; expected plain data, which can be copied`,
    );
}

function copyOf<T>(state: T): T {
  try {
    return structuredClone(state);
  } catch (error) {
    assertKept(state, 'a tool left');
    throw error;
  }
}

function assertPlain(state: unknown, whose: string): void {
  const foreign = findForeign(state, { containers: true });
  if (foreign === null) return;
  throw new UsageError(
    `${whose} holds ${foreign.what}${foreign.path === '' ? '' : ` at ${foreign.path}`}, which cannot be copied; expected plain data ` +
      '(objects, lists, text, numbers, Map, Set, Date). Keep it out of the state, or add snapshot and restore, or replayable: false',
  );
}

/** A handle: tools change it in place and must leave it unchanged when they throw. */
function heldKeeper<State, Input>(definition: EnvironmentDefinition<State, Input>): StateKeeper<State> {
  const { snapshot, restore, changes } = definition;
  return {
    open: (now) => ({ start: undefined, now }),
    run: ({ now }, _tool, run) => run(now),
    shown: ({ now }) => now,
    ...(snapshot && restore
      ? {
          fork: ({ now }: DefinedState<State>) =>
            whenThere(snapshot.call(definition, now), (copy) =>
              whenThere(restore.call(definition, copy), (again) => ({ start: undefined, now: again })),
            ) as MaybePromise<DefinedState<State>>,
        }
      : {}),
    ...(changes ? { changes: ({ now }: DefinedState<State>) => changes.call(definition, now) } : {}),
  };
}

/** Throws UsageError for half of a pair of hooks. */
export function stateKeeper<State, Input>(definition: EnvironmentDefinition<State, Input>): StateKeeper<State> {
  const { name, snapshot, restore, replayable } = definition;
  if ((snapshot === undefined) !== (restore === undefined))
    throw new UsageError(
      `${name}: expected snapshot and restore together, found ${snapshot ? 'snapshot' : 'restore'} alone; add the other`,
    );
  return snapshot === undefined && replayable !== false ? plainKeeper(definition) : heldKeeper(definition);
}
