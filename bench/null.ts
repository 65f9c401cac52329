/**
 * Is the gate fooled by noise? `npx jiti bench/null.ts [--seeds 20] [--first 1] [--looks 2000]`:
 * nights of edits that cannot matter, and looks alone.
 */

import { randomOf, shuffled } from '../dist/digest.js';
import type { Pair } from '../dist/gate/pairs.js';
import { decideRelease } from '../dist/gate/release.js';
import { RELEASE } from '../dist/gate/rules.js';
import { loadHarness } from '../dist/harness/load.js';
import { openLedger } from '../dist/ledger/branch/ledger.js';
import { openRepository } from '../dist/ledger/git/git.js';
import { retail, taskScores } from './retail.ts';
import { mean, percent, printTable, rowsOf } from './rows.ts';
import { flag, projectRoot, temporaryRepository } from './temporary.ts';

/** Pairs of both arms, and how many of them differ. */
interface Share {
  readonly pairs: number;
  readonly differ: number;
}

interface Row {
  readonly seed: number;
  readonly exit: number;
  readonly released: boolean;
  readonly candidates: number;
  readonly kept: number;
  readonly looks: number;
  readonly dev: Share;
  readonly sealed: Share;
  readonly seconds: number;
}

const seeds = flag('seeds', 20);
const first = flag('first', 1);
const looks = flag('looks', 2000);
/** Rollouts from which a task's pass rate is estimated. */
const TRIALS = 40;

const shareOf = (pairs: readonly Pair[]): Share => ({
  pairs: pairs.length,
  differ: pairs.filter(({ before, after }) => mean(before) !== mean(after)).length,
});
const ratio = ({ pairs, differ }: Share) => (pairs === 0 ? 'no look' : percent(differ / pairs, 0));
const sum = (shares: readonly Share[]): Share => ({
  pairs: shares.reduce((total, { pairs }) => total + pairs, 0),
  differ: shares.reduce((total, { differ }) => total + differ, 0),
});

async function night(seed: number): Promise<Row> {
  const repository = temporaryRepository();
  try {
    const { code, last } = repository.optimize(
      '--env',
      'retail',
      '--budget',
      '20',
      '--proposer',
      'null',
      '--seed',
      String(seed),
    );
    const decisions = (await openLedger(await openRepository(repository.root), 'retail')).decisions();
    const pairsAt = (stage: string) =>
      decisions.flatMap((one) => ('gate' in one && one.gate?.stage === stage ? [...one.gate.pairs] : []));
    const { released, candidates, kept, seconds } = last as {
      released: object | null;
      candidates: number;
      kept: number;
      seconds: number;
    };
    return {
      seed,
      exit: code,
      released: released !== null,
      candidates,
      kept,
      looks: decisions.filter(({ kind }) => kind === 'release').length,
      dev: shareOf(pairsAt('keep')),
      sealed: shareOf(pairsAt('release')),
      seconds,
    };
  } finally {
    repository.remove();
  }
}

const keys = Array.from({ length: seeds }, (_, index) => first + index);
const rows = await rowsOf('null', {}, keys, (key) => night(Number(key)));
printTable(
  ['seed', 'exit', 'released', 'candidates', 'kept', 'looks', 'dev pairs differ', 'sealed pairs differ', 'seconds'],
  rows.map((row) => [
    row.seed,
    row.exit,
    row.released ? 'YES' : 'no',
    row.candidates,
    row.kept,
    row.looks,
    ratio(row.dev),
    ratio(row.sealed),
    row.seconds,
  ]),
);

/**
 * Looks of null against null: both arms draw from the same pass rates, measured once on the sealed
 * tasks.
 */
interface Looks extends Share {
  readonly trials: number;
  readonly released: number;
  readonly looks: number;
}

async function passRates(): Promise<number[]> {
  const sealed = { ...retail, tasks: retail.tasks.filter((task) => task.split === 'sealed') };
  return taskScores(loadHarness(projectRoot, 'retail'), sealed, { trials: TRIALS, seed: 77 });
}

function looksAlone(rates: readonly number[], trials: number): Looks {
  let released = 0;
  let total: Share = { pairs: 0, differ: 0 };
  for (let number = 0; number < looks; number++) {
    const random = randomOf('bench null look', trials, number);
    const rewards = (rate: number) => Array.from({ length: trials }, () => (random() < rate ? 1 : 0));
    const pairs: Pair[] = shuffled(rates, random).map((rate, task) => ({
      task: `t${task}`,
      tags: [],
      before: rewards(rate),
      after: rewards(rate),
    }));
    if (decideRelease(pairs, { planned: pairs.length }).decision === 'accepted') released += 1;
    total = sum([total, shareOf(pairs)]);
  }
  return { trials, released, looks, ...total };
}

const [rates] = (
  await rowsOf('null', { trials: TRIALS }, ['pass rates'], async () => ({ rates: await passRates() }))
).map((row) => row.rates);
const alone = [RELEASE.noisyTrials, 1].map((trials) => looksAlone(rates ?? [], trials));
console.log(
  `\nLooks alone, pass rates of ${rates?.length} sealed tasks from ${TRIALS} rollouts each (mean ${percent(mean(rates ?? []))}):`,
);
printTable(
  ['trials a task', 'looks', 'released', 'share', 'alpha', 'pairs differ'],
  alone.map((row) => [
    row.trials,
    row.looks,
    row.released,
    percent(row.released / row.looks, 2),
    percent(RELEASE.alpha),
    ratio(row),
  ]),
);
const totals = {
  type: 'null',
  nights: rows.length,
  released: rows.filter((row) => row.released).length,
  kept: rows.reduce((total, row) => total + row.kept, 0),
  looks: rows.reduce((total, row) => total + row.looks, 0),
  devDiffer: sum(rows.map((row) => row.dev)).differ / sum(rows.map((row) => row.dev)).pairs,
  sealedDiffer:
    sum(rows.map((row) => row.sealed)).pairs === 0
      ? null
      : sum(rows.map((row) => row.sealed)).differ / sum(rows.map((row) => row.sealed)).pairs,
  alone: alone.map(({ trials, released, looks: played, pairs, differ }) => ({
    trials,
    looks: played,
    released,
    share: released / played,
    differ: differ / pairs,
  })),
  alpha: RELEASE.alpha,
};
console.log(
  `\n${totals.released} of ${totals.nights} nights released (0 wanted); ${alone.map((row) => `${row.released} of ${row.looks} looks with ${row.trials} trials`).join(', ')} (at most ${RELEASE.alpha * looks} each wanted)`,
);
console.log(JSON.stringify(totals));
