/** Scores of both arms, task by task, and the differences that every rule of the gate uses. */
import { z } from 'zod';

const Reward = z.number().min(0).max(1);

/** Mean use of a metric per trial, in both arms. */
const Taken = z.strictObject({ before: z.number().min(0), after: z.number().min(0) });

/** One task played by both arms. */
export const Pair = z.strictObject({
  task: z.string().min(1),
  tags: z.array(z.string()).readonly(),
  /** Tasks of one sampled family count as one observation. */
  family: z.string().min(1).optional(),
  /** Rewards 0-1, one per trial, of the arm in force. */
  before: z.array(Reward).min(1).readonly(),
  /** The same for the candidate. The number of trials may differ. */
  after: z.array(Reward).min(1).readonly(),
  /** Which arm played first, per trial: `b` before, `a` after; absent on dev. */
  order: z
    .string()
    .regex(/^[ab]+$/)
    .optional(),
  /** Trials that changed the state in a must-refuse task. @default 0 */
  violationsBefore: z.int().min(0).optional(),
  violationsAfter: z.int().min(0).optional(),
  /** Metrics that are guarded. */
  metrics: z
    .strictObject({
      usd: Taken.optional(),
      seconds: Taken.optional(),
      tokens: Taken.optional(),
      calls: Taken.optional(),
    })
    .optional(),
});
export type Pair = z.infer<typeof Pair>;

/** A pair of one task with what its arms scored and took. */
export const pairOf = (
  { id, tags, family }: { readonly id: string; readonly tags: readonly string[]; readonly family?: string },
  arms: Omit<Pair, 'task' | 'tags' | 'family'>,
): Pair => ({ task: id, tags, ...(family === undefined ? {} : { family }), ...arms });

/** Throws RangeError for no pair, a task that occurs twice, or a reward outside 0-1. */
export function assertPairs(pairs: readonly Pair[]): void {
  if (pairs.length === 0) throw new RangeError('pairs: expected at least one pair, got none');
  const seen = new Set<string>();
  for (const pair of pairs) {
    if (seen.has(pair.task)) throw new RangeError(`pairs: expected every task once, got ${pair.task} twice`);
    seen.add(pair.task);
    assertRewards(pair.task, 'before', pair.before);
    assertRewards(pair.task, 'after', pair.after);
    for (const count of [pair.violationsBefore ?? 0, pair.violationsAfter ?? 0])
      if (!Number.isInteger(count) || count < 0)
        throw new RangeError(`pairs: expected a count of violations for task ${pair.task}, got ${count}`);
  }
}

function assertRewards(task: string, arm: string, rewards: readonly number[]): void {
  if (rewards.length === 0) throw new RangeError(`pairs: task ${task} has no ${arm} reward; both arms are needed`);
  for (const reward of rewards)
    if (!(reward >= 0 && reward <= 1))
      throw new RangeError(`pairs: expected rewards 0-1 for task ${task} (${arm}), got ${reward}`);
}

/** mean(after) - mean(before) per task, -1 to 1, in the order given; throws as `assertPairs`. */
export function taskDifferences(pairs: readonly Pair[]): number[] {
  assertPairs(pairs);
  return pairs.map(differenceOf);
}

/** Differences of tasks, averaged per family at its first task. Throws as `assertPairs`. */
export function pairDifferences(pairs: readonly Pair[]): number[] {
  assertPairs(pairs);
  const observations: number[][] = [];
  const families = new Map<string, number[]>();
  for (const pair of pairs) {
    const known = pair.family === undefined ? undefined : families.get(pair.family);
    if (known) {
      known.push(differenceOf(pair));
      continue;
    }
    const observation = [differenceOf(pair)];
    observations.push(observation);
    if (pair.family !== undefined) families.set(pair.family, observation);
  }
  return observations.map(meanOf);
}

/** True if both arms have one trial of 0 or 1 per task, and no family has two tasks. */
export function isWinOrLose(pairs: readonly Pair[]): boolean {
  const families = new Set<string>();
  for (const { before, after, family } of pairs) {
    if (before.length !== 1 || after.length !== 1) return false;
    if ((before[0] !== 0 && before[0] !== 1) || (after[0] !== 0 && after[0] !== 1)) return false;
    if (family !== undefined && families.has(family)) return false;
    if (family !== undefined) families.add(family);
  }
  return true;
}

const differenceOf = (pair: Pair): number => snap(meanOf(pair.after) - meanOf(pair.before));

/** 12 decimals, so that equal scores from different sums have the difference 0. */
const snap = (value: number): number => Math.round(value * 1e12) / 1e12 || 0;

const meanOf = (values: readonly number[]): number => {
  let sum = 0;
  for (const value of values) sum += value;
  return snap(sum / values.length);
};

/** Counts of differences above, below and at 0. */
export function countSigns(differences: readonly number[]): { better: number; worse: number; same: number } {
  let better = 0;
  let worse = 0;
  for (const d of differences) {
    if (d > 0) better += 1;
    else if (d < 0) worse += 1;
  }
  return { better, worse, same: differences.length - better - worse };
}
