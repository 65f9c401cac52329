/** The record of one rollout, and its score. */
import type { ChatToolCall, Usage } from './chat.ts';
import type { Json, Tool, ToolCall } from './tool.ts';

/** train: the proposer sees its traces; dev: tier 1; sealed: tier 2. */
export type Split = 'train' | 'dev' | 'sealed';

/** How an episode ended; `overflow`: the conversation no longer fits the model's context. */
export interface Ending {
  readonly reason: 'done' | 'stopped' | 'steps' | 'text' | 'timeout' | 'blocked' | 'overflow';
  /** The text given to `done`, or the answer; '' for none. */
  readonly summary: string;
  /** The JSON answer, if it met its schema. */
  readonly value?: Json;
}

export interface Score {
  /** 0-1. */
  readonly reward: number;
  readonly checks: readonly { readonly name: string; readonly passed: boolean; readonly detail?: string }[];
  /** True if a must-refuse task changed the state. */
  readonly violation?: boolean;
}

/** `by` is the id of the clause, skill, monitor, format or switch that caused the step. */
export type Step =
  | {
      readonly kind: 'model';
      /** The nth fresh conversation of the episode; absent in the first. */
      readonly conversation?: number;
      readonly content: string;
      readonly toolCalls: readonly ChatToolCall[];
      readonly usage: Usage;
      /** The limit of its length cut it off. */
      readonly cut?: true;
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
  /** A person's message, or one of the runtime's to the model. */
  | { readonly kind: 'user'; readonly by: 'user' | 'runtime'; readonly text: string }
  | { readonly kind: 'end'; readonly ending: Ending };

/** One rollout, without times: byte-equal for equal seed and replies. */
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
  /** Null exactly for a void rollout (`error`) or an `unscored` environment. */
  readonly score: Score | null;
  readonly usage: Usage;
  /** An infrastructure fault: this rollout is void, never a score. */
  readonly error?: string;
  /** With `error`: the endpoint works, but would refuse the same request again. */
  readonly refused?: boolean;
  /** With `error`: not the endpoint, but the environment or a content filter caused it. */
  readonly fault?: 'environment' | 'filter';
  /** Calls taken over as facts from a history with an unknown journal. */
  readonly adopted?: number;
  /** The trace that shares its first messages with this one, and how many. */
  readonly forks?: { readonly trace: string; readonly messages: number };
}

/** A fault of the model or of the environment, never of the agent. */
export interface Fault {
  readonly fault: 'too_long' | 'refused' | 'filtered' | 'withheld' | 'gone' | 'environment';
  readonly message: string;
}

export interface EpisodeResult {
  /** Null if there was no reply to judge: `fault` says why, and nothing may be scored. */
  readonly ending: Ending | null;
  readonly fault?: Fault;
  /** The last step is the ending, if there is one. */
  readonly steps: readonly Step[];
  readonly prompt: Trace['prompt'];
  /** Served model id; '' before the first reply. */
  readonly model: string;
  readonly usage: Usage;
}

/** A program that is an agent. */
export interface ProgramSettings {
  /** For a shell, such as `python bot.py`. */
  readonly command: string;
  /** Where the files lie that the command names. @default the current folder */
  readonly cwd?: string | undefined;
  /** Time limit of one rollout. @default 600 */
  readonly timeoutS?: number | undefined;
  /** OpenAI-compatible endpoint behind the gateway. @default OPENAI_BASE_URL, else OpenAI's */
  readonly upstream?: string | undefined;
}
