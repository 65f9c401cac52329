/** An environment from one file: plain data as state, zod for arguments, functions for tools. */
import { canonicalJson, isObject, sha256 } from '../digest.ts';
import { UsageError } from '../errors.ts';
import type {
  Ending,
  Environment,
  GenerateOptions,
  Json,
  JsonObject,
  Plan,
  Score,
  Split,
  Task,
  Tool,
  ToolResult,
} from '../types.ts';
import { contentOf, type DefinedTool } from './define-tool.ts';
import { assignSplits } from './split.ts';
import { differences } from './state-diff.ts';

export { type DefinedTool, tool } from './define-tool.ts';

/** A task as its author writes it. */
export interface TaskDefinition<Input> {
  /** Unique. */
  readonly id: string;
  /**
   * Anything that the definition's functions need. The agent sees only what `prompt` makes of it.
   */
  readonly input: Input;
  /** Default: the stable split 50/25/25. Give it for all tasks or for none. */
  readonly split?: Split;
  /** Default none. */
  readonly tags?: readonly string[];
  readonly family?: string;
}

export interface EnvironmentDefinition<State, Input> {
  /** Folder name under `evals/` and `harness/`. */
  readonly name: string;
  /**
   * A list, or a pure function of seed and number, which also gives the environment its `generate`.
   */
  readonly tasks: readonly TaskDefinition<Input>[] | ((options: GenerateOptions) => readonly TaskDefinition<Input>[]);
  readonly tools: Readonly<Record<string, DefinedTool<State>>>;
  /** A fresh state of plain data, equal for equal tasks. */
  reset(task: TaskDefinition<Input>): State;
  /** What the agent reads. Default: `input` when it is text. */
  prompt?(task: TaskDefinition<Input>): string;
  /**
   * Without it only `optimize judge` and `optimize run --task ID --show` can use the environment.
   */
  score?(task: TaskDefinition<Input>, state: State, ending: Ending): Score;
  /**
   * Calls and summary that score 1; without it only real models can play and `mine` learns less.
   */
  oracle?(task: TaskDefinition<Input>): Plan;
  /** Default 30. */
  readonly maxTurns?: number;
  /** Highest mean score of an agent that only says `done`, 0-1, default 0. */
  readonly ceiling?: number;
}

/** One episode's state beside the one it started from. */
export interface DefinedState<State> {
  readonly start: State;
  now: State;
}

/** Tasks and seed of an environment whose tasks are a function. */
const firstTasks: GenerateOptions = { seed: 1, tasks: 400 };

/**
 * Makes an environment. Its digest covers name, tools and tasks; `loadEnvironment` adds the bytes
 * of the file. Throws UsageError for a task without a text, or when only some of the tasks have a
 * split.
 */
export function defineEnvironment<State, Input = string>(
  definition: EnvironmentDefinition<State, Input>,
): Environment<DefinedState<State>> {
  const { tasks } = definition;
  if (typeof tasks !== 'function') return build(definition, tasks);
  const generate = (options: GenerateOptions): Environment<DefinedState<State>> => {
    const fresh = tasks(options);
    const split = options.split;
    return build(definition, split ? fresh.map((task) => ({ ...task, split })) : fresh, generate);
  };
  return generate(firstTasks);
}

function build<State, Input>(
  definition: EnvironmentDefinition<State, Input>,
  sources: readonly TaskDefinition<Input>[],
  generate?: (options: GenerateOptions) => Environment<DefinedState<State>>,
): Environment<DefinedState<State>> {
  const sourceOf = new Map(sources.map((source) => [source.id, source]));
  const find = (task: Task): TaskDefinition<Input> => {
    const source = sourceOf.get(task.id);
    if (!source) throw new RangeError(`${definition.name}: expected one of its own tasks, got ${task.id}`);
    return source;
  };
  const tools: Tool[] = Object.entries(definition.tools).map(([name, entry]) => ({
    name,
    description: entry.description,
    parameters: entry.parameters,
    readOnly: entry.readOnly,
  }));
  const tasks = tasksOf(definition, sources);
  const { name, oracle } = definition;
  return {
    name,
    digest: sha256(canonicalJson({ name, tools, tasks })),
    tools,
    tasks,
    maxTurns: definition.maxTurns ?? 30,
    ceiling: definition.ceiling ?? 0,
    reset: (task) => {
      const start = definition.reset(find(task));
      return { start: structuredClone(start), now: structuredClone(start) };
    },
    execute: (state, call) => execute(definition, state, call.name, call.arguments),
    fork: ({ start, now }) => ({ start, now: structuredClone(now) }),
    changes: ({ start, now }) => differences(start, now),
    score(task, { now }, ending) {
      if (definition.score === undefined) throw unscoredError(name);
      return definition.score(find(task), structuredClone(now), ending);
    },
    ...(definition.score === undefined ? { unscored: true as const } : {}),
    ...(oracle ? { oracle: (task: Task) => oracle.call(definition, find(task)) } : {}),
    ...(generate ? { generate } : {}),
  };
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
      target: isPlain(source.input) ? source.input : null,
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
  if (definition.prompt) return definition.prompt(source);
  if (typeof source.input === 'string') return source.input;
  throw new UsageError(`${definition.name}: task ${source.id} has no text; add prompt: (task) => ...`);
}

/** True for values that JSON holds. */
function isPlain(value: unknown): value is Json {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (Array.isArray(value)) return value.every(isPlain);
  return isObject(value) && Object.values(value).every(isPlain);
}

/** Tools work on a copy, so that a call that throws half-way changes nothing. */
function execute<State, Input>(
  definition: EnvironmentDefinition<State, Input>,
  state: DefinedState<State>,
  name: string,
  given: JsonObject,
): ToolResult {
  const entry = Object.hasOwn(definition.tools, name) ? definition.tools[name] : undefined;
  if (!entry) return { content: `Error: There is no tool ${name}`, error: true };
  const draft = structuredClone(state.now);
  try {
    const value = entry.run(draft, given);
    if (value instanceof Promise) throw new TypeError(`the tool ${name} is asynchronous, which is not supported`);
    state.now = draft;
    return { content: contentOf(value), error: false };
  } catch (error) {
    return { content: `Error: ${error instanceof Error ? error.message : String(error)}`, error: true };
  }
}
