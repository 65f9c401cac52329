/** Rules that decide what a night keeps: ours, and rules written after what the peers publish about theirs. */
import { type Random, randomOf, shuffled } from '../../src/digest.ts';
import { mean } from '../../src/gate/arithmetic.ts';
import { decideKeep, hopelessAt } from '../../src/gate/keep.ts';
import { type Pair, pairDifferences, taskDifferences } from '../../src/gate/pairs.ts';
import { predictedPower } from '../../src/gate/power.ts';
import { decideRelease } from '../../src/gate/release.ts';
import { POWER, RELEASE } from '../../src/gate/rules.ts';
import { signTest } from '../../src/gate/sign.ts';
import { MAX_LOOKS } from '../../src/night/panel.ts';
import { pairOf, type State, type World } from './world.ts';

/** What a simulated year has so far; gates change it night by night. */
export interface Run {
  readonly world: World;
  readonly random: Random;
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
  /** Score that the gate believes in, 0-1. */
  reported: number;
  /** Stored scores of gates that keep them over nights. */
  stored: readonly number[] | null;
}

export interface Gate {
  readonly name: string;
  night(run: Run): void;
}

export function startRun(world: World, seed: number, gate: string): Run {
  const { start } = world;
  return {
    world,
    random: randomOf('run', world.scenario.digest, seed, gate),
    release: start,
    head: start,
    night: 0,
    rollouts: 0,
    accepted: 0,
    useless: 0,
    looks: 0,
    looksOnPanel: 0,
    looksSinceRelease: 0,
    reported: 0,
    stored: null,
  };
}

/** `trials` rewards of each task, all at time `at` of the night. */
function roll(run: Run, state: State, tasks: readonly number[], trials: number, at = 0): number[][] {
  run.rollouts += tasks.length * trials;
  return tasks.map((task) => Array.from({ length: trials }, () => run.world.play(state, task, at, run.random)));
}
const meansOf = (rewards: readonly (readonly number[])[]): number[] => rewards.map(mean);

function accept(run: Run, state: State): void {
  run.accepted += 1;
  if (run.world.truth(state) <= run.world.truth(run.release)) run.useless += 1;
  run.release = state;
  run.head = state;
}

/** Two tiers as in `src/night`: candidates race on dev, and one look a night at the sealed panel releases. */
export function ours(alpha: number): Gate {
  return {
    name: `two tiers, alpha ${alpha}`,
    night(run) {
      const { world, random } = run;
      const { dev, scenario } = world;
      const noisy = scenario.agent === 'noisy';
      const bankTrials = noisy ? 2 : 1;
      const order = noisy ? dev : shuffled(dev, random).slice(0, Math.ceil((dev.length * 2) / 3));
      const releaseBank = roll(run, run.release, order, bankTrials);
      let bank = run.head === run.release ? releaseBank : roll(run, run.head, order, bankTrials);
      for (let index = 0; index < scenario.candidates; index++) {
        const edit = world.propose(run.head, run.night, index);
        const candidate = world.apply(run.head, edit);
        const at = (index + 1) / scenario.candidates;
        const places = shuffled(
          order.map((_, place) => place),
          random,
        );
        const rewards = new Map<number, number>();
        const pairs = places.map((place) => {
          const task = order[place] as number;
          const reward = world.play(candidate, task, at, random);
          rewards.set(place, reward);
          return pairOf(world, task, bank[place] as number[], [reward]);
        });
        const stopped = hopelessAt(taskDifferences(pairs));
        run.rollouts += stopped ?? pairs.length;
        if (decideKeep(pairs, { planned: pairs.length }).decision !== 'accepted') continue;
        run.head = candidate;
        bank = order.map((_, place) => [rewards.get(place) as number]);
      }
      if (run.head !== run.release) look(run, alpha, order, releaseBank, bank);
    },
  };
}

