/** The nouns that every folder speaks of. */
import type { ChatModel, ChatToolCall, Usage } from './chat.ts';
import type { Contract, HarnessSettings, Regulation, Skill } from './harness/schema.ts';
import type { Json, Tool, ToolCall, ToolResult } from './tool.ts';
import type { Vocabulary } from './vocabulary.ts';

export type * from './chat.ts';
export type * from './tool.ts';
export type * from './vocabulary.ts';

/** train: the proposer sees its traces; dev: tier 1; sealed: tier 2. */
export type Split = 'train' | 'dev' | 'sealed';

/** File paths relative to `harness/<env>/` (POSIX separators) -> UTF-8 text. */
export type HarnessFiles = ReadonlyMap<string, string>;

/** Everything around the model, as parsed documents and as the bytes they came from. */
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
  /** All that an agent may see. */
  readonly request: string;
  /** What only scorer and oracle may see. */
  readonly target: Json;
  /** Tasks of one sampled family are averaged before a test. */
  readonly family?: string;
}

/** Calls that solve a task, reads included, and what to say at the end. */
export interface Plan {
  readonly calls: readonly ToolCall[];
  readonly summary: string;
  /**
   * Argument value -> the words of the request that mean it, e.g. an item id -> 'Notebook, A6, soft
   * cover'.
   */
  readonly mentions?: Readonly<Record<string, string>>;
}

/** How an episode ended. */
export interface Ending {
  readonly reason: 'done' | 'stopped' | 'steps' | 'text' | 'timeout' | 'blocked';
  /** The text given to `done`; '' when there was none. */
  readonly summary: string;
}

export interface Score {
  /** 0-1. */
  readonly reward: number;
  readonly checks: readonly { readonly name: string; readonly passed: boolean; readonly detail?: string }[];
  /** True if a task that must be refused changed the state. */
  readonly violation?: boolean;
}

/** Tools, tasks and a scorer. `State` is private to the environment. */
export interface Environment<State = unknown> {
  readonly name: string;
  /** sha256 (hex) over tools, data and scorer version. */
  readonly digest: string;
  /** Does not contain `done`: the runtime adds it. */
  readonly tools: readonly Tool[];
  readonly tasks: readonly Task[];
  /** Model turns an episode may take. */
  readonly maxTurns: number;
  /** Highest mean score that an agent which only says `done` may have, 0-1. */
  readonly ceiling: number;
  /** Absent = neutral. */
  readonly vocabulary?: Vocabulary | undefined;
  reset(task: Task): State;
  /** Never throws for bad input: an error result changes nothing. */
  execute(state: State, call: ToolCall): ToolResult;
  /** A copy that later calls on the original do not change. */
  fork(state: State): State;
  /**
   * The readable difference to the state at reset, one line a changed value; [] if nothing changed.
   */
  changes(state: State): readonly string[];
  /** Throws UsageError when the environment is `unscored`. */
  score(task: Task, state: State, ending: Ending): Score;
  /** Keyed digest of a text, where tasks are private: their ids are such digests already. */
  readonly mac?: (text: string) => string;
  /** True when nothing tells a good episode from a bad one: its traces have no score. */
  readonly unscored?: true;
  oracle?(task: Task): Plan;
  /**
   * A new environment of the same name and tools with a fresh world and fresh tasks, equal for
   * equal options.
   */
  generate?(options: GenerateOptions): Environment<State>;
}

export interface GenerateOptions {
  readonly seed: number;
  readonly tasks: number;
  /** Split that all tasks get; absent = the stable split train/dev/sealed 50/25/25. */
  readonly split?: Split;
}

/**
 * What an agent gets before an episode. `plan` is for simulated agents alone; a real model never
 * sees it.
 */
export interface Episode {
  readonly task: Task;
  readonly tools: readonly Tool[];
  readonly plan?: Plan;
  readonly vocabulary?: Vocabulary | undefined;
  /** Seeds every random draw of the episode. */
  readonly seed: number;
}

