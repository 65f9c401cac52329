/** The order of the arms: a fair coin per task, balanced inside a task that has several trials. */
import { sha256 } from '../digest.ts';
import { rounded } from './arithmetic.ts';
import { type Interval, pairedInterval, waldPlusTwo } from './interval.ts';
import type { Pair } from './pairs.ts';

/** What fixes all coins of a comparison before anything is played. */
export interface OrderKey {
  /** `LookPlan.head`: the chain before the run; null for none. */
  readonly head: string | null;
  /** Digest of the tasks. */
  readonly panel: string;
  /** Number of the look at the panel; 0 for what is no look. */
  readonly look: number;
  /** Harness ids, the release in force first. */
  readonly arms: readonly string[];
}

/**
 * Per trial the arms, as indices, in the order of play. Trials are ranked by hash; of two that are
 * neighbours in rank, the second plays the first one's order backwards. With one trial the order is
 * a fair coin, and nothing is balanced across tasks (`docs/gate.md#the-order-of-the-arms`).
 */
export function armOrder({ head, panel, look, arms }: OrderKey, task: string, trials: number): number[][] {
  const hash = (...parts: readonly (string | number)[]) =>
    sha256(['arm order', head ?? '', panel, look, ...arms, task, ...parts].join('\n'));
  const rows: number[][] = [];
  byHash(trials, (trial) => hash('trial', trial)).forEach((trial, rank) => {
    const order = byHash(arms.length, (arm) => hash(rank >> 1, arm));
    rows[trial] = rank % 2 === 0 ? order : order.reverse();
  });
  return rows;
}

/** 0 .. count - 1, by hash. */
function byHash(count: number, hash: (index: number) => string): number[] {
  const hashes = Array.from({ length: count }, (_, index) => hash(index));
  return [...hashes.keys()].sort((a, b) => ((hashes[a] as string) < (hashes[b] as string) ? -1 : 1));
}

/** The order of two arms as a record holds it: per trial `b` or `a`, for before or after first. */
export const orderText = (rows: readonly (readonly number[])[]): string =>
  rows.map(([first]) => (first === 0 ? 'b' : 'a')).join('');

export interface OrderEffects {
  /** Mean of second minus first, whichever arm it was, -1 to 1, with its 95 % interval. */
  readonly place: Interval & { readonly effect: number };
  /**
   * z of the mean of s (before + after) / 2, s = 1 where the candidate played second and else -1.
   * Above 0, a run plays worse behind the candidate than behind the release.
   */
  readonly carryZ: number;
}

/** z from which a look is refused: a chance of 1 in 200 where nothing carries over. */
export const CARRY_Z = 2.6;

/** Null unless every pair holds its order. */
export function orderEffects(pairs: readonly Pair[]): OrderEffects | null {
  const places: number[] = [];
  const carries: number[] = [];
  for (const { before, after, order } of pairs) {
    if (order === undefined || order.length !== before.length || before.length !== after.length) return null;
    let place = 0;
    let carry = 0;
    for (let trial = 0; trial < order.length; trial++) {
      const [b, a] = [before[trial] as number, after[trial] as number];
      const sign = order[trial] === 'b' ? 1 : -1;
      place += sign * (a - b);
      carry += (sign * (a + b)) / 2;
    }
    places.push(place / order.length);
    carries.push(carry / order.length);
  }
  if (places.length === 0) return null;
  const { center, error } = waldPlusTwo(carries);
  const effect = rounded(places.reduce((sum, place) => sum + place, 0) / places.length);
  return { place: { effect, ...pairedInterval(places) }, carryZ: rounded(center / error) };
}
