/**
 * One seeded world of a scenario: tasks with chances, edits that move them, and an agent that plays
 * them.
 */
import { type Random, randomOf } from '../../src/digest.ts';
import type { Pair } from '../../src/gate/pairs.ts';
import type { Kind, Year } from './scenario.ts';

/** Tasks from which a true score is computed and fresh panels are drawn. */
const POPULATION = 2000;

/** Tasks whose chance an edit moves, and by how much. */
interface Moves {
  readonly tasks: readonly number[];
  readonly moves: readonly number[];
}

export interface Edit {
  /** What it does on dev. */
  readonly near: Moves;
  /** What it does elsewhere; drawn when somebody asks, because most candidates never leave dev. */
  readonly far: () => Moves;
  /** Number of the latent fix, or -1. */
  readonly fix: number;
}

/** The harness of a world: its chances on dev and elsewhere, and the latent fixes that it holds. */
export interface State {
  readonly near: Float32Array;
  readonly far: () => Float32Array;
  readonly fixes: ReadonlySet<number>;
}

export interface World {
  readonly scenario: Year;
  /** Numbers of the dev tasks: 0 .. dev - 1. */
  readonly dev: readonly number[];
  /** Numbers of the tasks of a look. */
  panel(look: number): readonly number[];
  /** As many tasks that no gate decides on. */
  fresh(number: number): readonly number[];
  readonly start: State;
  /** Mean chance 0-1 that this harness has on the population. */
  truth(state: State): number;
  /**
   * The next proposal for `state`; the same sequence for every gate as long as their states agree.
   */
  propose(state: State, night: number, index: number): Edit;
  apply(state: State, edit: Edit): State;
  /** Reward 0-1 of one trial of task `task`; `at` 0-1 is the time of the night. */
  play(state: State, task: number, at: number, random: Random): number;
  family(task: number): string | undefined;
}

const NOTHING: Moves = { tasks: [], moves: [] };

export function openWorld(scenario: Year, seed: number): World {
  const { dev, sealed, families, agent, checks, drift, fixes } = scenario;
  const total = dev + sealed + POPULATION;
  const random = randomOf('world', scenario.digest, seed);
  const chances = Float32Array.from({ length: total }, () => beta(scenario.chance, random));
  // What a deterministic agent does with a task is settled once: it wins where its chance is above
  // this.
  const bars = Float32Array.from({ length: total }, () => random());
  const familyOf = (task: number) => (families === null ? task : task % families.count);

  const editOf = (of: Kind, fix: number, ...name: (string | number)[]): Edit => {
    const parts = [scenario.digest, seed, ...name];
    if (families === null)
      return {
        fix,
        near: scattered(of, 0, dev, randomOf('near', ...parts)),
        far: () => scattered(of, dev, total, randomOf('far', ...parts)),
      };
    const touched = scattered(of, 0, families.count, randomOf('near', ...parts));
    const spread = (from: number, to: number): Moves => {
      const tasks: number[] = [];
      const moves: number[] = [];
      for (const [at, family] of touched.tasks.entries())
        for (let task = from; task < to; task++)
          if (familyOf(task) === family) {
            tasks.push(task);
            moves.push(touched.moves[at] as number);
          }
      return { tasks, moves };
    };
    return { fix, near: spread(0, dev), far: () => spread(dev, total) };
  };
  const latent = Array.from({ length: fixes?.count ?? 0 }, (_, i) => editOf(fixes as Kind, i, 'fix', i));
  const fresh = (name: string, number: number): number[] => {
    const random = randomOf(name, scenario.digest, seed, number);
    const drawn = new Set<number>();
    while (drawn.size < sealed) drawn.add(dev + sealed + Math.floor(random() * POPULATION));
    return [...drawn];
  };
  const nothing: Edit = { near: NOTHING, far: () => NOTHING, fix: -1 };

  return {
    scenario,
    dev: Array.from({ length: dev }, (_, i) => i),
    panel: (look) =>
      scenario.panel === 'fixed' ? Array.from({ length: sealed }, (_, i) => dev + i) : fresh('panel', look),
    fresh: (number) => fresh('audit', number),
    start: { near: chances.slice(0, dev), far: () => chances.subarray(dev), fixes: new Set() },
    truth(state) {
      const far = state.far();
      let sum = 0;
      for (let task = sealed; task < sealed + POPULATION; task++) sum += clamp(far[task] as number);
      return sum / POPULATION;
    },
    propose(state, night, index) {
      const random = randomOf('proposal', scenario.digest, seed, night, index);
      let kind = random();
      if (fixes !== undefined) {
        const left = latent.filter(({ fix }) => !state.fixes.has(fix));
        kind -= (fixes.share * left.length) / Math.max(1, fixes.count);
        if (kind < 0) return left[Math.floor(random() * left.length)] ?? nothing;
      }
      for (const of of Object.values(scenario.edits)) {
        kind -= of.share;
        if (kind < 0) return editOf(of, -1, night, index);
      }
      return nothing;
    },
    apply: (state, edit) => ({
      near: moved(state.near, edit.near, 0),
      far: once(() => moved(state.far(), edit.far(), dev)),
      fixes: edit.fix < 0 ? state.fixes : new Set([...state.fixes, edit.fix]),
    }),
    play(state, task, at, random) {
      const chance = ((task < dev ? state.near[task] : state.far()[task - dev]) as number) + drift * at;
      if (agent === 'deterministic') return chance > (bars[task] as number) ? 1 : 0;
      let passed = 0;
      for (let check = 0; check < checks; check++) if (random() < chance) passed += 1;
      return passed / checks;
    },
    family: (task) => (families?.declared ? `family-${familyOf(task)}` : undefined),
  };
}

/**
 * A kind of edit on units `from` .. `to` - 1. The gaps between those that it touches are geometric,
 * so that the rest costs nothing.
 */
function scattered(of: Kind, from: number, to: number, random: Random): Moves {
  if (of.touches === 0) return NOTHING;
  const tasks: number[] = [];
  const moves: number[] = [];
  const gap = () => (of.touches === 1 ? 0 : Math.floor(Math.log(1 - random()) / Math.log(1 - of.touches)));
  for (let unit = from + gap(); unit < to; unit += 1 + gap()) {
    tasks.push(unit);
    moves.push(random() < of.against ? -of.moves : of.moves);
  }
  return { tasks, moves };
}

/** `chances` of the tasks from number `first` on, after `edit`. */
function moved(chances: Float32Array, { tasks, moves }: Moves, first: number): Float32Array {
  const next = chances.slice();
  for (const [at, task] of tasks.entries()) next[task - first] = (next[task - first] as number) + (moves[at] as number);
  return next;
}

/** `make` is let go with its first result, and with it the state that it was made from. */
function once<T>(make: () => T): () => T {
  let open: (() => T) | null = make;
  let made: T | undefined;
  return () => {
    if (open !== null) made = open();
    open = null;
    return made as T;
  };
}

const clamp = (chance: number): number => (chance < 0 ? 0 : chance > 1 ? 1 : chance);

/** Beta(a, b) by rejection (Joehnk 1964): quick for a and b up to about 1. */
function beta([a, b]: readonly [number, number], random: Random): number {
  for (;;) {
    const x = random() ** (1 / a);
    const y = random() ** (1 / b);
    if (x + y <= 1 && x + y > 0) return x / (x + y);
  }
}

/** A pair of one task, in the form that the gate takes. */
export const pairOf = (world: World, task: number, before: readonly number[], after: readonly number[]): Pair => {
  const family = world.family(task);
  return { task: `t${task}`, tags: [], before, after, ...(family === undefined ? {} : { family }) };
};
