/**
 * What the stations of one night share: options, tasks, rollouts, and the record that they write.
 */

import type { Edit } from '../edit/schema.ts';
import type { Budget } from '../evaluation/budget.ts';
import type { Evaluator } from '../evaluation/evaluator.ts';
import { RELEASE } from '../gate/rules.ts';
import type { Ledger } from '../ledger/branch/ledger.ts';
import type { Decision } from '../ledger/format/decision.ts';
import type { Keyring } from '../ledger/keys/keys.ts';
import type { Policy } from '../policy/policy.ts';
import type { LeakIndex } from '../proposal/checks.ts';
import type { Emit } from '../report/events.ts';
import type { Agent, ChatModel, Environment, Harness, HarnessFiles, Task } from '../types.ts';
import type { Recorder } from './recorder.ts';

/** Rounds of learning per night: each looks at what still fails under the edits kept so far. */
export const MAX_ROUNDS = 3;

export const PROPOSERS = ['mine', 'reflect', 'both', 'null', 'harmful'] as const;
export type ProposerName = (typeof PROPOSERS)[number];

/** True for the proposers that test the gate: what they propose is not meant to help. */
export const testsGate = (proposer: ProposerName): boolean => proposer === 'null' || proposer === 'harmful';

/** Train rollouts a round of an agent that is not simulated. */
export const PAID_SAMPLE = 32;

/** What a user asks of a night; all of it is part of the run's configuration. */
export interface NightOptions {
  readonly env: string;
  /** Candidates that may be evaluated. */
  readonly budget: number;
  readonly seed: number;
  readonly proposer: ProposerName;
  readonly concurrency: number;
  readonly maxRollouts: number;
  readonly maxUsd: number;
  readonly maxMinutes: number;
  /** Keeps that many tasks over all splits; null = all. */
  readonly tasks: number | null;
  /** Keeps tasks with at least one of these tags; [] = all. */
  readonly tags: readonly string[];
  /** What a person demands of a release beyond the gate's own rule. */
  readonly policy: Policy;
  /** Merge a release into the checked-out branch at the end. */
  readonly apply: boolean;
}

/** What a night is opened with. */
export interface NightInput {
  /** Top folder of the repository. */
  readonly root: string;
  readonly options: NightOptions;
  readonly environment: Environment;
  /** The selected tasks of the environment. */
  readonly tasks: readonly Task[];
  readonly agent: Agent;
  /** The model that `reflect` asks; null for proposers that need none. */
  readonly thinker: Agent | null;
  readonly budget: Budget;
  /** `harness/<env>` as it is in the work tree. */
  readonly workTree: HarnessFiles;
  readonly timeoutMs: number;
  readonly emit: Emit;
  readonly signal: AbortSignal;
  /** Milliseconds since 1970. */
  now(): number;
  /** The command line that goes on from this night. */
  readonly command: string;
  /** Private keys at hand; default none, which signs nothing. */
  readonly keys?: Keyring;
}

export interface Night {
  readonly options: NightOptions;
  readonly run: string;
  /** `runs/<run>`, absolute. */
  readonly folder: string;
  /** True if it goes on after an interruption. */
  readonly resumed: boolean;
  /** 1 for the first night on a branch. */
  readonly number: number;
  readonly environment: Environment;
  readonly agent: Agent;
  /** The model that `reflect` asks; null for proposers that need none. */
  readonly thinker: ChatModel | null;
  readonly evaluator: Evaluator;
  readonly train: readonly Task<'train'>[];
  readonly dev: readonly Task<'dev'>[];
  readonly sealed: readonly Task<'sealed'>[];
  readonly ledger: Ledger;
  /** Decisions of earlier nights: what may be tried again depends on these alone. */
  readonly decisions: readonly Decision[];
  /** Values of tasks of every split: answers yes or no, and is never shown to a proposer. */
  readonly leak: LeakIndex;
  readonly recorder: Recorder;
  readonly emit: Emit;
  readonly signal: AbortSignal;
  /** The branch head at the start of the night. */
  readonly start: Harness;
  /** The release in force, or the first harness of the branch. */
  readonly release: Harness;
  /** Releases of the branch so far. */
  readonly releases: number;
  /** Measured on the first dev tasks: equal replies to equal requests. */
  deterministic: boolean;
  /** Candidates whose evaluation has begun. */
  candidates: number;
  voids: number;
  /** Model calls of `reflect`. */
  proposerCalls: number;
  /** Proposals that were refused in an earlier night and were not tried again. */
  repeated: number;
  /** Model id that the endpoint says it served; the agent's id before the first reply. */
  served(): string;
  /** The command line that goes on from this night. */
  readonly command: string;
  readonly startedMs: number;
  now(): number;
}

/**
 * The state of the search: the best branch so far and the scores that a candidate is held against
 * tonight.
 */
export interface Branch {
  readonly head: Harness;
  readonly bank: DevBaseline;
  /** Edits kept tonight, in order. */
  readonly kept: readonly KeptEdit[];
  /** Dev scores of the release in force: what the branch has gained is the difference to these. */
  readonly releaseBank: DevBaseline;
}

export interface KeptEdit {
  readonly edit: Edit;
  readonly title: string;
}

/** Dev scores of one harness, rolled tonight. */
export interface DevBaseline {
  readonly harness: string;
  /**
   * True if an agent that does not repeat itself gave them: they are averages, and what beats them
   * narrowly joins them.
   */
  readonly noisy: boolean;
  readonly rows: ReadonlyMap<string, { readonly rewards: readonly number[]; readonly violations: number }>;
}

/**
 * The most trials a task and arm on the sealed panel: one for an agent that repeats itself, else
 * `RELEASE.noisyTrials`.
 */
export const trialsOf = (night: Night): number => (night.deterministic ? 1 : RELEASE.noisyTrials);

/**
 * True while another candidate may be started; the look at the sealed panel keeps its share of the
 * rollouts.
 */
export function hasBudget(night: Night, rollouts: number): boolean {
  if (night.signal.aborted) return false;
  const look =
    2 * trialsOf(night) * Math.min(night.sealed.length, night.options.policy.panel.size ?? night.sealed.length);
  return night.candidates < night.options.budget && night.evaluator.options.budget.affords(rollouts + look);
}
