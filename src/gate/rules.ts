/** Every constant of the gate with its source; changing one requires a new `GATE_RULES`. */

import { exp, ln, rounded } from './arithmetic.ts';

/** Version that every verdict carries. */
export const GATE_RULES = 'gate/5';
/** The version of records of v2, still computed for them: no order of arms, voids left out. */
export const V2_RULES = 'gate/4';
/** Earlier versions in ledgers; their verdicts cannot be recomputed by this one. */
export const PAST_RULES: readonly string[] = ['gate/1', 'gate/2', 'gate/3'];

/** Tier 1: tasks before a race's first interim check, then between checks (`docs/gate.md#race`). */
export const FIRST_CHECK = 20;
export const CHECK_EVERY = 5;
/** Limits of a race (`docs/gate.md#race`). */
export const KEEP = {
  /** z below which a candidate is hopeless. */
  hopelessZ: -0.3,
  /** z above which a completely played candidate is kept. */
  minZ: 0.3,
  /** z from which its own scores replace the baseline. */
  clearZ: 2,
  /** Smallest variance assumed for a difference, so that a few equal tasks prove nothing. */
  varianceFloor: 0.03,
} as const;

/** Tier 2, a look at the sealed panel (`docs/gate.md#sealed-look`). */
export const RELEASE = {
  /** Error rate of the first look after a release, for any panel size; see `alphaOf`. */
  alpha: 0.02,
  /** Share of void pairs above which nothing is decided. */
  maxVoidShare: 0.02,
  /** Trials per task and arm of an agent that is not deterministic. */
  noisyTrials: 4,
} as const;

/** Position of a look among those of a branch. */
export interface LookPlace {
  /** Earlier looks at any panel, and those of them since the newest release. */
  readonly looks: number;
  readonly sinceRelease: number;
  /** Releases so far. */
  readonly releases: number;
}

/**
 * Error rate of the next look. Throws RangeError for values that are not counts.
 * - Harmonic spending, the default: .02 / j for the j-th look since the release in force. L looks
 *   at branches that are no better release at most .02 (1 + ln L) on average: .13 in a year of
 *   nightly looks (Lan & DeMets 1983 for the idea).
 * - e-LOND with `fdr` (Xu & Ramdas 2024): fdr gamma_t (R + 1) for look t and R earlier releases,
 *   gamma_t = t^-1.6 / 2.2858, whose sum is at most 1: on average at most a share `fdr` of all
 *   releases is false.
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
  /** Second moment expected of a difference before data, and its weight in tasks. */
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
  /** Loss whose power is printed; at `loss` itself the power is one half by construction. */
  powerLoss: 0.2,
} as const;

/** Normal quantile of a two-sided 95 % interval. */
export const Z_95 = 1.959963984540054;

/** Ending a hopeless look (`docs/gate.md#futility`). */
export const FUTILITY = {
  /** Observations before the rule of chance applies; the exact rule needs none. */
  firstLook: 20,
  /** Standard errors by which the future is assumed better than the past, and luckier. */
  optimism: 2,
} as const;

/** Power of a look (`power.ts`). */
export const POWER = {
  /** Draws of a simulated panel, and those after which a clear answer is accepted. */
  draws: 400,
  firstDraws: 100,
  /** Power that a plan asks for. */
  planned: 0.8,
  /** Power that dev must predict before a look is spent (`docs/gate.md#predicted-power`). */
  minPredicted: 0.5,
  /** Predicted power at which fewer trials are enough (the same place). */
  enough: 0.9,
  /** Share of the changed tasks that get better (`docs/gate.md#assumed-population`). */
  betterShare: 0.8,
  /** Least share of dev's variance in a sealed panel (`docs/gate.md#predicted-power`). */
  minSpread: 0.5,
  /** Change of a changed task's chance for a noisy agent (`docs/gate.md#assumed-population`). */
  jump: 0.65,
  /** Mean variance p(1 - p) of one noisy trial, rates from Beta(.6, .4) (the same place). */
  trialNoise: 0.12,
} as const;

/** Tasks that must repeat before an agent is deterministic (`docs/gate.md#determinism`). */
export const DETERMINISM_TASKS = 20;
