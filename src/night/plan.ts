/** What a night would cost and which effect it could detect, before anything is spent. */
import { detectableEffect } from '../gate/power.ts';
import { RELEASE } from '../gate/rules.ts';
import type { Task } from '../types.ts';
import { type NightOptions, PAID_SAMPLE } from './night.ts';

export interface Plan {
  readonly tasks: { readonly train: number; readonly dev: number; readonly sealed: number };
  /** The most trials a task and arm on the sealed panel. */
  readonly trials: number;
  /** Rollouts: at least, to decide about one candidate; at most, if every candidate plays all of dev. */
  readonly rollouts: { readonly least: number; readonly expected: number; readonly most: number };
  /** Smallest true gain on the sealed panel that is released with 80 % power; a fraction. */
  readonly detectable: number;
  /** The same if the agent repeats itself: one trial a task. */
  readonly detectableDeterministic: number;
  /** Why the night is refused; null when it can decide something. */
  readonly refusal: string | null;
}

/** Mean share of dev that a candidate plays before it is stopped or kept, from the gate's simulations. */
const EXPECTED_RACE = 0.4;
/** Rounds of learning that a night may take; see `optimize.ts`. */
const ROUNDS = 3;

export function planNight(input: { options: NightOptions; tasks: readonly Task[]; simulated: boolean }): Plan {
  const { options, tasks, simulated } = input;
  const count = (split: Task['split']) => tasks.filter((task) => task.split === split).length;
  const [train, dev, sealed] = [count('train'), count('dev'), count('sealed')];
  const learnt = simulated ? train : Math.min(train, PAID_SAMPLE);
  const trials = RELEASE.noisyTrials;
  const bank = simulated ? dev : 2 * dev;
  const look = 2 * trials * sealed;
  const least = learnt + bank + dev + look;
  const most = ROUNDS * learnt + 2 * bank + options.budget * dev + look;
  const expected = 2 * learnt + bank + Math.round(options.budget * dev * EXPECTED_RACE) + look;
  return {
    tasks: { train, dev, sealed },
    trials,
    rollouts: { least, expected: Math.min(expected, most), most },
    detectable: sealed > 0 ? detectableEffect({ tasks: sealed, trials }) : Number.POSITIVE_INFINITY,
    detectableDeterministic: sealed > 0 ? detectableEffect({ tasks: sealed, trials: 1 }) : Number.POSITIVE_INFINITY,
    refusal: refusalOf(options, least),
  };
}

function refusalOf({ budget, maxRollouts, maxMinutes, maxUsd }: NightOptions, least: number): string | null {
  if (budget < 1)
    return 'a budget of 0 candidates evaluates nothing, so nothing can be decided; use --budget 1 or more';
  if (maxRollouts < least)
    return `--max-rollouts ${maxRollouts} cannot decide anything: training, the dev baseline, one candidate and one look at the sealed panel need ${least}`;
  if (maxMinutes <= 0) return '--max-minutes 0 leaves no time to decide anything';
  if (maxUsd <= 0) return '--max-usd 0 allows no model call';
  return null;
}
