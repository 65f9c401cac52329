/** Compares two ways of playing on the tasks that both played. */
import { mean } from '../gate/arithmetic.ts';
import { pairedInterval } from '../gate/interval.ts';
import { type Pair, pairDifferences, pairOf } from '../gate/pairs.ts';
import type { Task } from '../types.ts';

/** Rewards of all trials by task. */
export type Rewards = ReadonlyMap<string, readonly number[]>;

export const pairsOf = (tasks: readonly Task[], before: Rewards, after: Rewards): Pair[] =>
  tasks.flatMap((task) => {
    const [b, a] = [before.get(task.id), after.get(task.id)];
    return b === undefined || a === undefined ? [] : [pairOf(task, { before: b, after: a })];
  });

/** Mean difference with its 95 % interval, fractions. */
export interface Advantage {
  readonly effect: number;
  readonly low: number;
  readonly high: number;
}

/** Advantage of `after` over `before`; null when no task was played by both. */
export function advantageOf(tasks: readonly Task[], before: Rewards, after: Rewards): Advantage | null {
  const pairs = pairsOf(tasks, before, after);
  if (pairs.length === 0) return null;
  const differences = pairDifferences(pairs);
  return { effect: mean(differences), ...pairedInterval(differences) };
}
