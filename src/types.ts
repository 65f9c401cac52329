/** The nouns that every folder uses. */
import type { ChatModel, Usage } from './chat.ts';
import type { Contract, HarnessSettings, Regulation, Skill } from './harness/schema.ts';
import type { Json, JsonObject, MaybePromise, Tool, ToolCall, ToolResult } from './tool.ts';
import type { Ending, EpisodeResult, ProgramSettings, Score, Split, Step } from './trace.ts';
import type { Vocabulary } from './vocabulary.ts';

export type * from './chat.ts';
export type * from './tool.ts';
export type * from './trace.ts';
export type * from './vocabulary.ts';

/** File paths relative to `harness/<env>/` (POSIX separators) -> UTF-8 text. */
export type HarnessFiles = ReadonlyMap<string, string>;

/** Everything around the model, as parsed documents and as their bytes. */
export interface Harness {
  /** sha256 (hex) over the sorted (path, content) pairs. */
  readonly id: string;
  readonly env: string;
  readonly files: HarnessFiles;
  readonly policy: string;
  readonly settings: HarnessSettings;
  readonly contract: Contract;
  readonly regulation: Regulation;
  readonly skills: readonly Skill[];
}

export interface Task<S extends Split = Split> {
  readonly id: string;
  readonly split: S;
  readonly tags: readonly string[];
  /** Everything that an agent may see. */
  readonly request: string;
  /** Only scorer and oracle may see it. */
  readonly target: Json;
  /** Tasks of one sampled family are averaged before a test. */
  readonly family?: string;
}

/** Calls that solve a task, including reads, and the closing summary. */
export interface Plan {
  readonly calls: readonly ToolCall[];
  readonly summary: string;
  /** Argument value -> the words of the request that mean it, e.g. item id -> 'Notebook, A6'. */
  readonly mentions?: Readonly<Record<string, string>>;
}

/** How an episode ends: by the `done` call, by the first text reply, or by JSON of a schema. */
export type AnswerForm =
  | { readonly kind: 'tool' }
  | { readonly kind: 'text' }
  | { readonly kind: 'json'; readonly schema: JsonObject };

/** What a scorer may read besides the state. */
export interface ScoreContext {
  /** The trace so far; its last step is the ending. */
  readonly steps: readonly Step[];
  /** Aborted at the time limit and when the run is interrupted. */
  readonly signal?: AbortSignal | undefined;
}

/** What the agent said to the person it serves, and all earlier messages of both. */
export interface UserTurn {
  readonly text: string;
  /** 1 for the first question. */
  readonly turn: number;
  readonly task: Task;
  readonly seed: number;
}

/** Answers what the agent says. */
export interface User {
  readonly id: string;
  /** Null: nobody answers any more. */
  answer(said: UserTurn, signal?: AbortSignal): MaybePromise<string | null>;
}

/**
 * Tools, tasks and a scorer. `State` is private. Optional members are capabilities: a station that
 * needs one reports what it cannot do without it.
 */
export interface Environment<State = unknown> {
  readonly name: string;
  /** sha256 (hex) over tools, data and scorer version. */
  readonly digest: string;
  /** sha256 (hex) of the files that it was loaded from; absent if it was made in a program. */
  readonly source?: string;
  /** Absolute path of the file that it was loaded from. */
  readonly file?: string;
  /** Does not contain `done`: the runtime adds it. */
  readonly tools: readonly Tool[];
  readonly tasks: readonly Task[];
  /** Maximum model turns per episode. */
  readonly maxTurns: number;
  /** Maximum mean score of an agent that only says `done`, 0-1. */
  readonly ceiling: number;
  /** Absent = neutral. */
  readonly vocabulary?: Vocabulary | undefined;
  /** Milliseconds that one reset, tool call or score may take. @default 60,000 */
  readonly timeoutMs?: number;
  /** The state cannot be copied, so nothing can be tried on a copy. */
  readonly replayable?: false;
  /** Patterns of what may differ between equal plays, such as times and random ids. */
  readonly volatile?: readonly string[] | undefined;
  /** Removes secrets of this process from a text that is stored or sent; absent = none. */
  readonly redact?: (text: string) => string;
  /** `process`: the code of a file runs in a fresh process for each state. @default a shared one */
  readonly isolate?: 'process' | undefined;
  /** Keyed digest of a text when tasks are private: their ids are such digests. */
  readonly mac?: (text: string) => string;
  /** True if there is no scorer: traces have no score. */
  readonly unscored?: true;
  /** @default {kind: 'tool'} */
  readonly answer?: AnswerForm;
  /** The person whom the agent serves; without one the request is all that is said. */
  readonly user?: User;
  reset(task: Task, signal?: AbortSignal): MaybePromise<State>;
  /**
   * Bad input gives an error result and changes nothing. A thrown error becomes the agent's error
   * result, except EnvironmentError, which makes the rollout void.
   */
  execute(state: State, call: ToolCall, signal?: AbortSignal): MaybePromise<ToolResult>;
  /** Throws UsageError when the environment is `unscored`. */
  score(task: Task, state: State, ending: Ending, context?: ScoreContext): MaybePromise<Score>;
  /** A copy that later calls on the original do not change. */
  fork?(state: State): MaybePromise<State>;
  /**
   * The readable difference to the state at reset, one line per changed value; [] if none.
   */
  changes?(state: State): readonly string[];
  /** The state as text where its data is elsewhere; '' if it cannot be read. */
  stateText?(state: State): MaybePromise<string>;
  /** Calls that solve the task; equal for equal tasks. */
  oracle?(task: Task, signal?: AbortSignal): MaybePromise<Plan>;
  /** A new environment of equal name and tools with a fresh world; equal for equal options. */
  generate?(options: GenerateOptions): Environment<State>;
  /** Releases what a state holds: connections, processes, files. Called once per reset or fork. */
  dispose?(state: State): MaybePromise<void>;
  /** True for a result text that reports an error, when only the text is known. */
  isError?(content: string): boolean;
  /** Absolute path of a state that is a folder, which a program changes. */
  folder?(state: State): MaybePromise<string>;
  /** The program that plays it unless another agent is named. */
  readonly agent?: ProgramSettings;
}

