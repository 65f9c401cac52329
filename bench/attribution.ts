/**
 * Does diagnosis find planted faults? `npx jiti bench/attribution.ts [--runs 200] [--seed 1]
 * [--list]`: step, class and cause against the truth, profile `held-out`.
 */
import { diagnose } from '../dist/diagnosis/diagnose.js';
import { CLASS_OF_PATTERN } from '../dist/diagnosis/patterns.js';
import { loadHarness } from '../dist/harness/load.js';
import { FAULTS } from '../dist/models/sim/profiles.js';
import type { Diagnosis, Task } from '../dist/types.js';
import { CAUSES, plantCause } from './planted-causes.ts';
import { type PlantedRun, plantMany, plantOne, turnOf } from './planted-faults.ts';
import { freshTasks } from './retail.ts';
import { percent, printTable } from './rows.ts';
import { flag, projectRoot } from './temporary.ts';

const total = flag('runs', 200);
const list = process.argv.includes('--list');
/**
 * A loop repeats a call, and an invention fills in for a read, that another fault spoilt: alone
 * neither strikes. Both are in the mixed runs.
 */
const LABELS = FAULTS.filter((fault) => fault !== 'loop' && fault !== 'invented_id');
const MIXED = Math.round(total / 5);

const environment = freshTasks(`attribution ${flag('seed', 1)}`, 2000);
const bare = loadHarness(projectRoot, 'retail');

interface Scored {
  readonly run: PlantedRun;
  readonly diagnosis: Diagnosis | null;
  readonly step: boolean;
  readonly failure: boolean;
  readonly pattern: boolean;
}

async function score(run: PlantedRun): Promise<Scored> {
  const diagnosis = await diagnose(run.trace, { task: run.task as Task<'train'>, environment, harness: bare });
  const scored = {
    run,
    diagnosis,
    step: diagnosis !== null && run.turns.includes(turnOf(run.trace, diagnosis.step)),
    failure: diagnosis !== null && diagnosis.failure === CLASS_OF_PATTERN[run.fault],
    pattern: diagnosis?.pattern === run.fault,
  };
  if (list && !(scored.step && scored.failure))
    process.stderr.write(
      `${run.fault} ${run.task.id}: turn ${diagnosis && turnOf(run.trace, diagnosis.step)} for ${run.turns.join('/')}, ${diagnosis?.pattern} (${diagnosis?.tool}.${diagnosis?.argument})\n`,
    );
  return scored;
}

const scoreAll = (runs: readonly PlantedRun[]): Promise<Scored[]> => Promise.all(runs.map(score));

const scored: { label: string; rows: Scored[] }[] = [];
for (const [index, fault] of LABELS.entries()) {
  const count =
    Math.floor(((index + 1) * (total - MIXED)) / LABELS.length) - Math.floor((index * (total - MIXED)) / LABELS.length);
  scored.push({ label: fault, rows: await scoreAll(await plantOne(environment, bare, fault, count)) });
  process.stderr.write(`attribution: ${fault}\n`);
}
const many = await scoreAll(await plantMany(environment, bare, MIXED));
scored.push({ label: 'mixed, one decisive', rows: many });

const share = (rows: readonly Scored[], of: 'step' | 'failure' | 'pattern') =>
  rows.filter((row) => row[of]).length / rows.length;
const all = scored.flatMap(({ rows }) => rows);
printTable(
  ['planted fault', 'runs', 'step', 'class', 'label', 'labels found'],
  [...scored, { label: 'all', rows: all }].map(({ label, rows }) => {
    const found = new Map<string, number>();
    for (const { diagnosis } of rows)
      found.set(diagnosis?.pattern ?? 'none', (found.get(diagnosis?.pattern ?? 'none') ?? 0) + 1);
    const names = [...found].sort((a, b) => b[1] - a[1]).map(([name, count]) => `${name} ${count}`);
    return [
      label,
      rows.length,
      ...(['step', 'failure', 'pattern'] as const).map((of) => percent(share(rows, of), 0)),
      label === 'all' ? '' : names.join(' '),
    ];
  }),
);
const unsure = all.filter(({ run }) => run.turns.length > 1).length;
console.log(`${unsure} of ${all.length} runs have more than one turn that counts as responsible.`);

const causes: { truth: string; found: Map<string, number>; runs: number }[] = [];
for (const truth of CAUSES) {
  const found = new Map<string, number>();
  const runs = await plantCause(truth, environment, bare);
  for (const { task, trace, harness, environment: played } of runs) {
    const cause = (await diagnose(trace, { task, environment: played, harness }))?.cause ?? 'none';
    found.set(cause, (found.get(cause) ?? 0) + 1);
  }
  causes.push({ truth, found, runs: runs.length });
  process.stderr.write(`attribution: ${truth}\n`);
}
console.log('\nCause planted (rows) and found (columns):');
printTable(
  ['', 'runs', ...CAUSES],
  causes.map(({ truth, found, runs }) => [truth, runs, ...CAUSES.map((cause) => found.get(cause) ?? 0)]),
);
const totals = {
  type: 'attribution',
  runs: all.length,
  step: share(all, 'step'),
  class: share(all, 'failure'),
  label: share(all, 'pattern'),
  mixed: { runs: many.length, step: share(many, 'step'), class: share(many, 'failure') },
  causes: Object.fromEntries(causes.map(({ truth, found }) => [truth, Object.fromEntries(found)])),
};
console.log(`\nresponsible step ${percent(totals.step)} (90 % wanted), class ${percent(totals.class)} (90 % wanted)`);
console.log(JSON.stringify(totals));