/** The frozen model under test. */
export interface Agent {
  /** e.g. `sim:medium`, `openai:gpt-x`. */
  readonly id: string;
  readonly simulated: boolean;
  /**
   * sha256 (hex) of everything that decides its replies: settings, endpoint, profile, engine
   * version.
   */
  readonly digest: string;
  /** True when nobody said what its calls cost: its spend is unknown, not 0. */
  readonly unpriced?: boolean | undefined;
  /** Tokens that a request may have; absent when nobody said. */
  readonly contextTokens?: number | undefined;
  /** `text`: it cannot make native calls, so every harness is played with `protocol: text`. */
  readonly protocol?: 'text' | undefined;
  open(episode: Episode): ChatModel;
}

/** `by` is the id of the clause, skill, monitor, format or switch that caused the step. */
export type Step =
  | {
      readonly kind: 'model';
      readonly content: string;
      readonly toolCalls: readonly ChatToolCall[];
      readonly usage: Usage;
    }
  | {
      readonly kind: 'rewrite';
      readonly by: string;
      readonly callId: string;
      readonly what: string;
      readonly before: Json;
      readonly after: Json;
    }
  | {
      readonly kind: 'read';
      readonly by: string;
      readonly call: ToolCall;
      readonly content: string;
      readonly error: boolean;
      readonly reused: boolean;
    }
  | { readonly kind: 'call'; readonly callId: string; readonly call: ToolCall; readonly readOnly: boolean }
  | { readonly kind: 'result'; readonly callId: string; readonly content: string; readonly error: boolean }
  | { readonly kind: 'state_delta'; readonly callId: string; readonly changes: readonly string[] }
  | {
      readonly kind: 'block';
      readonly by: string;
      readonly callId: string;
      readonly call: ToolCall;
      readonly message: string;
    }
  | { readonly kind: 'note'; readonly by: string; readonly text: string }
  | {
      readonly kind: 'monitor';
      readonly by: string;
      readonly then: 'hint' | 'directive' | 'stop';
      readonly text: string;
    }
  | { readonly kind: 'user'; readonly text: string }
  | { readonly kind: 'end'; readonly ending: Ending };

/**
 * One rollout: everything that happened, byte-equal for equal seed and replies (it holds no time).
 */
export interface Trace<S extends Split = Split> {
  readonly id: string;
  readonly harness: string;
  readonly env: string;
  readonly agent: string;
  /** Served model id. */
  readonly model: string;
  readonly task: string;
  readonly split: S;
  readonly trial: number;
  readonly seed: number;
  /** First system message and the tools, as they were sent. */
  readonly prompt: { readonly system: string; readonly user: string; readonly tools: readonly Tool[] };
  readonly steps: readonly Step[];
  /** Null if and only if `error` is set, a void rollout, or the environment is `unscored`. */
  readonly score: Score | null;
  readonly usage: Usage;
  /** An infrastructure fault: this rollout is void, never a score. */
  readonly error?: string;
  /**
   * With `error`: the endpoint would refuse the same request again, so it answers, and is not gone.
   */
  readonly refused?: boolean;
}

export type FailureClass =
  | 'action_realization'
  | 'contract_mismatch'
  | 'trajectory_degeneration'
  | 'residual_reasoning';
export type Cause = 'rule_missing' | 'rule_vague' | 'rule_wrong' | 'rule_ignored' | 'environment_fault';

/** Why one trace failed. */
export interface Diagnosis {
  readonly trace: string;
  readonly task: string;
  /** Index into the trace's steps. */
  readonly step: number;
  readonly failure: FailureClass;
  readonly cause: Cause;
  /**
   * A finer label for clustering, e.g. `text_call`, `missing_prefix`, `name_for_id`, `wrong_state`,
   * `loop`.
   */
  readonly pattern: string;
  readonly tool?: string;
  readonly argument?: string;
  /** Id of the clause, skill or monitor at fault, when there is one. */
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
