/** What commands report: one union of events for the terminal, `--json` and the page. */
import type { Usage, Verdict } from '../types.ts';
import type { Unproven } from './plain-edit.ts';

/** A mean score with its 95 % interval; fractions 0 to 1. */
export interface ScoreLine {
  readonly score: number;
  readonly low: number;
  readonly high: number;
  readonly tasks: number;
}

/** Rollouts that are left out of every score for one reason. */
export interface Loss {
  readonly why: string;
  readonly rollouts: number;
  /** Ids, in the order met. */
  readonly tasks: readonly string[];
}

export interface ReleaseLine extends ScoreLine {
  readonly version: string;
  readonly commit: string;
  readonly effect: number;
  readonly effectLow: number;
  readonly effectHigh: number;
  readonly test: string;
  readonly statistic: number;
  readonly alpha: number;
}

/** The last line of a night. Scripts depend on its fields. */
export interface NightSummary {
  readonly type: 'summary';
  readonly env: string;
  readonly agent: string;
  readonly simulated: boolean;
  readonly seed: number;
  readonly baseline: ScoreLine;
  readonly released: ReleaseLine | null;
  /** Candidates evaluated. */
  readonly candidates: number;
  readonly kept: number;
  readonly rejected: Readonly<Record<string, number>>;
  readonly rollouts: number;
  readonly voids: number;
  /** Why rollouts have no score, and on which tasks. */
  readonly lost: readonly Loss[];
  /** What the proposers but `mine` said, such as why a reply was no proposal. */
  readonly notes: readonly string[];
  /** US dollars; null when the price is unknown. */
  readonly usd: number | null;
  readonly seconds: number;
  readonly run: string;
  readonly night: number;
  /** Proposals that were rejected in an earlier night and not tried again. */
  readonly repeated: number;
  /** Of the agent's calls; `cachedTokens` were in the endpoint's prefix cache. */
  readonly usage: Usage;
  /** Model calls of the proposer. */
  readonly proposerCalls: number;
  /** What the first replies show, such as `20 of 20 replies were cut at 768 tokens`; else null. */
  readonly notice: string | null;
  /** What a night on too few tasks for a release proposes; null for any other night. */
  readonly unproven: Unproven | null;
  /** Why there is or is no release, in one sentence. */
  readonly outcome: string;
  /** The command line that goes on from this night. */
  readonly command: string;
  /** Key id of the signer; null for unsigned decisions. */
  readonly signer: string | null;
  readonly exitCode: number;
}

/** The last line of `optimize run`. */
export interface RunSummary extends ScoreLine {
  readonly type: 'summary';
  readonly env: string;
  readonly agent: string;
  readonly simulated: boolean;
  readonly harness: string;
  /** `train`, `dev`, `sealed`, or `generated`. */
  readonly split: string;
  readonly rollouts: number;
  readonly voids: number;
  /** Why rollouts have no score, and on which tasks. */
  readonly lost: readonly Loss[];
  /** US dollars; null when the price is unknown. */
  readonly usd: number | null;
  readonly usage: Usage;
  readonly seconds: number;
}

export type Event =
  | {
      readonly type: 'start';
      readonly env: string;
      readonly agent: string;
      readonly simulated: boolean;
      readonly run: string;
      readonly night: number;
      readonly seed: number;
      readonly harness: string;
      readonly tasks: { readonly train: number; readonly dev: number; readonly sealed: number };
      readonly budget: number;
      /** Expected rollouts. */
      readonly expectedRollouts: number;
      readonly resumed: boolean;
      /** When the environment's same files were found sound; null if they were checked now. */
      readonly checked: string | null;
    }
  | { readonly type: 'phase'; readonly phase: string; readonly detail: string }
  | {
      readonly type: 'progress';
      readonly phase: string;
      readonly done: number;
      readonly total: number;
      readonly rollouts: number;
      readonly candidates: number;
      readonly usd: number;
    }
  | { readonly type: 'score'; readonly of: string; readonly split: string; readonly score: ScoreLine }
  | {
      readonly type: 'learned';
      /** Edits proposed. */
      readonly edits: number;
      /** Of these, rejected by a free check. */
      readonly refused: number;
      /** Of these, rejected in an earlier night and not tried again. */
      readonly repeated: number;
      readonly probes: number;
      readonly notes: readonly string[];
    }
  | {
      readonly type: 'decision';
      readonly seq: number;
      readonly form: string;
      readonly title: string;
      readonly verdict: Verdict;
    }
  | { readonly type: 'commit'; readonly commit: string; readonly subject: string }
  | { readonly type: 'warning'; readonly message: string }
  | NightSummary
  | RunSummary;

export type Emit = (event: Event) => void;
