/**
 * Compares rules for accepting edits on simulated nights and years: `npx jiti bench/gate/run.ts [--quick] [--worlds N] [scenario ...]`.
 * Every scenario is a file in `scenarios/`; its digest is printed with its rows.
 */
import { mean } from '../../src/gate/arithmetic.ts';
import { text } from '../rows.ts';
import { GATES, type Gate, type Run, startRun } from './gates.ts';
import { type NamedScenario, readScenario, scenarioNames } from './scenario.ts';
import { openWorld } from './world.ts';

const quick = process.argv.includes('--quick');
const worlds = Number(text('worlds') ?? (quick ? 1 : 12));
const chosen = process.argv.slice(2).filter((word) => scenarioNames().includes(word));

/** One seeded world to its end. */
function play(scenario: NamedScenario, gate: Gate, seed: number): Run {
  const run = startRun(openWorld(scenario, seed), seed, gate.name);
  const nights = quick ? Math.min(scenario.nights, 20) : scenario.nights;
  for (run.night = 0; run.night < nights; run.night++) gate.night(run);
  return run;
}

const cell = (value: number, digits: number) => value.toFixed(digits);

for (const name of chosen.length > 0 ? chosen : scenarioNames()) {
  const scenario = readScenario(name);
  console.log(`\n${name} (${scenario.digest}): ${scenario.about}`);
  console.log(`${worlds} worlds${quick ? ', 20 nights' : ''}\n`);
  console.log('| rule | true score (least-most) | reported | minus true | rollouts | accepted | of no value | looks |');
  console.log('| --- | --- | --- | --- | --- | --- | --- | --- |');
  for (const gate of GATES) {
    const runs = Array.from({ length: worlds }, (_, seed) => play(scenario, gate, seed));
    const truth = runs.map(({ world, release }) => world.truth(release));
    // A rule that accepted nothing has reported nothing.
    const gaps = runs.flatMap(({ reported, accepted }, i) => (accepted > 0 ? [reported - (truth[i] as number)] : []));
    const reported = runs.flatMap((run) => (run.accepted > 0 ? [run.reported] : []));
    const of = (what: (run: Run) => number) => mean(runs.map(what));
    const cells = [
      gate.name,
      `${cell(mean(truth), 3)}${worlds > 1 ? ` (${cell(Math.min(...truth), 3)}-${cell(Math.max(...truth), 3)})` : ''}`,
      reported.length === 0 ? '-' : cell(mean(reported), 3),
      gaps.length === 0 ? '-' : cell(mean(gaps), 3),
      `${cell(of((run) => run.rollouts) / 1000, 1)}k`,
      cell(
        of((run) => run.accepted),
        1,
      ),
      cell(
        of((run) => run.useless),
        1,
      ),
      cell(
        of((run) => run.looks),
        1,
      ),
    ];
    console.log(`| ${cells.join(' | ')} |`);
  }
}
