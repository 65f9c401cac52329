/**
 * The population that a plan assumes: how far tasks differ between two arms when one of them is
 * better by a given effect.
 */
import type { Random } from '../digest.ts';
import { POWER } from './rules.ts';

export interface PanelModel {
  /** True mean difference, 0-1. */
  readonly effect: number;
  /** Trials a task and arm. */
  readonly trials: number;
  /** Mean variance of one trial, E[p(1 - p)], 0-0.25. */
  readonly noise: number;
  /** Of the tasks that change, the share that gets better, above 0.5 and up to 1. */
  readonly betterShare: number;
}

/**
 * Shares of tasks 0-1 that change for the better and for the worse; `coin` are even in both arms,
 * the rest settled.
 */
export interface Shares {
  readonly better: number;
  readonly worse: number;
  readonly coin: number;
  /** By how much the chance to win a changed task moves, 0-1, around one half. */
  readonly jump: number;
}

/**
 * A changed task moves from lost to won or back when there is no noise, else its chance moves by
 * .65 (`docs/gate.md#assumed-population`), or by the whole effect if that is more. A share
 * c = effect / ((2 betterShare - 1) jump) of the tasks changes in the assumed mix; an effect that
 * this mix cannot reach changes every task. Of the others, noise / .25 are coin flips: the mix of
 * settled tasks and coins that has the given noise. Throws RangeError for values out of range.
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

/** Chances that one trial an arm gives a better and a worse result. */
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
