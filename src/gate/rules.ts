/**
 * Every constant of the gate in one place, each with its source; changing one means a new
 * `GATE_RULES`.
 */

import { exp, ln, rounded } from './arithmetic.ts';

/** Version that every verdict carries. */
export const GATE_RULES = 'gate/4';
/**
 * Versions before it, by which a ledger may hold verdicts; they cannot be recomputed by this one.
 */
export const PAST_RULES: readonly string[] = ['gate/1', 'gate/2', 'gate/3'];

/** Tier 1: tasks before a race's first interim check, then between two (`docs/gate.md#race`). */
export const FIRST_CHECK = 20;
export const CHECK_EVERY = 5;
/** What an interim check asks (`docs/gate.md#race`). */
export const KEEP = {
  /** z below which a candidate is hopeless. */
  hopelessZ: -0.3,
  /** z above which a candidate that was played to the end is kept. */
  minZ: 0.3,
  /** z from which its own scores replace the bar. */
  clearZ: 2,
  /** Smallest variance assumed for a difference, so that a few equal tasks prove nothing. */
  varianceFloor: 0.03,
} as const;

/** Tier 2, a look at the sealed panel (`docs/gate.md#sealed-look`). */
export const RELEASE = {
  /**
   * Error rate of the first look after a release, whatever the size of the panel; see `alphaOf`.
   */
  alpha: 0.02,
  /** Share of void pairs above which nothing is decided. */
  maxVoidShare: 0.02,
  /** Trials a task and arm of an agent that is not deterministic. */
  noisyTrials: 4,
} as const;

/** Where a look stands among those that a branch has had. */
export interface LookPlace {
  /** Looks at any panel before it, and those of them since the newest release. */
  readonly looks: number;
  readonly sinceRelease: number;
  /** Releases so far. */
  readonly releases: number;
}

/**
 * Error rate of the next look. Harmonic spending, the default: .02 / j for the j-th look since the
 * release in force. However long nothing is released, L looks at branches that are no better
 * release .02 (1 + ln L) of them on average, at most: .13 in a year of nightly looks (Lan & DeMets
 * 1983 for the idea). With `fdr` e-LOND instead (Xu & Ramdas 2024): fdr gamma_t (R + 1) for look
 * number t and R releases before it, gamma_t = t^-1.6 / 2.2858 (the sum over all t is 1): of all
 * releases that the branch will ever have, at most that share is false on average. Throws
 * RangeError for counts that are no counts.
 */
export function alphaOf({ looks, sinceRelease, releases }: LookPlace, fdr?: number): number {
  for (const count of [looks, sinceRelease, releases])
    if (!Number.isInteger(count) || count < 0) throw new RangeError(`alphaOf: expected a count, got ${count}`);
  if (fdr === undefined) return rounded(RELEASE.alpha / (sinceRelease + 1));
  if (!(fdr > 0 && fdr < 1)) throw new RangeError(`alphaOf: expected a rate between 0 and 1, got ${fdr}`);
  const share = exp(-E_LOND.power * ln(looks + 1)) / E_LOND.sum;
  return rounded(Math.min(E_LOND.most, fdr * share * (releases + 1)));
}

/** e-LOND: gamma_t = t^-power / sum; the largest alpha of a look (`docs/gate.md#e-lond`). */
export const E_LOND = { power: 1.6, sum: 2.2858, most: 0.2 } as const;

/** The STaR bet (`docs/gate.md#star-bet`). */
export const STAR = {
  /** Largest stake; below 1 so that wealth stays positive. */
  stakeCap: 0.95,
  /** Second moment expected of a difference before any is seen, and its weight in tasks. */
  momentPrior: 0.15,
  momentWeight: 5,
  /** Smallest second moment assumed. */
  momentFloor: 0.005,
} as const;

/** Number of bets against a protected tag, and the largest stake (`docs/gate.md#tag-guard`). */
export const MIXTURE = { bets: 20, stakeCap: 0.95 } as const;

/** A protected tag (`docs/gate.md#tag-guard`). */
export const TAG = {
  /** Loss that blocks. */
  loss: 0.1,
  /** Wealth of the bet against the tag that blocks. */
  wealth: 3,
  /**
   * Loss for which the guard's power is printed; at `loss` itself it is one half by construction.
   */
  powerLoss: 0.2,
} as const;

/** Normal quantile of a two-sided 95 % interval. */
export const Z_95 = 1.959963984540054;

/** Ending a hopeless look (`docs/gate.md#futility`). */
export const FUTILITY = {
  /** Observations before the rule of chance applies; the exact rule has no such limit. */
  firstLook: 20,
  /**
   * Standard errors by which the future is taken to be better than the past, and luckier than
   * expected.
   */
  optimism: 2,
} as const;

/** Power of a look (`power.ts`). */
export const POWER = {
  /** Draws of a simulated panel, and those after which a clear answer is taken. */
  draws: 400,
  firstDraws: 100,
  /** What a plan asks for. */
  planned: 0.8,
  /** What dev has to predict before a look is spent (`docs/gate.md#predicted-power`). */
  minPredicted: 0.5,
  /** What it has to predict before fewer trials than the most are enough (the same place). */
  enough: 0.9,
  /** Share of the changed tasks that gets better, 4 to 1 (`docs/gate.md#assumed-population`). */
  betterShare: 0.8,
  /**
   * Share of dev's variance that a sealed panel is predicted to keep at least, however many trials
   * it has (`docs/gate.md#predicted-power`).
   */
  minSpread: 0.5,
  /** By how much a changed task's chance moves for a noisy agent (the same place). */
  jump: 0.65,
  /** Mean variance p(1 - p) of one trial of a noisy agent, rates from Beta(.6, .4) (there). */
  trialNoise: 0.12,
} as const;

/** Tasks that repeat before an agent counts as deterministic (`docs/gate.md#determinism`). */
export const DETERMINISM_TASKS = 20;
