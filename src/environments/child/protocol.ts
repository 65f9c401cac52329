/** What a process with an environment and its parent say to each other. */
import type { Ending, Environment, GenerateOptions, Json, Task, ToolCall, UserTurn } from '../../types.ts';

/** A file with an environment, and the root of its repository. */
export interface FileInRepository {
  readonly file: string;
  readonly root: string;
}

/** The first message: what to load, and the word that every answer has to repeat. */
export interface Opening extends FileInRepository {
  readonly nonce: string;
}

/** Descriptor on which the process tells the number of an ask that has held its first thread. */
export const HELD_BY = 4;

/** An own task by its id; any other whole. */
export type TaskGiven = string | Task;

/** `null`: the environment of the file itself; otherwise one that it generates. */
export type World = GenerateOptions | null;

export type ChildAsk =
  | { readonly ask: 'describe' }
  /** Also makes calls that were made before, in a process that is gone. */
  | { readonly ask: 'open'; readonly state: number; readonly task: TaskGiven; readonly calls: readonly ToolCall[] }
  | { readonly ask: 'execute'; readonly state: number; readonly call: ToolCall }
  | {
      readonly ask: 'score';
      readonly state: number;
      readonly task: TaskGiven;
      readonly ending: Ending;
      readonly steps: readonly Json[];
    }
  | { readonly ask: 'fork'; readonly state: number; readonly as: number }
  | { readonly ask: 'text'; readonly state: number }
  | { readonly ask: 'folder'; readonly state: number }
  | { readonly ask: 'dispose'; readonly state: number }
  | { readonly ask: 'oracle'; readonly task: TaskGiven }
  | { readonly ask: 'user'; readonly said: Omit<UserTurn, 'task'>; readonly task: TaskGiven };

export type ToChild = ({ readonly id: number; readonly world: World } & ChildAsk) | { readonly cancel: number };

/** `later`: the answer is a promise, so the process is free for other asks. */
export type FromChild = { readonly nonce: string; readonly id: number } & (
  | { readonly value: unknown; readonly changes?: readonly string[] | undefined }
  | { readonly error: { readonly name: string; readonly message: string } }
  | { readonly later: true }
  | { readonly stray: string }
);

/** Errors that say who is to blame; after any other the process is not to be trusted. */
export const SETTLED: ReadonlySet<string> = new Set(['EnvironmentError', 'UsageError', 'InterruptedError']);

/** Members of an environment that are data. */
export const DATA = [
  'name',
  'digest',
  'tools',
  'tasks',
  'maxTurns',
  'ceiling',
  'vocabulary',
  'timeoutMs',
  'replayable',
  'unscored',
  'answer',
  'isolate',
  'volatile',
  'agent',
  'source',
  'file',
] as const;

/** Members of an environment that are functions and may be absent. */
export const OPTIONAL = ['oracle', 'fork', 'changes', 'generate', 'isError', 'folder'] as const;

/** An environment without its functions. */
export interface Description {
  readonly data: Pick<Environment, (typeof DATA)[number]>;
  readonly has: readonly (typeof OPTIONAL)[number][];
  readonly user: string | null;
  /** True if states hold something that has to be released. */
  readonly disposes: boolean;
}
