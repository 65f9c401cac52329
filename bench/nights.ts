/**
 * Default nights, and what each release is worth on fresh tasks: `npx jiti bench/nights.ts [--seeds
 * 20] [--first 1] [--tasks 1000] [--own-tasks]`. All seeds share the committed sealed tasks, so
 * that the luck of that panel is in every sealed effect; with `--own-tasks` every seed generates
 * 400 tasks of its own, which shows what selection alone adds.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { loadHarness } from '../dist/harness/load.js';
import { openRepository } from '../dist/ledger/git/git.js';
import { type Effect, effectOf, freshTasks, harnessAt, taskScores } from './retail.ts';
import { mean, percent, points, printTable, rowsOf } from './rows.ts';
import { flag, median, temporaryRepository } from './temporary.ts';

interface Row {
  readonly seed: number;
  readonly exit: number;
  readonly sealed: Effect | null;
  /** 0 to 0 when nothing was released. */
  readonly fresh: Effect;
  readonly candidates: number;
  readonly kept: number;
  readonly rollouts: number;
  readonly seconds: number;
}

interface Summary {
  readonly baseline: { readonly score: number };
  readonly released: { commit: string; score: number; effect: number; effectLow: number; effectHigh: number } | null;
  readonly candidates: number;
  readonly kept: number;
  readonly rollouts: number;
  readonly seconds: number;
}

const seeds = flag('seeds', 20);
const first = flag('first', 1);
const tasks = flag('tasks', 1000);
const own = process.argv.includes('--own-tasks');

async function measure(seed: number): Promise<Row> {
  const repository = temporaryRepository();
  try {
    if (own) {
      rmSync(join(repository.root, 'evals/retail'), { recursive: true });
      const made = repository.optimize(
        'env',
        'generate',
        'retail',
        '--seed',
        String(5000 + seed),
        '--tasks',
        '400',
        '--out',
        join(repository.root, 'evals/retail'),
      );
      if (made.code !== 0) throw new Error(`env generate: exit ${made.code}`);
    }
    const { code, last } = repository.optimize('--env', 'retail', '--budget', '20', '--seed', String(seed));
    const { baseline, released, candidates, kept, rollouts, seconds } = last as unknown as Summary;
    const environment = freshTasks(`nights ${seed}`, tasks);
    const start = loadHarness(repository.root, 'retail');
    const before = await taskScores(start, environment, { seed });
    const after =
      released === null
        ? before
        : await taskScores(await harnessAt(await openRepository(repository.root), released.commit), environment, {
            seed,
          });
    const sealed = released && {
      before: baseline.score,
      after: released.score,
      effect: released.effect,
      low: released.effectLow,
      high: released.effectHigh,
    };
    return { seed, exit: code, sealed, fresh: effectOf(before, after), candidates, kept, rollouts, seconds };
  } finally {
    repository.remove();
  }
}

const keys = Array.from({ length: seeds }, (_, index) => first + index);
const rows = await rowsOf('nights', { tasks, own: String(own) }, keys, (key) => measure(Number(key)));
const interval = ({ effect, low, high }: Effect) => `${points(effect)} (${points(low)} to ${points(high)})`;
printTable(
  ['seed', 'exit', 'sealed effect', 'first', 'released', 'fresh effect', 'candidates', 'kept', 'rollouts', 'seconds'],
  rows.map((row) => [
    row.seed,
    row.exit,
    row.sealed ? interval(row.sealed) : 'none',
    percent(row.fresh.before),
    percent(row.fresh.after),
    row.sealed ? interval(row.fresh) : 'none',
    row.candidates,
    row.kept,
    row.rollouts,
    row.seconds,
  ]),
);
const released = rows.filter((row) => row.sealed !== null);
const totals = {
  type: 'nights',
  seeds: rows.length,
  tasks,
  ownTasks: own,
  released: released.length,
  better: released.filter((row) => row.fresh.low > 0).length,
  worse: released.filter((row) => row.fresh.high < 0).length,
  medianLift: median(rows.map((row) => (row.sealed ? row.fresh.effect : 0))),
  leastLift: Math.min(...rows.map((row) => row.fresh.effect)),
  sealedMinusFresh: mean(released.map((row) => (row.sealed?.effect ?? 0) - row.fresh.effect)),
  medianSeconds: median(rows.map((row) => row.seconds)),
  mostSeconds: Math.max(...rows.map((row) => row.seconds)),
};
console.log(
  `\n${totals.better} of ${totals.seeds} lifts with a lower bound above 0 (18 of 20 wanted), ${totals.worse} worse (0 wanted), median lift ${points(totals.medianLift)} points (15 wanted), sealed minus fresh effect ${points(totals.sealedMinusFresh)} points on average (within 2 wanted)`,
);
console.log(JSON.stringify(totals));
