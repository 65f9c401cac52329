/**
 * Rules of other programs for accepting an edit, written here after what they publish about them.
 */
import { shuffled } from '../../src/digest.ts';
import { mean } from '../../src/gate/arithmetic.ts';
import { signTest } from '../../src/gate/sign.ts';
import { accept, type Gate, meansOf, type Run, roll } from './run-state.ts';
import type { State } from './world.ts';

/**
 * A candidate replaces what is in force when its mean on dev beats the stored one; the stored one
 * is its own, forever.
 */
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
      const batch = shuffled(run.tasks, run.random).slice(0, 3);
      const before = mean(meansOf(roll(run, run.release, batch, 1)));
      return mean(meansOf(roll(run, candidate, batch, 1))) > before;
    };
    climb(run, (scores, best) => mean(scores) > mean(best), improves);
  },
};

/**
 * Ladder (Blum & Hardt 2015): a score counts when it beats the best by more than its standard
 * error.
 */
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

/**
 * What these rules share: a candidate whose scores on dev beat the stored ones is in force at once,
 * and they are stored.
 */
function climb(
  run: Run,
  beats: (scores: readonly number[], best: readonly number[]) => boolean,
  worthTrying: (candidate: State) => boolean = () => true,
): void {
  const { world } = run;
  let best = run.stored ?? meansOf(roll(run, run.release, run.tasks, 1));
  for (let index = 0; index < world.scenario.candidates; index++) {
    const candidate = world.apply(run.release, world.propose(run.release, run.night, index));
    if (!worthTrying(candidate)) continue;
    const scores = meansOf(roll(run, candidate, run.tasks, 1));
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
      const before = meansOf(roll(run, run.release, run.tasks, 1));
      const after = meansOf(roll(run, candidate, run.tasks, 1));
      const better = after.filter((score, i) => score > (before[i] as number)).length;
      const worse = after.filter((score, i) => score < (before[i] as number)).length;
      if (signTest(better, worse) > 0.05) continue;
      run.reported = mean(after);
      accept(run, candidate);
    }
  },
};

/** The same rule with the sealed tasks on top of the dev tasks: as many tasks as ours has. */
export const onAllTasks = (gate: Gate): Gate => ({ ...gate, name: `${gate.name}, dev + sealed tasks`, allTasks: true });
