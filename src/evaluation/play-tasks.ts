/** Plays rollouts, several at a time, and reports progress. */
import type { Trace } from '../types.ts';
import type { Evaluator, Rollout } from './evaluator.ts';
import { mapPool } from './pool.ts';

/** Called when `done` of `total` items are played. */
type OnPlayed = (done: number, total: number) => void;

/** Results in the order of `items`. Throws as `play` and `mapPool` do. */
export function playEach<T, R>(
  { concurrency, signal }: Pick<Evaluator['options'], 'concurrency' | 'signal'>,
  items: readonly T[],
  play: (item: T) => Promise<R>,
  onPlayed: OnPlayed,
): Promise<R[]> {
  let done = 0;
  const one = async (item: T) => {
    const result = await play(item);
    done += 1;
    onPlayed(done, items.length);
    return result;
  };
  return mapPool(items, concurrency, one, signal);
}

/** Traces in the order of `rollouts`. Throws as `Evaluator.play` and `mapPool` do. */
export const playTasks = (
  evaluator: Evaluator,
  rollouts: readonly Rollout[],
  onPlayed: OnPlayed = () => {},
): Promise<Trace[]> => playEach(evaluator.options, rollouts, (rollout) => evaluator.play(rollout), onPlayed);
