/**
 * Is a real improvement found? `npx jiti bench/planted.ts [--seeds 20] [--first 1] [--tasks 1000]`:
 * nights that propose one planted fix of known worth.
 */

import { applyEdits } from '../dist/edit/edits.js';
import type { Op } from '../dist/edit/schema.js';
import { openBudget } from '../dist/evaluation/budget.js';
import { openEvaluator } from '../dist/evaluation/evaluator.js';
import { memoryJournal } from '../dist/evaluation/journal.js';
import { decideKeep } from '../dist/gate/keep.js';
import { pairDifferences } from '../dist/gate/pairs.js';
import { predictedPower, releaseProbability } from '../dist/gate/power.js';
import { decideRelease } from '../dist/gate/release.js';
import { alphaOf, POWER } from '../dist/gate/rules.js';
import { parseHarness } from '../dist/harness/parse.js';
import { openRepository } from '../dist/ledger/git/git.js';
import { compare } from '../dist/night/compare.js';
import { type NightContext, type NightOptions, trialsOf } from '../dist/night/night.js';
import { playBaseline, race } from '../dist/night/race.js';
import { pairsOf } from '../dist/night/release.js';
import { NO_POLICY } from '../dist/policy/policy.js';
import type { Environment, Harness, Split, Task } from '../dist/types.js';
import { type Effect, effectOf, freshTasks, harnessAt, medium, retail, taskScores } from './retail.ts';
import { mean, percent, points, printTable, rowsOf } from './rows.ts';
import { flag, temporaryRepository } from './temporary.ts';

const WORTHS = [0.05, 0.15, 0.3];
const seeds = flag('seeds', 20);
const first = flag('first', 1);
const tasks = flag('tasks', 1000);

/** What the race and the look take of a night. */
type Playing = Parameters<typeof playBaseline>[0] & Parameters<typeof compare>[0] & Pick<NightContext, 'sealed'>;

/** A part of a good harness, as the ops that take it out. */
interface Part {
  readonly name: string;
  readonly ops: readonly Op[];
  /** What it is worth on the tasks that it was chosen by. */
  readonly worth: number;
}

interface Planted {
  readonly files: readonly (readonly [string, string])[];
  /** One for each of `WORTHS`. */
  readonly parts: readonly Part[];
  /** The same on other fresh tasks. */
  readonly effects: readonly Effect[];
}

const harnessOf = (files: Iterable<readonly [string, string]>): Harness => parseHarness('retail', new Map(files));

const without = (harness: Harness, ops: readonly Op[]): Harness =>
  harnessOf(
    applyEdits(harness.files, [
      { ops: [...ops], hypothesis: '', addresses: [], predicts: { fixes: 0, risks: '' }, proposer: 'external' },
    ]),
  );

/** Every clause, format, monitor, skill and switch of a harness. */
function partsOf({ contract, regulation, skills, settings }: Harness): { name: string; op: Op }[] {
  const { realization } = settings;
  return [
    ...contract.clauses.map(({ id }) => ({ name: `clause ${id}`, op: { op: 'clause.remove', id } as const })),
    ...contract.formats.map(({ argument, pattern }) => ({
      name: `format ${argument}`,
      op: { op: 'format.remove', argument, pattern } as const,
    })),
    ...regulation.monitors.map(({ id }) => ({ name: `monitor ${id}`, op: { op: 'monitor.remove', id } as const })),
    ...skills.map(({ name }) => ({ name: `skill ${name}`, op: { op: 'skill.remove', id: name } as const })),
    ...(['rescue', 'repair', 'rename', 'coerce'] as const)
      .filter((key) => realization[key])
      .map((key) => ({ name: `switch ${key}`, op: { op: 'switch.set', key, value: false } as const })),
  ];
}

/**
 * Releases one harness by a default night and takes out, by leave-one-out, what is worth about each
 * of `WORTHS`.
 */
async function plant(): Promise<Planted> {
  const temporary = temporaryRepository();
  try {
    let good: Harness | undefined;
    for (let seed = 1; good === undefined; seed++) {
      const { last } = temporary.optimize('--env', 'retail', '--budget', '20', '--seed', String(seed));
      const released = last.released as { commit: string } | null;
      if (released) good = await harnessAt(await openRepository(temporary.root), released.commit);
    }
    const environment = freshTasks('planted choice', tasks);
    const all = await taskScores(good, environment);
    const worthOf = async (ops: readonly Op[]) =>
      effectOf(await taskScores(without(good, ops), environment), all).effect;
    const found: Part[] = [];
    for (const { name, op } of partsOf(good)) {
      found.push({ name, ops: [op], worth: await worthOf([op]) });
      process.stderr.write(`planted: ${name} is worth ${points(found.at(-1)?.worth ?? 0)}\n`);
    }
    // No single document may be worth the most that is asked for: then the best ones together, at
    // most the 4 ops of an edit.
    const best = [...found].sort((a, b) => b.worth - a.worth);
    for (let count = 2; count <= 4; count++) {
      const some = best.slice(0, count);
      const ops = some.flatMap((part) => part.ops);
      found.push({ name: some.map((part) => part.name).join(' + '), ops, worth: await worthOf(ops) });
      process.stderr.write(`planted: ${count} together are worth ${points(found.at(-1)?.worth ?? 0)}\n`);
    }
    const distance = (part: Part, worth: number) => Math.abs(part.worth - worth);
    const parts = WORTHS.map((worth) => found.reduce((a, b) => (distance(b, worth) < distance(a, worth) ? b : a)));
    const check = freshTasks('planted check', tasks);
    const scores = await taskScores(good, check);
    const effects: Effect[] = [];
    for (const part of parts) effects.push(effectOf(await taskScores(without(good, part.ops), check), scores));
    return { files: [...good.files], parts, effects };
  } finally {
    temporary.remove();
  }
}

