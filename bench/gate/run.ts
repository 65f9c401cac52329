/**
 * Is "better than before" decided right? Compares rules for accepting edits in simulated worlds:
 * `npm run bench:gate [-- --quick] [-- --worlds N] [-- --out DIR] [-- scenario ...]`. Every world
 * is a file in `scenarios/`; its digest is printed with its rows. Prints tables, and writes them
 * with `results.json` and plots to DIR (default `bench-gate`).
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from '../rows.ts';
import type { Job, LooksResult, Result, SingleResult, YearResult } from './jobs.ts';
import { plots } from './plots.ts';
import { measureAll } from './pool.ts';
import { AT_EQUAL_TASKS, OURS, PATIENT, RULES } from './rules.ts';
import { readScenario, type Scenario, scenarioNames } from './scenario.ts';
import { guardTable, looksTable, type Measured, singleTable, yearTable } from './tables.ts';

const quick = process.argv.includes('--quick');
const asked = text('worlds') === null ? null : Number(text('worlds'));
const out = text('out') ?? 'bench-gate';
const unknown = process.argv
  .slice(2)
  .filter(
    (word, i, all) =>
      !word.startsWith('--') && !/^--(worlds|out)$/.test(all[i - 1] ?? '') && !scenarioNames().includes(word),
  );
if (unknown.length > 0 || (asked !== null && !(asked >= 1))) {
  console.error(
    `expected names of ${scenarioNames().join(', ')}, --quick, --worlds N and --out DIR; got ${unknown.join(' ')}`,
  );
  process.exit(2);
}
const chosen = scenarioNames().filter((name) => process.argv.includes(name));
const scenarios = (chosen.length > 0 ? chosen : scenarioNames()).map(readScenario);

/** Looks of one world; the standard error of a rate of 2 % is then .8 and .2 points. */
const LOOKS = quick ? 300 : 5000;
const NIGHTS_QUICK = 15;

/**
 * The null years are about rare events of our rule, so that one gets 200 of them; the nights are
 * about means.
 */
function worldsOf(scenario: Scenario, rule: string): number {
  if (asked !== null) return asked;
  if (quick) return 2;
  if (scenario.kind === 'single') return 200;
  if (scenario.kind === 'year' && scenario.nights >= 365) return rule === OURS.name ? 200 : 8;
  return rule === OURS.name ? 24 : 8;
}

function jobsOf(scenario: Scenario): Job[] {
  const { name } = scenario;
  if (scenario.kind === 'looks')
    return scenario.effects.map((_, world) => ({ kind: 'looks', scenario: name, world, looks: LOOKS }));
  if (scenario.kind === 'single')
    return RULES.flatMap((rule) =>
      Object.keys(scenario.edits).map((edit) => ({
        kind: 'single' as const,
        scenario: name,
        rule: rule.name,
        edit,
        worlds: worldsOf(scenario, rule.name),
      })),
    );
  const rules = scenario.nights >= 365 ? RULES : [...RULES, ...AT_EQUAL_TASKS, PATIENT];
  const nights = quick ? Math.min(NIGHTS_QUICK, scenario.nights) : scenario.nights;
  return rules.flatMap(({ name: rule }) =>
    Array.from({ length: worldsOf(scenario, rule) }, (_, seed) => ({
      kind: 'year' as const,
      scenario: name,
      rule,
      seed,
      nights,
    })),
  );
}

const jobs = scenarios.flatMap(jobsOf);
// The longest first, so that no process is left with one at the end.
const order = [...jobs].sort((a, b) => (b.kind === 'year' ? b.nights : 0) - (a.kind === 'year' ? a.nights : 0));
const started = performance.now();
const results = await measureAll(order, (done) => {
  if (process.stderr.isTTY || done % 50 === 0 || done === order.length)
    process.stderr.write(`${done} of ${order.length} measured\n`);
});
const measured: Measured[] = order.map((job, i) => ({ job, result: results[i] as Result }));

const lines: string[] = [
  quick ? 'Quick: few worlds, short nights; these figures show that the bench runs, nothing else.\n' : '',
];
for (const scenario of scenarios) {
  const of = measured.filter(({ job }) => job.scenario === scenario.name);
  lines.push(`## ${scenario.name}`, '', `${scenario.about} (file ${scenario.digest})`, '');
  if (scenario.kind === 'year') lines.push(...yearTable(scenario, of as Measured<YearResult>[]));
  else if (scenario.kind === 'single') lines.push(...singleTable(scenario, of as Measured<SingleResult>[]));
  else lines.push(...looksTable(of as Measured<LooksResult>[]));
  lines.push('');
}
if (chosen.length === 0) lines.push('## Guards', '', ...guardTable(quick ? 200 : 2000));
console.log(lines.join('\n'));

mkdirSync(out, { recursive: true });
writeFileSync(join(out, 'tables.md'), `${lines.join('\n')}\n`);
const digests = Object.fromEntries(scenarios.map(({ name, digest }) => [name, digest]));
writeFileSync(join(out, 'results.json'), `${JSON.stringify({ quick, digests, measured }, null, 1)}\n`);
for (const [name, svg] of plots(scenarios, measured)) writeFileSync(join(out, name), svg);
process.stderr.write(
  `${out}/: tables.md, results.json and plots; ${((performance.now() - started) / 1000).toFixed(0)} s\n`,
);
