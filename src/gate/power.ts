/** Chance that a look releases: for a plan, and predicted from dev. */
import { canonicalJson, randomOf } from '../digest.ts';
import { leastEnough, mean, variance } from './arithmetic.ts';
import { drawDifferences, type PanelModel, singleTrialChances } from './model-panel.ts';
import { KEEP, POWER, RELEASE } from './rules.ts';
import { signTest } from './sign.ts';
import { runTest } from './statistic.ts';

export interface PlanQuestion {
  /** Tasks of the panel. */
  readonly tasks: number;
  /** Trials per task and arm; one trial means win-or-lose tasks and the sign test. */
  readonly trials: number;
  /** @default 0.02 */
  readonly alpha?: number;
  /** E[p(1 - p)] of one trial, 0-0.25. @default 0 for one trial, else 0.12 */
  readonly noise?: number;
  /** Share of the changed tasks that get better. @default 0.8 */
  readonly betterShare?: number;
}

/**
 * Probability 0-1 that a complete panel releases at a true effect 0-1, guards apart. Exact for one
 * trial, else 400 seeded simulations (error about 2 points).
 */
export function releaseProbability(question: PlanQuestion & { readonly effect: number }): number {
  const { tasks, trials, alpha = RELEASE.alpha } = question;
  if (!Number.isInteger(tasks) || tasks < 1) throw new RangeError(`expected a number of tasks, got ${tasks}`);
  const model: PanelModel = {
    effect: question.effect,
    trials,
    noise: question.noise ?? (trials === 1 ? 0 : POWER.trialNoise),
    betterShare: question.betterShare ?? POWER.betterShare,
  };
  if (trials === 1) return signPower(singleTrialChances(model), tasks, alpha);
  // The seed holds no part of the effect: common draws keep the power monotone enough to search.
  const random = randomOf('gate plan', tasks, trials);
  let released = 0;
  for (let draw = 0; draw < POWER.draws; draw++)
    if (runTest(drawDifferences(model, tasks, random), 'star', alpha).passed) released += 1;
  return released / POWER.draws;
}

/** Sum over m differing tasks of P(m) P(enough are better); `up`, `down`: a task's chances. */
function signPower({ up, down }: { up: number; down: number }, tasks: number, alpha: number): number {
  const differs = up + down;
  if (differs === 0) return 0;
  const counts = binomial(tasks, Math.min(1, differs));
  let power = 0;
  for (let m = 1; m <= tasks; m++) {
    const chance = counts[m] as number;
    if (chance < 1e-12) continue;
    const wins = binomial(m, up / differs);
    for (let b = m; 2 * b > m && signTest(b, m - b) <= alpha; b--) power += chance * (wins[b] as number);
  }
  return Math.min(1, power);
}

/** P(Bin(n, p) = k) for k = 0..n, by ratios from the mode, so that nothing underflows. */
function binomial(n: number, p: number): number[] {
  const values = new Array<number>(n + 1).fill(0);
  const mode = Math.min(n, Math.floor((n + 1) * p));
  values[mode] = 1;
  if (p > 0 && p < 1) {
    const odds = p / (1 - p);
    for (let k = mode; k < n; k++) values[k + 1] = ((values[k] as number) * (n - k) * odds) / (k + 1);
    for (let k = mode; k > 0; k--) values[k - 1] = ((values[k] as number) * k) / ((n - k + 1) * odds);
  }
  const total = values.reduce((sum, value) => sum + value, 0);
  return values.map((value) => value / total);
}

/** Smallest effect 0-1 with 80 % power, in steps of half a point; Infinity when none has it. */
export function detectableEffect(question: PlanQuestion): number {
  const steps = 200;
  const enough = (step: number) => releaseProbability({ ...question, effect: step / steps }) >= POWER.planned;
  if (!enough(steps)) return Infinity;
  return leastEnough(0, steps, enough) / steps;
}

export interface Prediction {
  /** Branch minus release on dev, one per task (`pairDifferences`). */
  readonly differences: readonly number[];
  /** Tasks of the sealed panel. */
  readonly tasks: number;
  /** Trials per task and arm there. */
  readonly trials: number;
  /** @default 0.02 */
  readonly alpha?: number;
  /** True if the sealed tasks are won or lost in one trial: sign test. */
  readonly binary: boolean;
  /** Trials per task of the two dev arms. @default {before: 2, after: 1} */
  readonly devTrials?: { readonly before: number; readonly after: number };
  /** E[p(1 - p)] of one trial. @default 0.12; not used for one trial on the panel */
  readonly noise?: number;
}

