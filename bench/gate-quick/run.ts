/** Prints the gate's simulated error rates, power, coverage and futility: `npx jiti bench/gate-quick/run.ts [nights]`. */
import { countReleases, coverage, futilityOf, guardBlocks } from './measure.ts';
import { better, catastrophe, families, flips, halves, noise, type World } from './worlds.ts';

const nights = Number(process.argv[2] ?? 2000);
if (!Number.isInteger(nights) || nights < 1)
  throw new RangeError(`expected a number of nights, got ${process.argv[2]}`);

const nulls: World[] = [
  flips(60),
  flips(100),
  noise(60, 1),
  noise(60, 4),
  noise(100, 4),
  halves(100, 4),
  catastrophe(100),
  families(12, true),
  families(12, false),
];
const effects: World[] = [1, 4].flatMap((trials) =>
  [60, 100].flatMap((tasks) => [0.05, 0.1, 0.2].map((effect) => better(tasks, trials, effect))),
);
const percent = (share: number) => `${(share * 100).toFixed(1)} %`;

console.log(`${nights} nights a row, alpha .02\n`);
console.log('| world | released | interval covers | tasks played with futility | releases lost to futility |');
console.log('| --- | --- | --- | --- | --- |');
for (const world of [...nulls, ...effects]) {
  const released = percent(countReleases(world, nights, 1) / nights);
  const { lost, tasksPlayed } = futilityOf(world, nights, 1);
  const cells = [
    world.name,
    released,
    percent(coverage(world, nights, 1)),
    tasksPlayed.toFixed(0),
    percent(lost / nights),
  ];
  console.log(`| ${cells.join(' | ')} |`);
}

console.log('\n| protected tag that nothing hurts, 30 % of its tasks flip | blocked | by the bet |');
console.log('| --- | --- | --- |');
for (const tasks of [10, 20, 40, 80]) {
  const { guard, bet } = guardBlocks(flips(tasks), nights, 1);
  console.log(`| ${tasks} tasks | ${percent(guard)} | ${percent(bet)} |`);
}
