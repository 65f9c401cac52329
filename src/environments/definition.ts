/** What an author writes to make an environment. */
import type { AnswerForm, Environment, GenerateOptions, MaybePromise, Plan, Split, User } from '../types.ts';
import type { VocabularyDefinition } from '../vocabulary.ts';
import type { DefinedTool } from './define-tool.ts';
import type { Scorer } from './scorers.ts';

/** A task as its author writes it. */
export interface TaskDefinition<Input> {
  /** Unique. */
  readonly id: string;
  /** Any data that the functions need. The agent sees only what `prompt` makes of it. */
  readonly input: Input;
  /** Default: the stable split 50/25/25. Give it for all tasks or for none. */
  readonly split?: Split;
  /** Default none. */
  readonly tags?: readonly string[];
  readonly family?: string;
}

/** A scorer that sees tasks as their author wrote them. */
export type DefinedScorer<State, Input> = Scorer<TaskDefinition<Input>, State>;

/**
 * Every function may be asynchronous, and gets a signal if it declares a parameter for it; it is
 * aborted at the time limit and when the run stops. A state of plain data (objects, lists, text,
 * numbers, Map, Set, Date) is copied as needed; any other needs `snapshot` and `restore`, or
 * `replayable: false`.
 */
export interface EnvironmentDefinition<State, Input> {
  /** Folder name under `evals/` and `harness/`. */
  readonly name: string;
  /** A list, or a pure function of seed and number, which then also is the `generate`. */
  readonly tasks: readonly TaskDefinition<Input>[] | ((options: GenerateOptions) => readonly TaskDefinition<Input>[]);
  readonly tools: Readonly<Record<string, DefinedTool<State>>>;
  /** A fresh state, equal for equal tasks. */
  reset(task: TaskDefinition<Input>, signal?: AbortSignal): MaybePromise<State>;
  /** What the agent reads. Default: `input` when it is text. */
  prompt?(task: TaskDefinition<Input>): string;
  /** One or more scorers (`scorers.ts`); without one only `judge` and `run --task ID` work. */
  readonly score?: DefinedScorer<State, Input> | readonly DefinedScorer<State, Input>[];
  /** How an episode ends. @default {kind: 'tool'}, by the `done` call */
  readonly answer?: AnswerForm;
  /** Calls and summary that score 1; without it only real models play and `mine` learns less. */
  oracle?(task: TaskDefinition<Input>, signal?: AbortSignal): MaybePromise<Plan>;
  /** A copy of a state that is not plain data, e.g. the bytes of a database. */
  snapshot?(state: State): MaybePromise<unknown>;
  /** A new state from such a copy. */
  restore?(snapshot: unknown): MaybePromise<State>;
  /** False: the state cannot be copied, so nothing can be tried on a copy. */
  readonly replayable?: false;
  /** The difference to the state at reset, one line per changed value. Default for plain data. */
  changes?(state: State): readonly string[];
  /** Releases what a state holds: connections, processes, files. */
  dispose?(state: State): MaybePromise<void>;
  /** True for a tool's text that reports an error; such a call changes nothing. */
  isError?(content: string): boolean;
  /** Regular expressions of what may differ between equal plays, such as times and random ids. */
  readonly volatile?: readonly string[];
  /** Answers what the agent says. Default: nobody does. */
  readonly user?: User;
  /** Words of the domain. Default: neutral ones. */
  readonly vocabulary?: VocabularyDefinition;
  /** Milliseconds that one reset, tool call or score may take. @default 60,000 */
  readonly timeoutMs?: number;
  /** `process`: each rollout in a fresh process, for code that keeps things between rollouts. */
  readonly isolate?: 'process';
  /** Default 30. */
  readonly maxTurns?: number;
  /** Maximum mean score of an agent that only says `done`, 0-1, default 0. */
  readonly ceiling?: number;
  /** sha256 (hex) of everything that decides a result. Default: of name, tools and tasks. */
  readonly digest?: string;
  /** A fresh world with fresh tasks, when `tasks` is a list. */
  generate?(options: GenerateOptions): Environment<DefinedState<State>>;
}

/** One episode's state beside the one it started from, which only plain data has. */
export interface DefinedState<State> {
  readonly start: State | undefined;
  now: State;
}
