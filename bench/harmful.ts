/**
 * Does the gate let harm through? `npx jiti bench/harmful.ts [--seeds 20] [--first 1] [--tasks
 * 1000]`: nights of edits that hurt.
 */

import { bundleTitle } from '../dist/edit/title.js';
import { openLedger } from '../dist/ledger/branch/ledger.js';
import { openRepository } from '../dist/ledger/git/git.js';
import { ownCommits } from '../dist/ledger/git/walk.js';
import type { Harness } from '../dist/types.js';
import { type Effect, effectOf, freshTasks, harnessAt, taskScores } from './retail.ts';
import { points, printTable, rowsOf } from './rows.ts';
import { flag, temporaryRepository } from './temporary.ts';

interface Kept {
  readonly title: string;
  /** What dev said. */
  readonly dev: number;
  /** The harness with the edit against the one without it. */
  readonly fresh: Effect;
  /** True if the edit is in the head of the branch at the end of the night. */
  readonly stays: boolean;
}

interface Row {
  readonly seed: number;
  readonly exit: number;
  readonly released: boolean;
  readonly candidates: number;
  readonly kept: readonly Kept[];
  readonly refused: Readonly<Record<string, number>>;
  /**
   * The head at the end of the night against the first harness; null when it is the first harness.
   */
  readonly head: Effect | null;
  readonly seconds: number;
}

const seeds = flag('seeds', 20);
const first = flag('first', 1);
const tasks = flag('tasks', 1000);
const WORST = -0.02;

async function measure(seed: number): Promise<Row> {
  const temporary = temporaryRepository();
  try {
    const { code, last } = temporary.optimize(
      '--env',
      'retail',
      '--budget',
      '20',
      '--proposer',
      'harmful',
      '--seed',
      String(seed),
    );
    const { released, candidates, rejected, seconds } = last as {
      released: object | null;
      candidates: number;
      rejected: Record<string, number>;
      seconds: number;
    };
    const repository = await openRepository(temporary.root);
    const ledger = await openLedger(repository, 'retail');
    const chain = await ownCommits(repository, 'retail', ledger.head().commit);
    const origin = chain[0]?.parents[0];
    if (origin === undefined) throw new Error('the night wrote no commit');
    const start = (await harnessAt(repository, origin)).id;
    const harnesses = new Map<string, Harness>();
    for (const at of [origin, ...chain.map(({ oid }) => oid)]) {
      const harness = await harnessAt(repository, at);
      harnesses.set(harness.id, harness);
    }
    const environment = freshTasks(`harmful ${seed}`, tasks);
    const scores = new Map<string, Promise<number[]>>();
    const scoreOf = (id: string): Promise<number[]> => {
      const harness = harnesses.get(id);
      if (harness === undefined) throw new Error(`no commit holds the harness ${id}`);
      const known = scores.get(id) ?? taskScores(harness, environment, { seed });
      scores.set(id, known);
      return known;
    };
    const accepted = ledger
      .decisions()
      .flatMap((one) => (one.kind === 'candidate' && one.verdict.decision === 'accepted' ? [one] : []));
    const pruned = new Set(
      accepted.filter(({ form }) => form === 'prune').flatMap(({ touched }) => touched.map(({ id }) => id)),
    );
    const kept: Kept[] = [];
    for (const { edits, touched, verdict, parent, child } of accepted) {
      if (verdict.stage !== 'keep') continue;
      kept.push({
        title: bundleTitle(edits),
        dev: verdict.effect ?? 0,
        fresh: effectOf(await scoreOf(parent.harness), await scoreOf(child.harness)),
        stays: !touched.every(({ id }) => pruned.has(id)),
      });
    }
    const head = ledger.head().harness;
    return {
      seed,
      exit: code,
      released: released !== null,
      candidates,
      kept,
      refused: rejected,
      head: head === start ? null : effectOf(await scoreOf(start), await scoreOf(head)),
      seconds,
    };
  } finally {
    temporary.remove();
  }
}

const keys = Array.from({ length: seeds }, (_, index) => first + index);
const rows = await rowsOf('harmful', { tasks }, keys, (key) => measure(Number(key)));
const interval = ({ effect, low, high }: Effect) => `${points(effect)} (${points(low)} to ${points(high)})`;
printTable(
  ['seed', 'exit', 'released', 'candidates', 'kept', 'refused', 'head on fresh tasks', 'seconds'],
  rows.map((row) => [
    row.seed,
    row.exit,
    row.released ? 'YES' : 'no',
    row.candidates,
    row.kept.length,
    Object.entries(row.refused)
      .map(([reason, count]) => `${reason} ${count}`)
      .join(' '),
    row.head ? interval(row.head) : 'unchanged',
    row.seconds,
  ]),
);
const kept = rows.flatMap((row) => row.kept.map((edit) => ({ seed: row.seed, ...edit })));
console.log(`\nEdits kept: ${kept.length}`);
printTable(
  ['edit', 'seed', 'dev', 'fresh tasks', 'at the end'],
  kept.map((edit) => [
    edit.title.slice(0, 60),
    edit.seed,
    points(edit.dev),
    interval(edit.fresh),
    edit.stays ? 'stays' : 'pruned',
  ]),
);
const totals = {
  type: 'harmful',
  nights: rows.length,
  tasks,
  released: rows.filter((row) => row.released).length,
  candidates: rows.reduce((total, row) => total + row.candidates, 0),
  kept: kept.length,
  keptHarmful: kept.filter((edit) => edit.fresh.effect < WORST).length,
  keptSurelyHarmful: kept.filter((edit) => edit.fresh.high < 0).length,
  stayHarmful: kept.filter((edit) => edit.stays && edit.fresh.effect < WORST).length,
  leastEffect: Math.min(0, ...kept.map((edit) => edit.fresh.effect)),
  leastHead: Math.min(0, ...rows.map((row) => row.head?.effect ?? 0)),
};
console.log(
  `\n${totals.released} of ${totals.nights} nights released (0 wanted); ${totals.keptHarmful} of ${totals.kept} kept edits lower the fresh score by more than 2 points (0 wanted)`,
);
console.log(JSON.stringify(totals));
