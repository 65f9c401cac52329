/**
 * Small populations of paired tasks with a known true effect, for testing the gate: `(random) ->
 * pairs` of one night.
 */
import { pick, type Random } from '../../src/digest.ts';
import type { Pair } from '../../src/gate/pairs.ts';
import type { Looks } from './scenario.ts';

export interface World {
  readonly name: string;
  /** True mean difference of its tasks. */
  readonly effect: number;
  readonly tasks: number;
  readonly night: (random: Random) => Pair[];
}

/** Chances to win a task, crowded at both ends: mean .55, mean variance of one trial .11. */
const CHANCES = [0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.97, 0.98] as const;

function play(chance: number, trials: number, random: Random): number[] {
  return Array.from({ length: trials }, () => (random() < chance ? 1 : 0));
}

const pairOf = (index: number, before: readonly number[], after: readonly number[], family?: string): Pair => ({
  task: `task-${index}`,
  tags: [],
  before,
  after,
  ...(family === undefined ? {} : { family }),
});

const pairsOf = (tasks: number, one: (index: number) => Pair): Pair[] =>
  Array.from({ length: tasks }, (_, i) => one(i));

/** A deterministic agent and an edit that turns 30 % of the tasks, either way alike. */
export const flips = (tasks: number): World => ({
  name: `deterministic, 30 % of ${tasks} tasks flip`,
  effect: 0,
  tasks,
  night: (random) =>
    pairsOf(tasks, (index) => {
      const before = random() < 0.5 ? 1 : 0;
      return pairOf(index, [before], [random() < 0.3 ? 1 - before : before]);
    }),
});

/** An edit that changes nothing, played by a noisy agent. */
export const noise = (tasks: number, trials: number): World => ({
  name: `noisy, ${tasks} tasks x ${trials}`,
  effect: 0,
  tasks,
  night: (random) =>
    pairsOf(tasks, (index) => {
      const chance = pick(CHANCES, random);
      return pairOf(index, play(chance, trials, random), play(chance, trials, random));
    }),
});

/** Half of the tasks gain 40 points, half lose them. */
export const halves = (tasks: number, trials: number): World => ({
  name: `half +40, half -40, ${tasks} tasks x ${trials}`,
  effect: 0,
  tasks,
  night: (random) =>
    pairsOf(tasks, (index) => {
      const gain = random() < 0.5 ? 0.2 : -0.2;
      return pairOf(index, play(0.5 - gain, trials, random), play(0.5 + gain, trials, random));
    }),
});

/**
 * Fractional scores: 19 of 20 tasks gain a little, one loses everything; the mean is 0 and the sign
 * test would be fooled.
 */
export const catastrophe = (tasks: number): World => ({
  name: `rare catastrophe, ${tasks} tasks`,
  effect: 0,
  tasks,
  night: (random) => pairsOf(tasks, (index) => pairOf(index, [0.95], [random() < 0.05 ? 0 : 1])),
});

/** Families of five tasks that change together: 30 % of the families, either way alike. */
export const families = (count: number, declared: boolean): World => ({
  name: `${count} families of five, ${declared ? 'declared' : 'not declared'}`,
  effect: 0,
  tasks: count * 5,
  night: (random) => {
    const changes = Array.from({ length: count }, () => (random() < 0.3 ? (random() < 0.5 ? 1 : -1) : 0));
    return pairsOf(count * 5, (index) => {
      const family = index % count;
      const change = changes[family] as number;
      const before = change === 0 ? (random() < 0.5 ? 1 : 0) : change > 0 ? 0 : 1;
      return pairOf(index, [before], [before + change], declared ? `family-${family}` : undefined);
    });
  },
});

/**
 * An agent whose chances rise or fall by 30 points over the night, the same in both arms, which are
 * played side by side.
 */
export const drift = (tasks: number, trials: number): World => ({
  name: `drift of 30 points, interleaved, ${tasks} tasks x ${trials}`,
  effect: 0,
  tasks,
  night: (random) => {
    const slope = random() < 0.5 ? 0.3 : -0.3;
    return pairsOf(tasks, (index) => {
      const chance = pick(CHANCES, random) + (slope * index) / tasks;
      return pairOf(index, play(chance, trials, random), play(chance, trials, random));
    });
  },
});

/**
 * The same agent, 5 points better when the second arm is played after the first one: what
 * interleaving is for.
 */
export const bankFirst = (tasks: number, trials: number): World => ({
  name: `drift of 5 points, one arm first, ${tasks} tasks x ${trials}`,
  effect: 0,
  tasks,
  night: (random) =>
    pairsOf(tasks, (index) => {
      const chance = pick(CHANCES, random);
      return pairOf(index, play(chance, trials, random), play(chance + 0.05, trials, random));
    }),
});

/**
 * A true effect 0 to .6: of the tasks that change from lost to won or back, `betterShare` (above
 * .5) get better.
 */
export const better = (tasks: number, trials: number, effect: number, betterShare = 0.8): World => ({
  name: `${effect * 100} points, ${tasks} tasks x ${trials}${betterShare === 0.8 ? '' : `, ${100 * betterShare} % of the changes better`}`,
  effect,
  tasks,
  night: (random) =>
    pairsOf(tasks, (index) => {
      const kind = random();
      const changed = effect / (2 * betterShare - 1);
      const low = trials === 1 ? 0 : 0.15;
      const share = changed / (1 - 2 * low);
      if (kind < betterShare * share) return pairOf(index, play(low, trials, random), play(1 - low, trials, random));
      if (kind < share) return pairOf(index, play(1 - low, trials, random), play(low, trials, random));
      const chance = trials === 1 ? Math.round(random()) : pick(CHANCES, random);
      return pairOf(index, play(chance, trials, random), play(chance, trials, random));
    }),
});

/** The worlds of a scenario of kind `looks`, one for each of its effects. */
export function worldsOf({ population, tasks, trials, effects, betterShare }: Looks): World[] {
  const families5 = Math.round(tasks / 5);
  const nulls: Record<Exclude<Looks['population'], 'better'>, () => World> = {
    flips: () => flips(tasks),
    noise: () => noise(tasks, trials),
    halves: () => halves(tasks, trials),
    catastrophe: () => catastrophe(tasks),
    families: () => families(families5, true),
    undeclared: () => families(families5, false),
    drift: () => drift(tasks, trials),
    'bank-first': () => bankFirst(tasks, trials),
  };
  return population === 'better'
    ? effects.map((effect) => better(tasks, trials, effect, betterShare))
    : [nulls[population]()];
}

/** The same night with the arms exchanged. */
export const swapped = (pairs: readonly Pair[]): Pair[] =>
  pairs.map((pair) => ({ ...pair, before: pair.after, after: pair.before }));
