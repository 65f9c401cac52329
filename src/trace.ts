/** What happened in one rollout, and what it was worth. */
import type { ChatToolCall, Usage } from './chat.ts';
import type { Json, Tool, ToolCall } from './tool.ts';

/** train: the proposer sees its traces; dev: tier 1; sealed: tier 2. */
export type Split = 'train' | 'dev' | 'sealed';

/** How an episode ended. */
export interface Ending {
  readonly reason: 'done' | 'stopped' | 'steps' | 'text' | 'timeout' | 'blocked';
  /** The text given to `done`, or the answer; '' when there was none. */
  readonly summary: string;
  /** The JSON answer, when it met its schema. */
  readonly value?: Json;
}

export interface Score {
  /** 0-1. */
  readonly reward: number;
  readonly checks: readonly { readonly name: string; readonly passed: boolean; readonly detail?: string }[];
  /** True if a task that must be refused changed the state. */
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
  /** With `error`: the environment's doing, not the endpoint's. */
  readonly fault?: 'environment';
  /** Calls taken over as facts from a history whose journal is not known. */
  readonly adopted?: number;
  /** The trace whose first messages this one shares, and how many. */
  readonly forks?: { readonly trace: string; readonly messages: number };
}