/**
 * Probability 0-1 that the sealed panel releases, predicted from dev. Exact for the sign test; else
 * 400 panels drawn from the dev differences with replacement meet the real rule (100 if these are
 * five standard errors from `minPredicted` and `enough`). Seeded by its arguments; 0 for a dev mean
 * <= 0. Throws RangeError for no difference or one outside -1..1. Two corrections:
 * - Shrinkage: dev chose the branch, so its mean m is too high. Each drawn difference changes its
 *   sign with probability (1 - s) / 2, s = max(0, 1 - se^2 / m^2) (James & Stein 1961): the mean
 *   becomes s m and the noise stays.
 * - Noise: more trials make a sealed task less noisy than a dev task. Differences move towards m
 *   until their variance has noise (1/before + 1/after) less and noise 2/trials more, but keeps at
 *   least half: arms on common seeds share some noise, which must not be removed twice.
 */
export function predictedPower(prediction: Prediction): number {
  const { differences, tasks, trials, alpha = RELEASE.alpha, binary } = prediction;
  if (differences.length === 0) throw new RangeError('predictedPower: expected at least one difference, got none');
  for (const d of differences)
    if (!(d >= -1 && d <= 1)) throw new RangeError(`predictedPower: expected differences -1..1, got ${d}`);
  const center = mean(differences);
  if (center <= 0) return 0;
  const spread = variance(differences);
  const error2 = Math.max(spread, KEEP.varianceFloor) / differences.length;
  const flip = (1 - Math.max(0, 1 - error2 / (center * center))) / 2;
  const narrow = trials > 1 && spread > 0 ? narrowing(spread, prediction) : 1;

  if (binary) {
    const share = (sign: 1 | -1) => mean(differences.map((d) => Math.max(0, sign * d)));
    const [up, down] = [share(1), share(-1)];
    return signPower({ up: (1 - flip) * up + flip * down, down: (1 - flip) * down + flip * up }, tasks, alpha);
  }
  const random = randomOf('gate power', canonicalJson(prediction));
  const drawOne = (): number => {
    const d = differences[Math.floor(random() * differences.length)] as number;
    const value = center + narrow * (d - center);
    return random() < flip ? -value : value;
  };
  const panel = new Array<number>(tasks);
  let released = 0;
  for (let draw = 1; draw <= POWER.draws; draw++) {
    for (let task = 0; task < tasks; task++) panel[task] = drawOne();
    if (runTest(panel, 'star', alpha).passed) released += 1;
    if (draw === POWER.firstDraws && isSettled(released / draw, draw)) return released / draw;
  }
  return released / POWER.draws;
}

/** True if `share` of the draws is clearly on one side of both deciding powers. */
function isSettled(share: number, draws: number): boolean {
  const error = Math.sqrt(Math.max(share * (1 - share), 0.01) / draws);
  return [POWER.minPredicted, POWER.enough].every((limit) => Math.abs(share - limit) > 5 * error);
}

/**
 * Trials per task and arm for a look: the fewest of 1, 2 and `most` with 90 % predicted power, else
 * `most`. Only dev decides, before the panel is touched, so any number keeps alpha.
 */
export function chooseTrials(
  prediction: Omit<Prediction, 'trials'>,
  most: number,
): { readonly trials: number; readonly power: number } {
  let chosen = { trials: most, power: 0 };
  for (const trials of [1, 2, most].filter((count, i, all) => count <= most && all.indexOf(count) === i)) {
    chosen = { trials, power: predictedPower({ ...prediction, trials, binary: prediction.binary && trials === 1 }) };
    if (chosen.power >= POWER.enough) break;
  }
  return chosen;
}

/** Factor on the distance from the mean that gives dev differences a sealed one's variance. */
function narrowing(spread: number, { trials, noise = POWER.trialNoise, devTrials }: Prediction): number {
  const { before, after } = devTrials ?? { before: 2, after: 1 };
  const between = Math.max(0, spread - noise * (1 / before + 1 / after));
  const share = (between + (2 * noise) / trials) / spread;
  return Math.sqrt(Math.min(1, Math.max(POWER.minSpread, share)));
}
