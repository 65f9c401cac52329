/**
 * Our rule, as `src/night` plays it: candidates race on dev, and one look a night at the sealed
 * panel releases.
 */
import { shuffled } from '../../src/digest.ts';
import { mean } from '../../src/gate/arithmetic.ts';
import { isBetter, isClear, isHopelessNow } from '../../src/gate/keep.ts';
import { type Pair, pairDifferences } from '../../src/gate/pairs.ts';
import { chooseTrials } from '../../src/gate/power.ts';
import { decideRelease } from '../../src/gate/release.ts';
import { alphaOf, POWER, RELEASE } from '../../src/gate/rules.ts';
import { MAX_LOOKS } from '../../src/ledger/kinds/panels.ts';
import { accept, type Gate, publish, type Run, roll } from './run-state.ts';
import { pairOf, type State } from './world.ts';

/** Nights between two publications of a score. */
const AUDIT_EVERY = 30;

interface Variant {
  /** False plays every candidate to the end, to measure what stopping early costs. @default true */
  readonly hopeless?: boolean;
  /** Rate of false releases to hold by e-LOND in place of harmonic spending. */
  readonly fdr?: number;
}

export function ours(alpha: number, { hopeless = true, fdr }: Variant = {}): Gate {
  return {
    name: `two tiers, ${fdr === undefined ? `alpha ${alpha}` : `e-LOND ${fdr}`}${hopeless ? '' : ', nothing stopped early'}`,
    night(run) {
      const { world, random } = run;
      const { dev, scenario } = world;
      const noisy = scenario.agent === 'noisy';
      const bankTrials = noisy ? 2 : 1;
      const order = noisy ? dev : shuffled(dev, random).slice(0, Math.ceil((dev.length * 2) / 3));
      // The release is the bar of no race: its scores only tell whether a look is worth it.
      const same = run.head === run.release;
      const releaseBank = roll(run, run.release, order, same ? bankTrials : 1);
      let bar = same ? releaseBank : roll(run, run.head, order, bankTrials);
      for (let index = 0; index < scenario.candidates; index++) {
        const candidate = world.apply(run.head, world.propose(run.head, run.night, index));
        const result = race(run, candidate, { order, bar, at: (index + 1) / scenario.candidates, hopeless });
        if (result === null) continue;
        run.head = candidate;
        bar =
          noisy && !result.clear ? bar.map((rewards, i) => [...rewards, ...(result.bank[i] as number[])]) : result.bank;
      }
      if (run.head !== run.release) look(run, alphaHere(run, alpha, fdr), order, releaseBank, bar);
      if ((run.night + 1) % AUDIT_EVERY === 0) publish(run, noisy ? RELEASE.noisyTrials : 1);
    },
  };
}

/** The scores of a candidate that was kept, in the order of the bar; null for one that was not. */
function race(
  run: Run,
  candidate: State,
  dev: {
    readonly order: readonly number[];
    readonly bar: readonly number[][];
    readonly at: number;
    readonly hopeless: boolean;
  },
): { readonly bank: number[][]; readonly clear: boolean } | null {
  const { world, random } = run;
  const { order, bar, at, hopeless } = dev;
  const bank: number[][] = [];
  const pairs: Pair[] = [];
  const differences: number[] = [];
  const places = shuffled([...order.keys()], random);
  for (const place of places) {
    const task = order[place] as number;
    const reward = world.play(candidate, task, at, random);
    bank[place] = [reward];
    const pair = pairOf(world, task, bar[place] as number[], [reward]);
    pairs.push(pair);
    differences.push(reward - mean(pair.before));
    run.rollouts += 1;
    if (hopeless && pairs.length < order.length && isHopelessNow(differences)) {
      run.stops.push(pairs.length);
      return null;
    }
  }
  return isBetter(pairs) ? { bank, clear: isClear(pairs) } : null;
}

/**
 * Error rate of the next look: harmonic from `first` on, as `alphaOf` has it from .02, or e-LOND.
 */
const alphaHere = ({ looks, looksSinceRelease: sinceRelease, accepted: releases }: Run, first: number, fdr?: number) =>
  fdr === undefined ? first / (sinceRelease + 1) : alphaOf({ looks, sinceRelease, releases }, fdr);

function look(
  run: Run,
  alpha: number,
  order: readonly number[],
  releaseBank: readonly number[][],
  bar: readonly number[][],
): void {
  const { world, random } = run;
  const { scenario } = world;
  const noisy = scenario.agent === 'noisy';
  if (scenario.panel === 'fixed' && run.looksOnPanel >= MAX_LOOKS) return;
  const dev = order.map((task, place) => pairOf(world, task, releaseBank[place] as number[], bar[place] as number[]));
  const { trials, power } = chooseTrials(
    {
      differences: pairDifferences(dev),
      tasks: scenario.sealed,
      binary: scenario.checks === 1,
      alpha,
      devTrials: { before: releaseBank[0]?.length ?? 1, after: bar[0]?.length ?? 1 },
    },
    noisy ? RELEASE.noisyTrials : 1,
  );
  if (power < POWER.minPredicted) return;
  const tasks = world.panel(run.looks);
  run.looks += 1;
  run.looksOnPanel += 1;
  run.looksSinceRelease += 1;
  const gain = world.truth(run.head) - world.truth(run.release);
  if (gain <= 0) run.spentOnNulls += alpha;
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
  run.reported = mean(pairs.map(({ after }) => mean(after)));
  run.effects.push({ sealed: verdict.effect ?? Number.NaN, truth: gain });
  run.looksSinceRelease = 0;
  accept(run, run.head);
}