function look(
  run: Run,
  first: number,
  order: readonly number[],
  before: readonly number[][],
  after: readonly number[][],
): void {
  const { world, random } = run;
  const { scenario } = world;
  const noisy = scenario.agent === 'noisy';
  // Harmonic spending, as `alphaOf`.
  const alpha = first / (run.looksSinceRelease + 1);
  const trials = noisy ? RELEASE.noisyTrials : 1;
  if (scenario.panel === 'fixed' && run.looksOnPanel >= MAX_LOOKS) return;
  const dev = order.map((task, place) => pairOf(world, task, before[place] as number[], after[place] as number[]));
  const power = predictedPower({
    differences: pairDifferences(dev),
    tasks: scenario.sealed,
    trials,
    binary: trials === 1 && scenario.checks === 1,
    alpha,
    devTrials: { before: before[0]?.length ?? 1, after: after[0]?.length ?? 1 },
  });
  if (power < POWER.minPredicted) return;
  const tasks = world.panel(run.looks);
  run.looks += 1;
  run.looksOnPanel += 1;
  run.looksSinceRelease += 1;
  run.rollouts += 2 * trials * tasks.length;
  const pairs: Pair[] = [];
  let voids = 0;
  for (const [place, task] of tasks.entries()) {
    // Both arms side by side: whatever drifts, drifts in both.
    const at = 1 + place / tasks.length;
    if (random() < scenario.voids) {
      voids += 1;
      continue;
    }
    const arm = (state: State) => Array.from({ length: trials }, () => world.play(state, task, at, random));
    pairs.push(pairOf(world, task, arm(run.release), arm(run.head)));
  }
  const verdict = decideRelease(pairs, { alpha, planned: tasks.length, voids });
  if (verdict.decision !== 'accepted') return;
  run.reported = mean(pairs.map(({ after: rewards }) => mean(rewards)));
  run.looksSinceRelease = 0;
  accept(run, run.head);
}

/** A candidate replaces what is in force when its mean on dev beats the stored one; the stored one is its own, forever. */
export const storedMean: Gate = {
  name: 'stored score, strict mean',
  night: (run) => strictMean(run, false),
};

/** The same, with the stored score rolled afresh every night. */
export const rerolledMean: Gate = {
  name: 'nightly re-rolled, strict mean',
  night: (run) => strictMean(run, true),
};

function strictMean(run: Run, fresh: boolean): void {
  if (fresh) run.stored = null;
  climb(run, (scores, best) => mean(scores) > mean(best));
}

/** A minibatch of three must improve; then the best mean on all of dev that was ever seen wins. */
export const minibatchArgmax: Gate = {
  name: 'minibatch of 3, then best mean',
  night(run) {
    const improves = (candidate: State) => {
      const batch = shuffled(run.world.dev, run.random).slice(0, 3);
      const before = mean(meansOf(roll(run, run.release, batch, 1)));
      return mean(meansOf(roll(run, candidate, batch, 1))) > before;
    };
    climb(run, (scores, best) => mean(scores) > mean(best), improves);
  },
};

/** Ladder (Blum & Hardt 2015): a score counts when it beats the best by more than its standard error. */
export const ladder: Gate = {
  name: 'Ladder, one standard error',
  night(run) {
    climb(run, (scores, best) => {
      const differences = scores.map((score, i) => score - (best[i] as number));
      const center = mean(differences);
      const spread = mean(differences.map((d) => (d - center) ** 2));
      return center > Math.sqrt(spread / differences.length);
    });
  },
};

/** What these rules share: a candidate whose scores on dev beat the stored ones is in force at once, and they are stored. */
function climb(
  run: Run,
  beats: (scores: readonly number[], best: readonly number[]) => boolean,
  worthTrying: (candidate: State) => boolean = () => true,
): void {
  const { world } = run;
  let best = run.stored ?? meansOf(roll(run, run.release, world.dev, 1));
  for (let index = 0; index < world.scenario.candidates; index++) {
    const candidate = world.apply(run.release, world.propose(run.release, run.night, index));
    if (!worthTrying(candidate)) continue;
    const scores = meansOf(roll(run, candidate, world.dev, 1));
    if (!beats(scores, best)) continue;
    best = scores;
    accept(run, candidate);
  }
  run.stored = best;
  run.reported = mean(best);
}

/** The exact McNemar test at .05 for each edit, both arms afresh. */
export const mcnemar: Gate = {
  name: 'McNemar .05 for each edit',
  night(run) {
    const { world } = run;
    for (let index = 0; index < world.scenario.candidates; index++) {
      const candidate = world.apply(run.release, world.propose(run.release, run.night, index));
      const before = meansOf(roll(run, run.release, world.dev, 1));
      const after = meansOf(roll(run, candidate, world.dev, 1));
      const better = after.filter((score, i) => score > (before[i] as number)).length;
      const worse = after.filter((score, i) => score < (before[i] as number)).length;
      if (signTest(better, worse) > 0.05) continue;
      run.reported = mean(after);
      accept(run, candidate);
    }
  },
};

export const GATES: readonly Gate[] = [
  ours(0.01),
  ours(0.02),
  ours(0.05),
  storedMean,
  rerolledMean,
  minibatchArgmax,
  ladder,
  mcnemar,
];
