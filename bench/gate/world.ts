/** One seeded world of a scenario: tasks with chances, edits that move them, and an agent that plays them. */
import { type Random, randomOf } from '../../src/digest.ts';
import type { Pair } from '../../src/gate/pairs.ts';
import type { Kind, NamedScenario } from './scenario.ts';

/** Tasks from which a true score is computed and fresh panels are drawn. */
const POPULATION = 2000;

/** What an edit does: the tasks whose chance it moves, and by how much. */
export interface Edit {
  readonly tasks: readonly number[];
  readonly moves: readonly number[];
  /** Number of the latent fix, or -1. */
  readonly fix: number;
}

/** The harness of a world: its chances, and the latent fixes that it holds. */
export interface State {
  readonly chances: Float32Array;
  readonly fixes: ReadonlySet<number>;
}

export interface World {
  readonly scenario: NamedScenario;
  /** Numbers of the dev tasks. */
  readonly dev: readonly number[];
  /** Numbers of the tasks of a look. */
  panel(look: number): readonly number[];
  readonly start: State;
  /** Mean reward 0-1 that this harness has on the population. */
  truth(state: State): number;
  /** The next proposal for `state`; the same sequence for every gate as long as their states agree. */
  propose(state: State, night: number, index: number): Edit;
  apply(state: State, edit: Edit): State;
  /** One trial of task `task`; `at` 0-1 is the time of the night. */
  play(state: State, task: number, at: number, random: Random): number;
  family(task: number): string | undefined;
}

export function openWorld(scenario: NamedScenario, seed: number): World {
  const { dev, sealed, families, agent, checks, drift } = scenario;
  const total = dev + sealed + POPULATION;
  const random = randomOf('world', scenario.digest, seed);
  const chances = Float32Array.from({ length: total }, () => beta(scenario.chance, random));
  // What a deterministic agent does with a task is settled once: it wins where its chance is above this.
  const bars = Float32Array.from({ length: total }, () => random());
  const familyOf = (task: number) => (families === null ? task : task % families.count);
  const units = families?.count ?? total;

  const draw = (of: Kind, fix: number, random: Random): Edit => {
    const tasks: number[] = [];
    const moves: number[] = [];
    // The gaps between touched families are geometric, so that the rest costs nothing.
    const gap = () => (of.touches >= 1 ? 0 : Math.floor(Math.log(1 - random()) / Math.log(1 - of.touches)));
    for (let unit = gap(); of.touches > 0 && unit < units; unit += 1 + gap()) {
      const move = random() < of.against ? -of.moves : of.moves;
      for (let task = unit; task < total; task += units) {
        tasks.push(task);
        moves.push(move);
      }
    }
    return { tasks, moves, fix };
  };
  const { fixes } = scenario;
  const latent =
    fixes === undefined
      ? []
      : Array.from({ length: fixes.count }, (_, i) => draw(fixes, i, randomOf('fix', scenario.digest, seed, i)));
  const nothing: Edit = { tasks: [], moves: [], fix: -1 };

  return {
    scenario,
    dev: Array.from({ length: dev }, (_, i) => i),
    panel(look) {
      if (scenario.panel === 'fixed') return Array.from({ length: sealed }, (_, i) => dev + i);
      const random = randomOf('panel', scenario.digest, seed, look);
      const drawn = new Set<number>();
      while (drawn.size < sealed) drawn.add(dev + sealed + Math.floor(random() * POPULATION));
      return [...drawn];
    },
    start: { chances, fixes: new Set() },
    truth(state) {
      let sum = 0;
      for (let task = dev + sealed; task < total; task++) sum += clamp(state.chances[task] as number);
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
        if (kind < 0) return draw(of, -1, random);
      }
      return nothing;
    },
    apply(state, edit) {
      const next = state.chances.slice();
      for (const [at, task] of edit.tasks.entries()) next[task] = (next[task] as number) + (edit.moves[at] as number);
      return { chances: next, fixes: edit.fix < 0 ? state.fixes : new Set([...state.fixes, edit.fix]) };
    },
    play(state, task, at, random) {
      const chance = (state.chances[task] as number) + drift * at;
      if (agent === 'deterministic') return chance > (bars[task] as number) ? 1 : 0;
      let passed = 0;
      for (let check = 0; check < checks; check++) if (random() < chance) passed += 1;
      return passed / checks;
    },
    family: (task) => (families?.declared ? `family-${familyOf(task)}` : undefined),
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
