/** A/A: what the gate does when nothing changes, and the tasks it needs to find a change. */
import { pick, type Random, shuffled } from '../digest.ts';
import { leastEnough, mean, variance } from './arithmetic.ts';
import { type Interval, pairedInterval } from './interval.ts';
import { hopelessAt, isBetter } from './keep.ts';
import { isDeterministic, trialNoise } from './noise.ts';
import { type Pair, taskDifferences } from './pairs.ts';
import { releaseProbability } from './power.ts';
import { decideRelease } from './release.ts';
import { POWER, RELEASE } from './rules.ts';

/** One task, played repeatedly by the same harness. */
export interface Rolls {
  readonly task: string;
  readonly family?: string;
  /** Rewards 0-1 of two or more trials, in the order of time. */
  readonly rewards: readonly number[];
  /** What the agent said in each trial, or a digest of it. */
  readonly words: readonly string[];
}

export interface SelfTest {
  readonly tasks: number;
  readonly trials: number;
  /** True if 20 or more tasks have the same words in every trial. */
  readonly deterministic: boolean;
  /** Share of tasks with the same score in all trials. */
  readonly sameScore: number;
  /** Mean variance of one trial within a task, 0-0.5. */
  readonly noise: number;
  /** Correlation of scores within families, -1 to 1; null when no family has two tasks. */
  readonly familyCorrelation: number | null;
  /** Later minus earlier half of the trials, a fraction, with its 95 % interval. */
  readonly drift: Interval & { readonly effect: number };
  /** Share of unchanged candidates that tier 1 would keep. */
  readonly falseKeeps: number;
  /** Share of looks at equal arms that tier 2 would release; above alpha only by chance. */
  readonly falseReleases: number;
  readonly alpha: number;
  /** Sealed tasks with 80 % power for a gain, by trials per task; null above 1,000. */
  readonly needs: readonly { readonly effect: number; readonly trials: number; readonly tasks: number | null }[];
}

const DRAWS = 1000;
const MOST_TASKS = 1000;
export const EFFECTS = [0.05, 0.1, 0.2] as const;

/**
 * Rates from 1,000 draws that deal the trials of each task to two arms: for tier 1 two to the
 * baseline and one to the candidate, for tier 2 half each. Throws RangeError for fewer than two
 * tasks or three trials, and as `assertPairs`.
 */
export function selfTest(rolls: readonly Rolls[], random: Random): SelfTest {
  const trials = Math.min(...rolls.map(({ rewards }) => rewards.length));
  if (rolls.length < 2 || !(trials >= 3))
    throw new RangeError(
      `selfTest: expected two or more tasks of three or more trials, got ${rolls.length} of ${trials}`,
    );
  const rewards = rolls.map((roll) => roll.rewards);
  const halves = rewards.map((task) => {
    const half = task.length >> 1;
    return mean(task.slice(-half)) - mean(task.slice(0, half));
  });
  const noise = trialNoise(rewards);
  return {
    tasks: rolls.length,
    trials,
    deterministic: isDeterministic(rolls.map(({ words }) => words)),
    sameScore: rewards.filter((task) => task.every((reward) => reward === task[0])).length / rewards.length,
    noise,
    familyCorrelation: familyCorrelation(rolls),
    drift: { effect: mean(halves), ...pairedInterval(halves) },
    falseKeeps: rate(() => keeps(deal(rolls, 2, 1, random), random)),
    falseReleases: rate(() => {
      const pairs = shuffled(deal(rolls, trials >> 1, trials >> 1, random), random);
      return decideRelease(pairs, { planned: pairs.length }).decision === 'accepted';
    }),
    alpha: RELEASE.alpha,
    needs: EFFECTS.flatMap((effect) =>
      [1, 2, RELEASE.noisyTrials].map((count) => ({ effect, trials: count, tasks: tasksNeeded(effect, count, noise) })),
    ),
  };
}

const rate = (happens: () => boolean): number => {
  let count = 0;
  for (let draw = 0; draw < DRAWS; draw++) if (happens()) count += 1;
  return count / DRAWS;
};

/**
 * Share of looks that an order with the same arm always first would release, of equal arms: the
 * tasks are drawn again, and what was played second counts as the candidate.
 */
export function fixedReleases(pairs: readonly Pair[], random: Random): number {
  const fixed = pairs.map(({ before, after, order = '' }) => {
    const rows = [...order].map((first, trial) => {
      const rewards = [before[trial] as number, after[trial] as number] as const;
      return first === 'b' ? rewards : ([rewards[1], rewards[0]] as const);
    });
    return { before: rows.map(([first]) => first), after: rows.map(([, second]) => second) };
  });
  return rate(() => {
    const drawn = fixed.map((_, index) => ({ task: `${index}`, tags: [], ...pick(fixed, random) }));
    return decideRelease(drawn, { planned: drawn.length }).decision === 'accepted';
  });
}

/** Deals the trials of every task at random to two arms. */
function deal(rolls: readonly Rolls[], before: number, after: number, random: Random): Pair[] {
  return rolls.map(({ task, family, rewards }) => {
    const dealt = shuffled(rewards, random);
    const arms = { before: dealt.slice(0, before), after: dealt.slice(before, before + after) };
    return { task, tags: [], ...(family === undefined ? {} : { family }), ...arms };
  });
}

/** True if a race in random order would keep these pairs. */
function keeps(pairs: readonly Pair[], random: Random): boolean {
  const order = shuffled(pairs, random);
  const differences = taskDifferences(order);
  return hopelessAt(differences.slice(0, -1)) === null && isBetter(order);
}

/**
 * ICC(1) of the tasks' mean rewards, (B - W) / (B + (m - 1) W): B, W are mean squares between and
 * within families, m the corrected mean family size (Shrout & Fleiss 1979; Donner 1986).
 */
function familyCorrelation(rolls: readonly Rolls[]): number | null {
  const families = new Map<string, number[]>();
  for (const { task, family = task, rewards } of rolls)
    families.set(family, [...(families.get(family) ?? []), mean(rewards)]);
  const groups = [...families.values()].filter((scores) => scores.length > 1);
  const scores = groups.flat();
  if (groups.length < 2) return null;
  const center = mean(scores);
  const between =
    groups.reduce((sum, group) => sum + group.length * (mean(group) - center) ** 2, 0) / (groups.length - 1);
  const within =
    groups.reduce((sum, group) => sum + (group.length - 1) * variance(group), 0) / (scores.length - groups.length);
  const squares = groups.reduce((sum, group) => sum + group.length ** 2, 0);
  const size = (scores.length - squares / scores.length) / (groups.length - 1);
  const total = between + (size - 1) * within;
  return total === 0 ? null : (between - within) / total;
}

/** Fewest sealed tasks with 80 % power; null above 1,000. */
export function tasksNeeded(effect: number, trials: number, noise: number): number | null {
  const enough = (tasks: number) =>
    releaseProbability({ tasks, trials, effect, noise: Math.min(0.25, noise) }) >= POWER.planned;
  if (!enough(MOST_TASKS)) return null;
  return leastEnough(5, MOST_TASKS, enough);
}
