/** An environment from one file: a state, zod for arguments, functions for tools. */
import { canonicalJson, sha256 } from '../digest.ts';
import { reasonOf, UsageError } from '../errors.ts';
import { answerChecker } from '../runtime/answer.ts';
import { isPromise } from '../runtime/ask.ts';
import { kindOf } from '../runtime/checked-score.ts';
import { guarded } from '../runtime/guard.ts';
import type { Environment, GenerateOptions, Json, Task } from '../types.ts';
import { completeVocabulary } from '../vocabulary.ts';
import { assertDefinition, assertTasks } from './assert-definition.ts';
import { runTool, toolsAsTold } from './define-tool.ts';
import type { DefinedScorer, DefinedState, EnvironmentDefinition, TaskDefinition } from './definition.ts';
import { isFixedList } from './equal-tasks.ts';
import { findForeign } from './plain.ts';
import { scoredByAll } from './scorers.ts';
import { assignSplits } from './split.ts';
import { differences } from './state-diff.ts';
import { stateKeeper } from './states.ts';

export { type DefinedTool, tool } from './define-tool.ts';
export type { DefinedScorer, DefinedState, EnvironmentDefinition, TaskDefinition } from './definition.ts';

/** Tasks and seed of an environment whose tasks are a function. */
const firstTasks: GenerateOptions = { seed: 1, tasks: 400 };
/** A function with mostly the same tasks for each of these seeds is a list. */
const OTHER_SEEDS = [1_000_003, 424_242_424];

/**
 * Makes an environment. Its digest covers name, tools and tasks; `loadEnvironment` adds the file's
 * bytes. Throws UsageError for a task without a text and when only some tasks have a split.
 */
export function defineEnvironment<State, Input = string>(
  definition: EnvironmentDefinition<State, Input>,
): Environment<DefinedState<State>> {
  assertDefinition(definition);
  const { tasks } = definition;
  if (typeof tasks !== 'function') return build(definition, tasks, definition.generate?.bind(definition));
  const generate = (options: GenerateOptions): Environment<DefinedState<State>> => {
    const fresh = pureTasks(definition.name, tasks, options);
    const split = options.split;
    return build(definition, split ? fresh.map((task) => ({ ...task, split })) : fresh, generate);
  };
  const first = generate(firstTasks);
  const isList = OTHER_SEEDS.every((seed) =>
    isFixedList(first.tasks, tasksOf(definition, asked(definition.name, tasks, { ...firstTasks, seed }))),
  );
  return isList ? build(definition, pureTasks(definition.name, tasks, firstTasks)) : first;
}

function build<State, Input>(
  definition: EnvironmentDefinition<State, Input>,
  sources: readonly TaskDefinition<Input>[],
  generate?: (options: GenerateOptions) => Environment<DefinedState<State>>,
): Environment<DefinedState<State>> {
  assertStored(definition.name, sources);
  const sourceOf = new Map(sources.map((source) => [source.id, source]));
  const find = (task: Task): TaskDefinition<Input> => {
    const source = sourceOf.get(task.id);
    if (!source) throw new RangeError(`${definition.name}: expected one of its own tasks, got ${task.id}`);
    return source;
  };
  const tools = toolsAsTold(definition.tools);
  const tasks = tasksOf(definition, sources);
  const states = stateKeeper(definition);
  const { name, oracle, answer, dispose, isError, user, vocabulary, timeoutMs, replayable, isolate } = definition;
  const score = scorerOf(definition);
  if (answer?.kind === 'json') answerChecker(answer.schema);
  return guarded<DefinedState<State>>({
    name,
    digest: definition.digest ?? sha256(canonicalJson({ name, tools, tasks, answer, user: user?.id })),
    tools,
    tasks,
    maxTurns: definition.maxTurns ?? 30,
    ceiling: definition.ceiling ?? 0,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(definition.volatile === undefined ? {} : { volatile: definition.volatile }),
    ...(replayable === undefined ? {} : { replayable }),
    ...(isolate === undefined ? {} : { isolate }),
    ...(answer === undefined ? {} : { answer }),
    ...(user === undefined ? {} : { user }),
    ...(vocabulary === undefined ? {} : { vocabulary: completeVocabulary(vocabulary) }),
    reset(task, signal) {
      const fresh = definition.reset.length < 2 ? definition.reset(find(task)) : definition.reset(find(task), signal);
      return isPromise(fresh) ? fresh.then((state) => states.open(state, task.id)) : states.open(fresh, task.id);
    },
    execute: (state, call, signal) => states.run(state, call.name, (draft) => runTool(definition, draft, call, signal)),
    score(task, state, ending, context = { steps: [] }) {
      if (score === undefined) throw unscoredError(name);
      return score(find(task), states.shown(state), ending, context);
    },
    ...(score === undefined ? { unscored: true as const } : {}),
    ...(states.fork ? { fork: states.fork } : {}),
    ...(states.changes ? { changes: states.changes } : {}),
    ...(oracle
      ? {
          oracle: (task: Task, signal?: AbortSignal) =>
            oracle.length < 2 ? oracle.call(definition, find(task)) : oracle.call(definition, find(task), signal),
        }
      : {}),
    ...(dispose ? { dispose: ({ now }: DefinedState<State>) => dispose.call(definition, now) } : {}),
    ...(isError ? { isError: (content: string) => isError.call(definition, content) } : {}),
    ...(generate ? { generate } : {}),
  });
}

