/**
 * Time of one verdict on a large panel, 1,000 tasks x 8 trials an arm: `npx jiti bench/verdict.ts
 * [--repeats 50]`.
 */

import { randomOf } from '../dist/digest.js';
import { pairDifferences } from '../dist/gate/pairs.js';
import { decideRelease } from '../dist/gate/release.js';
import { runTest } from '../dist/gate/statistic.js';
import { printTable } from './rows.ts';
import { flag, median } from './temporary.ts';

const TASKS = 1000;
const TRIALS = 8;
const random = randomOf('bench verdict');
const arm = (chance: number) => Array.from({ length: TRIALS }, () => (random() < chance ? 1 : 0));
const pairs = Array.from({ length: TASKS }, (_, i) => {
  const chance = random();
  return { task: `t${i}`, tags: [`group-${i % 5}`], before: arm(chance), after: arm(Math.min(1, chance + 0.03)) };
});
const differences = pairDifferences(pairs);
const options = { planned: TASKS, protectedTags: ['group-0', 'group-1'] };

const timed: readonly (readonly [string, () => unknown])[] = [
  ['statistic alone (STaR bet)', () => runTest(differences, 'star', 0.02)],
  ['statistic alone (sign test)', () => runTest(differences, 'sign', 0.02)],
  ['verdict: statistic, intervals, two guards', () => decideRelease(pairs, options)],
];
const rows = timed.map(([name, run]) => {
  const times = Array.from({ length: flag('repeats', 50) }, () => {
    const started = performance.now();
    run();
    return performance.now() - started;
  });
  return [name, Math.min(...times), median(times), Math.max(...times)].map((cell) =>
    typeof cell === 'number' ? `${cell.toFixed(3)} ms` : cell,
  );
});
printTable([`${TASKS} tasks x ${TRIALS} trials`, 'min', 'median', 'max'], rows);
