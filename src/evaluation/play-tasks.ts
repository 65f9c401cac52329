/** Plays a list of rollouts, several at a time, and reports progress. */
import type { Trace } from '../types.ts';
import type { Evaluator, Rollout } from './evaluator.ts';
import { mapPool } from './pool.ts';

/** Reports that `done` of `total` rollouts are played. */
type OnPlayed = (done: number, total: number) => void;

/** Traces in the order of `rollouts`. Throws like `Evaluator.play` and `mapPool`. */
export function playTasks(
  evaluator: Evaluator,
  rollouts: readonly Rollout[],
  onPlayed: OnPlayed = () => {},
): Promise<Trace[]> {
  const { concurrency, signal } = evaluator.options;
  let done = 0;
  const play = async (rollout: Rollout) => {
    const trace = await evaluator.play(rollout);
    done += 1;
    onPlayed(done, rollouts.length);
    return trace;
  };
  return mapPool(rollouts, concurrency, play, signal);
}