/** Throws UsageError for an input that no record can hold. */
function assertStored(name: string, sources: readonly TaskDefinition<unknown>[]): void {
  assertTasks(name, sources);
  for (const { id, input } of sources) {
    const foreign = findForeign(input, { containers: false });
    if (foreign === null) continue;
    const where = foreign.path === '' ? '' : ` at ${foreign.path}`;
    throw new UsageError(
      `${name}: the input of task ${id} holds ${foreign.what}${where}; expected JSON, since tasks are stored and compared`,
    );
  }
}

/** Throws UsageError for a function that throws, and for tasks that no record can hold. */
function asked<Input>(
  name: string,
  tasks: (options: GenerateOptions) => readonly TaskDefinition<Input>[],
  options: GenerateOptions,
): readonly TaskDefinition<Input>[] {
  let made: readonly TaskDefinition<Input>[];
  try {
    made = tasks(options);
  } catch (cause) {
    throw new UsageError(`${name}: the tasks function failed for seed ${options.seed}: ${reasonOf(cause)}`, { cause });
  }
  assertStored(name, made);
  return made;
}

/** Asks twice: tasks that differ for equal options cannot be made again later. */
function pureTasks<Input>(
  name: string,
  tasks: (options: GenerateOptions) => readonly TaskDefinition<Input>[],
  options: GenerateOptions,
): readonly TaskDefinition<Input>[] {
  const made = asked(name, tasks, options);
  const [difference] = differences(made, asked(name, tasks, options), 'tasks');
  if (difference === undefined) return made;
  throw new UsageError(
    `${name}: the tasks function gives other tasks each time, expected equal ones for equal options (${difference.slice(0, 300)}); draw from options.seed alone, not from Math.random, the clock or a counter`,
  );
}

function scorerOf<State, Input>(
  definition: EnvironmentDefinition<State, Input>,
): DefinedScorer<State, Input> | undefined {
  const { score } = definition;
  if (score === undefined) return undefined;
  return typeof score === 'function' ? (...given) => score.call(definition, ...given) : scoredByAll(score);
}

const unscoredError = (name: string): UsageError =>
  new UsageError(
    `environment "${name}" has no \`score\`, so nothing tells a good episode from a bad one; add score: (task, state, ending) => ({reward, checks}), or compare harness versions by optimize judge`,
  );

/** Throws UsageError for an environment without a scorer. */
export function assertScorer({ name, unscored }: Pick<Environment, 'name' | 'unscored'>): void {
  if (unscored) throw unscoredError(name);
}

function tasksOf<State, Input>(
  definition: EnvironmentDefinition<State, Input>,
  sources: readonly TaskDefinition<Input>[],
): readonly Task[] {
  const tasks = sources.map(
    (source): Task => ({
      id: source.id,
      split: source.split ?? 'train',
      tags: source.tags ?? [],
      request: requestOf(definition, source),
      // A member without a value is as good as absent.
      target: source.input === undefined ? null : (JSON.parse(JSON.stringify(source.input)) as Json),
      ...(source.family === undefined ? {} : { family: source.family }),
    }),
  );
  const given = sources.filter((source) => source.split !== undefined).length;
  if (given === sources.length) return tasks;
  if (given > 0) {
    throw new UsageError(
      `${definition.name}: ${given} of ${sources.length} tasks have a split; give it for all or none`,
    );
  }
  return assignSplits(tasks, definition.name);
}

function requestOf<State, Input>(
  definition: EnvironmentDefinition<State, Input>,
  source: TaskDefinition<Input>,
): string {
  if (definition.prompt) return promptOf(definition.name, source.id, () => definition.prompt?.(source));
  if (typeof source.input === 'string') return source.input;
  throw new UsageError(`${definition.name}: task ${source.id} has no text; add prompt: (task) => ...`);
}

/** Throws UsageError for a prompt that throws, and for one that is no text. */
function promptOf(name: string, id: string, make: () => unknown): string {
  let text: unknown;
  try {
    text = make();
  } catch (cause) {
    throw new UsageError(`${name}: the prompt of task ${id} failed: ${reasonOf(cause)}`, { cause });
  }
  if (typeof text === 'string') return text;
  throw new UsageError(`${name}: the prompt of task ${id}: expected a text, found ${kindOf(text)}`);
}
