/** The population that a plan assumes: how far tasks differ when one arm is better. */
import type { Random } from '../digest.ts';
import { POWER } from './rules.ts';

export interface PanelModel {
  /** True mean difference, 0-1. */
  readonly effect: number;
  /** Trials per task and arm. */
  readonly trials: number;
  /** Mean variance of one trial, E[p(1 - p)], 0-0.25. */
  readonly noise: number;
  /** Share of the changed tasks that get better, above 0.5 and up to 1. */
  readonly betterShare: number;
}

/** Shares 0-1 of tasks that change for better or worse, or are even (`coin`) in both arms. */
export interface Shares {
  readonly better: number;
  readonly worse: number;
  readonly coin: number;
  /** Change of a changed task's chance to be won, 0-1, around one half. */
  readonly jump: number;
}

/**
 * Without noise a changed task moves from lost to won or back; else its chance moves by .65, or by
 * the effect if that is larger (`docs/gate.md#assumed-population`). effect / ((2 betterShare - 1)
 * jump) of the tasks change, at most all. noise / .25 of the others are coin flips. Throws
 * RangeError for values out of range.
 */
export function sharesOf({ effect, trials, noise, betterShare }: PanelModel): Shares {
  if (!(effect >= 0 && effect <= 1)) throw new RangeError(`expected an effect 0-1, got ${effect}`);
  if (!(noise >= 0 && noise <= 0.25)) throw new RangeError(`expected a noise 0-0.25, got ${noise}`);
  if (!(betterShare > 0.5 && betterShare <= 1))
    throw new RangeError(`expected a better share 0.5-1, got ${betterShare}`);
  if (!Number.isInteger(trials) || trials < 1) throw new RangeError(`expected trials of at least 1, got ${trials}`);
  const jump = noise === 0 ? 1 : Math.max(POWER.jump, effect);
  const changed = Math.min(1, effect / ((2 * betterShare - 1) * jump));
  const better = changed < 1 ? changed * betterShare : (1 + effect / jump) / 2;
  return { better, worse: changed - better, coin: (1 - changed) * (noise / 0.25), jump };
}

/** Chances of a better and of a worse result with one trial per arm. */
export function singleTrialChances(model: PanelModel): { readonly up: number; readonly down: number } {
  const { better, worse, coin, jump } = sharesOf(model);
  const withChange = ((1 + jump) / 2) ** 2;
  const againstChange = ((1 - jump) / 2) ** 2;
  return {
    up: better * withChange + worse * againstChange + coin / 4,
    down: worse * withChange + better * againstChange + coin / 4,
  };
}

/** Differences of `tasks` tasks drawn from the model. */
export function drawDifferences(model: PanelModel, tasks: number, random: Random): number[] {
  const { better, worse, coin, jump } = sharesOf(model);
  return Array.from({ length: tasks }, () => {
    const kind = random();
    if (kind < better) return drawTask(jump / 2, model.trials, random);
    if (kind < better + worse) return drawTask(-jump / 2, model.trials, random);
    if (kind < better + worse + coin) return drawTask(0, model.trials, random);
    return 0;
  });
}

/** One task whose chance to be won is 1/2 - lift before and 1/2 + lift after. */
function drawTask(lift: number, trials: number, random: Random): number {
  let balance = 0;
  for (let trial = 0; trial < trials; trial++) {
    if (random() < 0.5 + lift) balance += 1;
    if (random() < 0.5 - lift) balance -= 1;
  }
  return balance / trials;
}
