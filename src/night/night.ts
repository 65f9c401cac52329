/** What the stations of a night share: options, tasks, rollouts and the record. */

import type { Edit } from '../edit/schema.ts';
import type { Budget } from '../evaluation/budget.ts';
import type { Evaluator } from '../evaluation/evaluator.ts';
import { RELEASE } from '../gate/rules.ts';
import type { Ledger } from '../ledger/branch/ledger.ts';
import type { Keyring } from '../ledger/keys/keys.ts';
import type { Decision } from '../ledger/kinds/index.ts';
import type { Policy } from '../policy/policy.ts';
import type { Check } from '../proposal/check.ts';
import type { LeakIndex } from '../proposal/checks.ts';
import type { Proposer } from '../proposal/proposer.ts';
import type { Emit } from '../report/events.ts';
import type { Agent, Environment, Harness, HarnessFiles, Task } from '../types.ts';
import type { Proposing } from './propose.ts';
import type { Recorder } from './recorder.ts';

/** Rounds of learning per night. */
export const MAX_ROUNDS = 3;

/** Train rollouts per round, for an agent that is not simulated. */
export const PAID_SAMPLE = 32;

/** What a user asks of a night; all of it is part of the run's configuration. */
export interface NightOptions {
  readonly env: string;
  /** Most candidates. */
  readonly budget: number;
  readonly seed: number;
  /** Names, in the order in which they are asked. */
  readonly proposers: readonly string[];
  /** Names of the caller's checks. */
  readonly checks: readonly string[];
  readonly concurrency: number;
  readonly maxRollouts: number;
  readonly maxUsd: number;
  readonly maxMinutes: number;
  /** Most tasks over all splits; null: all. */
  readonly tasks: number | null;
  /** Only tasks with one of these tags; []: all. */
  readonly tags: readonly string[];
  /** What a person demands of a release beyond the gate's own rule. */
  readonly policy: Policy;
  /** Merge a release into the checked-out branch at the end. */
  readonly apply: boolean;
  /** Judges one edit that somebody gives: there is no look unless it is kept. */
  readonly given?: true | undefined;
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
  /** In the order of asking; `agent` is the model that the proposer asks, null for none. */
  readonly proposers: readonly { readonly proposer: Proposer; readonly agent: Agent | null }[];
  /** The caller's checks, asked after the built-in ones. */
  readonly checks: readonly Check[];
  /** Limit for one proposal of a caller's proposer. */
  readonly proposerTimeoutMs: number;
  readonly budget: Budget;
  /** `harness/<env>` in the work tree. */
  readonly workTree: HarnessFiles;
  readonly timeoutMs: number;
  readonly emit: Emit;
  readonly signal: AbortSignal;
  /** Milliseconds since 1970. */
  now(): number;
  /** The command line that goes on from this night. */
  readonly command: string;
  /** Private keys. @default none, which signs nothing */
  readonly keys?: Keyring;
}

/** What does not change during a night. Each station names the parts that it takes. */
export interface NightContext extends Proposing {
  readonly options: NightOptions;
  readonly run: string;
  /** `runs/<run>`, absolute. */
  readonly folder: string;
  /** True if it goes on after an interruption. */
  readonly resumed: boolean;
  readonly environment: Environment;
  readonly agent: Agent;
  readonly checks: readonly Check[];
  readonly evaluator: Evaluator;
  readonly train: readonly Task<'train'>[];
  readonly dev: readonly Task<'dev'>[];
  readonly sealed: readonly Task<'sealed'>[];
  /** Why these tasks can test nothing: the night learns and proposes; null if it can release. */
  readonly unproven: string | null;
  readonly ledger: Ledger;
  /** Decisions of earlier nights; they alone decide what may be tried again. */
  readonly decisions: readonly Decision[];
  /** Knows the values of every split; answers yes or no, and no proposer sees it. */
  readonly leak: LeakIndex;
  readonly recorder: Recorder;
  /** Digest of the newest record before this run, from which looks draw; null for none. */
  readonly chain: string | null;
  /** The branch head at the start of the night. */
  readonly start: Harness;
  /** The release in force, or the first harness of the branch. */
  readonly release: Harness;
  /** How many releases the branch has. */
  readonly releases: number;
  /** Emits the progress of a phase. */
  report(phase: string, done: number, total: number): void;
  /** Model id that the endpoint reports; the agent's id before the first reply. */
  served(): string;
  readonly command: string;
  readonly startedMs: number;
  now(): number;
}

/** What is counted during a night. */
export interface Progress {
  /** Candidates that were started. */
  candidates: number;
  /** Rollouts without a score: the task, and why. */
  readonly lost: { readonly task: string; readonly why: string }[];
  /** What proposers said about proposals that came to nothing. */
  readonly notes: string[];
  /** What the replies of the first rollouts show, such as that they were cut; null for nothing. */
  notice: string | null;
  /** Model calls of the proposers. */
  proposerCalls: number;
  /** Edits before any check; null until the proposers were asked. */
  proposed: number | null;
  /** Proposals that were rejected in an earlier night and not tried again. */
  repeated: number;
}

export const openProgress = (): Progress => ({
  candidates: 0,
  lost: [],
  notes: [],
  notice: null,
  proposerCalls: 0,
  proposed: null,
  repeated: 0,
});

/** The state of the search: the best harness so far and its scores of tonight. */
export interface Branch {
  readonly head: Harness;
  /** What candidates are compared with. */
  readonly baseline: DevBaseline;
  /** Edits kept tonight, in order. */
  readonly kept: readonly KeptEdit[];
  /** Dev scores of the release in force; the difference to `baseline` is the gain. */
  readonly releaseBaseline: DevBaseline;
  /** True if the agent gave equal replies to equal requests on the first dev tasks. */
  readonly deterministic: boolean;
}

export interface KeptEdit {
  readonly edit: Edit;
  readonly title: string;
}

/** Dev scores of one harness, played tonight. */
export interface DevBaseline {
  readonly harness: string;
  /** True if the agent does not repeat itself: narrow winners are averaged into the rows. */
  readonly noisy: boolean;
  readonly rows: ReadonlyMap<string, { readonly rewards: readonly number[]; readonly violations: number }>;
}

/** Most trials per task and arm on the sealed panel; 1 for an agent that repeats itself. */
export const trialsOf = ({ deterministic }: Pick<Branch, 'deterministic'>): number =>
  deterministic ? 1 : RELEASE.noisyTrials;

/** True while another candidate may start; the rollouts of a look are kept in reserve. */
export function hasBudget(
  { signal, sealed, options, evaluator }: Pick<NightContext, 'signal' | 'sealed' | 'options' | 'evaluator'>,
  { candidates }: Pick<Progress, 'candidates'>,
  branch: Pick<Branch, 'deterministic'>,
  rollouts: number,
): boolean {
  if (signal.aborted || candidates >= options.budget) return false;
  const look = 2 * trialsOf(branch) * Math.min(sealed.length, options.policy.panel.size ?? sealed.length);
  return evaluator.options.budget.affords(rollouts + look);
}