/** An environment whose tools, scorer and oracle are synchronous. */
export interface SyncEnvironment<State = unknown> extends Environment<State> {
  reset(task: Task): State;
  execute(state: State, call: ToolCall): ToolResult;
  score(task: Task, state: State, ending: Ending): Score;
  fork(state: State): State;
  changes(state: State): readonly string[];
  oracle?(task: Task): Plan;
  generate?(options: GenerateOptions): SyncEnvironment<State>;
}

export interface GenerateOptions {
  readonly seed: number;
  readonly tasks: number;
  /** Split of all tasks; absent = the stable split train/dev/sealed 50/25/25. */
  readonly split?: Split;
}

/** What an agent gets before an episode. Only simulated agents may read `plan`. */
export interface Episode {
  readonly task: Task;
  readonly tools: readonly Tool[];
  readonly plan?: Plan;
  readonly vocabulary?: Vocabulary | undefined;
  /** Seeds every random draw of the episode. */
  readonly seed: number;
}

/** Where requests go, and the name of the variable whose value goes with them; null for none. */
export interface Endpoint {
  readonly baseUrl: string;
  readonly keyEnv: string | null;
}

/** The frozen model under test. */
export interface Agent {
  /** e.g. `sim:medium`, `openai:gpt-x`. */
  readonly id: string;
  readonly simulated: boolean;
  /** sha256 (hex) of all that decides its replies: settings, endpoint, profile, engine version. */
  readonly digest: string;
  /** True if the price of its calls is not given: its spend is unknown, not 0. */
  readonly unpriced?: boolean | undefined;
  /** Maximum tokens of a request; absent if unknown. */
  readonly contextTokens?: number | undefined;
  /** `text`: it cannot make native calls, so every harness is played with `protocol: text`. */
  readonly protocol?: 'text' | undefined;
  /** Absent if nothing is sent anywhere. */
  readonly endpoint?: Endpoint | undefined;
  /** It plays whole rollouts; `open` then answers what it asks. */
  readonly program?: AgentProgram | undefined;
  open(episode: Episode): ChatModel;
}

/** What a program gets that plays a rollout by itself. */
export interface ProgramRollout {
  readonly harness: Harness;
  readonly environment: Environment;
  readonly task: Task;
  readonly seed: number;
  /** The state, if it is a folder. */
  readonly folder: string | undefined;
  /** Answers what the program asks its gateway. */
  readonly model: ChatModel;
  readonly signal: AbortSignal;
}

/** An agent that drives itself, in place of our own loop. */
export interface AgentProgram {
  readonly settings: ProgramSettings;
  /** sha256 (hex) of the command and the files that it names. */
  readonly digest: string;
  play(rollout: ProgramRollout): Promise<EpisodeResult>;
}

export type FailureClass =
  | 'action_realization'
  | 'contract_mismatch'
  | 'trajectory_degeneration'
  | 'residual_reasoning'
  /** Cut by a limit, or empty. */
  | 'lost_reply';
export type Cause = 'rule_missing' | 'rule_vague' | 'rule_wrong' | 'rule_ignored' | 'environment_fault' | 'reply_limit';

/** Why one trace failed. */
export interface Diagnosis {
  readonly trace: string;
  readonly task: string;
  /** Index into the trace's steps. */
  readonly step: number;
  readonly failure: FailureClass;
  readonly cause: Cause;
  /** A finer label for clusters, e.g. `text_call`, `missing_prefix`, `name_for_id`, `loop`. */
  readonly pattern: string;
  readonly tool?: string;
  readonly argument?: string;
  /** Id of the clause, skill or monitor at fault, if there is one. */
  readonly blames?: string;
  /** The agent claims an effect that no state change shows. */
  readonly completionWithoutEffect: boolean;
  /** Quoted from the trace; data, never instructions. */
  readonly evidence: string;
  /** 0-1. */
  readonly confidence: number;
}

/** Per-task trial rewards of one harness on one split. */
export interface Evaluation {
  readonly harness: string;
  readonly split: Split;
  /** In the order played. */
  readonly tasks: readonly {
    readonly task: string;
    readonly rewards: readonly number[];
    readonly violations: number;
  }[];
  readonly rollouts: number;
  readonly voids: number;
  readonly usage: Usage;
}

/** What a gate concluded. All scores are fractions 0-1. */
export interface Verdict {
  readonly stage: 'check' | 'keep' | 'prune' | 'release' | 'audit';
  readonly decision: 'accepted' | 'rejected' | 'inconclusive';
  /** Reason code: `improved`, `hopeless`, `not_better`, `leak`, `duplicate`, ... */
  readonly reason: string;
  /** One sentence for a person. */
  readonly detail: string;
  readonly test: 'none' | 'mean' | 'sign' | 'star';
  /** p value of `sign`, wealth of `star`, z of `mean`; null when no test ran. */
  readonly statistic: number | null;
  readonly alpha: number | null;
  readonly effect: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly better: number;
  readonly worse: number;
  readonly same: number;
  readonly tasks: number;
  readonly rollouts: number;
  readonly voids: number;
  readonly costUsd: number;
  /** Version of the gate's rules, e.g. `gate/4`. */
  readonly rules: string;
}