/** What the stations of the gate read of a night; there is no ledger and no proposer here. */
function nightOf(environment: Environment, seed: number): Playing {
  const split = <S extends Split>(name: S) => environment.tasks.filter((task): task is Task<S> => task.split === name);
  const unlimited = Number.POSITIVE_INFINITY;
  const caps = { maxRollouts: unlimited, maxUsd: unlimited, maxMinutes: unlimited };
  const options: NightOptions = {
    env: 'retail',
    budget: 1,
    seed,
    proposers: ['mine'],
    checks: [],
    concurrency: 8,
    ...caps,
    tasks: null,
    tags: [],
    policy: NO_POLICY,
    apply: false,
  };
  return {
    options,
    environment,
    number: 1,
    agent: medium,
    evaluator: openEvaluator({
      environment,
      agent: medium,
      journal: memoryJournal(),
      budget: openBudget(caps, () => 0),
      seed,
      night: 1,
      concurrency: 8,
      timeoutMs: 30_000,
    }),
    dev: split('dev'),
    sealed: split('sealed'),
    signal: new AbortController().signal,
    report: () => {},
  };
}

interface Outcome {
  readonly kept: boolean;
  /** What dev predicts for the look, 0-1. */
  readonly power: number;
  /** True if the sealed panel accepts, whether or not dev would have asked it. */
  readonly accepted: boolean;
  readonly reason: string;
  readonly released: boolean;
  readonly dev: number;
  readonly sealed: number;
}

/** Every seed has a world and 400 tasks of its own, as the plan's prediction has it. */
async function measure(seed: number, start: Harness, fixed: Harness): Promise<Outcome> {
  if (retail.generate === undefined) throw new Error('retail cannot generate tasks');
  const environment = retail.generate({ seed: 1_000_000 + seed, tasks: 400 });
  const night = nightOf(environment, seed);
  const { baseline, deterministic } = await playBaseline(night, start);
  const raced = await race(night, fixed, baseline, { number: 1, independent: false });
  const keep = decideKeep(raced.pairs, { planned: raced.planned, ...raced.spending });
  const panel = { environment, tasks: night.sealed, digest: 'bench', seed: null };
  const trials = trialsOf({ deterministic });
  const { pairs, voids, rollouts } = await compare(night, {
    before: start,
    after: fixed,
    panel,
    trials,
    head: String(seed),
    look: 1,
    alpha: alphaOf({ looks: 0, sinceRelease: 0, releases: 0 }),
  });
  const verdict = decideRelease(pairs, { planned: night.sealed.length, voids, rollouts });
  const kept = keep.decision === 'accepted';
  const power = kept
    ? predictedPower({
        differences: pairDifferences(pairsOf(night.dev, baseline, raced.bar)),
        tasks: night.sealed.length,
        trials,
        binary: trials === 1,
      })
    : 0;
  const accepted = verdict.decision === 'accepted';
  return {
    kept,
    power,
    accepted,
    reason: verdict.reason,
    released: kept && power >= POWER.minPredicted && accepted,
    dev: keep.effect ?? 0,
    sealed: verdict.effect ?? 0,
  };
}

const [planted] = await rowsOf('planted', { tasks, step: 'plant' }, ['parts'], plant);
if (planted === undefined) throw new Error('no parts');
const good = harnessOf(planted.files);
const keys = planted.parts.flatMap((_, part) =>
  Array.from({ length: seeds }, (__, index) => `${part}:${first + index}`),
);
const outcomes = await rowsOf('planted', { tasks, step: 'nights' }, keys, async (key) => {
  const [part, seed] = String(key).split(':').map(Number) as [number, number];
  const start = without(good, planted.parts[part]?.ops ?? []);
  return { part, ...(await measure(seed, start, good)) };
});

const share = (rows: readonly Outcome[], of: (row: Outcome) => boolean) => rows.filter(of).length / rows.length;
const rows = planted.parts.map((part, index) => {
  const own = outcomes.filter((row) => row.part === index);
  const effect = planted.effects[index] as Effect;
  const reasons: Record<string, number> = {};
  for (const { reason } of own) reasons[reason] = (reasons[reason] ?? 0) + 1;
  return {
    wanted: WORTHS[index] as number,
    part: part.name,
    effect,
    kept: share(own, (row) => row.kept),
    accepted: share(own, (row) => row.accepted),
    released: share(own, (row) => row.released),
    plan: releaseProbability({ effect: Math.max(0, effect.effect), tasks: 100, trials: 4 }),
    predicted: mean(own.map((row) => row.power)),
    dev: mean(own.map((row) => row.dev)),
    sealed: mean(own.map((row) => row.sealed)),
    reasons,
  };
});
printTable(
  [
    'planted',
    'worth on fresh tasks',
    'kept',
    'accepted if asked',
    'plan predicts',
    'released',
    'dev predicted',
    'mean dev',
    'mean sealed',
    'verdicts',
  ],
  rows.map((row) => [
    points(row.wanted),
    `${points(row.effect.effect)} (${points(row.effect.low)} to ${points(row.effect.high)})`,
    percent(row.kept, 0),
    percent(row.accepted, 0),
    percent(row.plan, 0),
    percent(row.released, 0),
    percent(row.predicted, 0),
    points(row.dev),
    points(row.sealed),
    Object.entries(row.reasons)
      .map(([reason, count]) => `${reason} ${count}`)
      .join(' '),
  ]),
);
for (const row of rows) console.log(`${points(row.wanted)}: ${row.part}`);
console.log(JSON.stringify({ type: 'planted', seeds, tasks, rows }));
