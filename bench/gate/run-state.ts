/** A simulated year as a gate sees it, and what every gate does with it. */
import { type Random, randomOf } from '../../src/digest.ts';
import { mean } from '../../src/gate/arithmetic.ts';
import { scoreInterval } from '../../src/gate/interval.ts';
import type { State, World } from './world.ts';

/** What a simulated year has so far; gates change it night by night. */
export interface Run {
  readonly world: World;
  readonly random: Random;
  /** Tasks that rules with one tier decide on. */
  readonly tasks: readonly number[];
  /** In force: what a user has. */
  release: State;
  /** What the next proposal builds on. */
  head: State;
  night: number;
  rollouts: number;
  /** Accepted changes of what is in force, and those of them that made it worse or no better. */
  accepted: number;
  useless: number;
  looks: number;
  looksOnPanel: number;
  looksSinceRelease: number;
  /**
   * Sum of alpha over all looks at branches that were no better: the bound on the expected number
   * of false releases.
   */
  spentOnNulls: number;
  /** Score that the gate believes in, 0-1. */
  reported: number;
  /** Stored scores of gates that keep them over nights. */
  stored: readonly number[] | null;
  /** Dev tasks after which candidates were given up. */
  readonly stops: number[];
  /** Sealed effects of what was released, and the true ones. */
  readonly effects: { readonly sealed: number; readonly truth: number }[];
  /** Scores on fresh tasks, with their interval and the true score. */
  readonly published: { readonly score: number; readonly low: number; readonly high: number; readonly truth: number }[];
}

export interface Gate {
  readonly name: string;
  /** Decides on dev and sealed tasks alike. @default false */
  readonly allTasks?: boolean;
  night(run: Run): void;
}

export function startRun(world: World, seed: number, gate: Gate): Run {
  const { start, dev, scenario } = world;
  const all = dev.length + scenario.sealed;
  return {
    world,
    random: randomOf('run', scenario.digest, seed, gate.name),
    tasks: gate.allTasks ? Array.from({ length: all }, (_, task) => task) : dev,
    release: start,
    head: start,
    night: 0,
    rollouts: 0,
    accepted: 0,
    useless: 0,
    looks: 0,
    looksOnPanel: 0,
    looksSinceRelease: 0,
    spentOnNulls: 0,
    reported: 0,
    stored: null,
    stops: [],
    effects: [],
    published: [],
  };
}

/** `trials` rewards of each task, all at time `at` of the night. */
export function roll(run: Run, state: State, tasks: readonly number[], trials: number, at = 0): number[][] {
  run.rollouts += tasks.length * trials;
  return tasks.map((task) => Array.from({ length: trials }, () => run.world.play(state, task, at, run.random)));
}

export const meansOf = (rewards: readonly (readonly number[])[]): number[] => rewards.map(mean);

export function accept(run: Run, state: State): void {
  run.accepted += 1;
  if (run.world.truth(state) <= run.world.truth(run.release)) run.useless += 1;
  run.release = state;
  run.head = state;
}

/** Scores what is in force on tasks that nobody has seen: the only figure that is published. */
export function publish(run: Run, trials: number): void {
  const tasks = run.world.fresh(run.published.length);
  const { score, low, high } = scoreInterval(roll(run, run.release, tasks, trials));
  run.published.push({ score, low, high, truth: run.world.truth(run.release) });
}
