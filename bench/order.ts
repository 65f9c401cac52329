/**
 * A neutral edit where the environment does something by place, count or clock: how often a look
 * releases it, by the real function of the order and the real verdict:
 * `npx jiti bench/order.ts [--looks N]`. Exit 1 above the 99 % limit.
 */
import { canonicalJson, randomOf, sha256 } from '../src/digest.ts';
import { armOrder, orderText } from '../src/gate/order.ts';
import type { Pair } from '../src/gate/pairs.ts';
import { decideRelease } from '../src/gate/release.ts';
import { printTable, text } from './rows.ts';

const TASKS = 100;
const looks = Number(text('looks') ?? 2000);
/** The 99 % quantile of Bin(looks, .02): 55 of 2,000. */
const limit = quantile(looks, 0.02, 0.99);

interface Rollout {
  /** Rollouts before this one: in the whole look, of this task, and in this pair. */
  readonly count: number;
  readonly ofTask: number;
  readonly place: number;
  readonly task: number;
  /** Own stream of the look. */
  random(): number;
}

/** Chance to win a rollout; the harness is no argument, so every edit is neutral. */
type Chance = (rollout: Rollout) => number;

const NOISE = 0.6;
const ENVIRONMENTS: Readonly<Record<string, Chance>> = {
  'first use of a task fails': ({ ofTask }) => (ofTask === 0 ? 0 : NOISE),
  'first use fails, else repeats': ({ ofTask, task }) => (ofTask === 0 ? 0 : task % 3 === 0 ? 0 : 1),
  'every other use of a task fails': ({ ofTask }) => (ofTask % 2 === 0 ? 0 : 1),
  'every other call fails': ({ count }) => count % 2,
  'every fourth call fails': ({ count }) => (count % 4 === 3 ? 0 : 1),
  'warm cache, second +20 points': ({ place }) => NOISE + 0.2 * place,
  'rate limit, 7 of 20 calls fail': ({ count }) => (count % 20 < 7 ? 0 : NOISE),
  'rate limit, a burst of 3 then 1 fails': ({ count }) => (count % 4 === 3 ? 0 : NOISE),
  'time of day, from 90 to 30 %': ({ count }) => 0.9 - (0.6 * count) / 800,
  'place effect alternates by task': ({ place, task }) => (place === task % 2 ? 0 : 1),
  'nothing but noise': () => NOISE,
};

/** Releases of `looks` looks; a fixed order plays the release first, as rules up to gate/4 did. */
function releases(name: string, chance: Chance, trials: number, isFixed: boolean): number {
  let released = 0;
  for (let look = 0; look < looks; look++) {
    const random = randomOf('order', name, trials, look);
    const key = {
      head: sha256(`${name} ${look}`),
      panel: sha256(canonicalJson([name, look])),
      look: 1,
      arms: ['a', 'b'],
    };
    let calls = 0;
    const pairs: Pair[] = [];
    for (let task = 0; task < TASKS; task++) {
      const order = isFixed ? Array.from({ length: trials }, () => [0, 1]) : armOrder(key, `t${task}`, trials);
      const rewards: [number[], number[]] = [[], []];
      let ofTask = 0;
      for (const row of order)
        for (const [place, arm] of row.entries())
          rewards[arm as 0 | 1].push(
            random() < chance({ count: calls++, ofTask: ofTask++, place, task, random }) ? 1 : 0,
          );
      const [before, after] = rewards;
      pairs.push({ task: `t${task}`, tags: [], before, after, ...(isFixed ? {} : { order: orderText(order) }) });
    }
    if (decideRelease(pairs, { planned: TASKS }).decision === 'accepted') released += 1;
  }
  return released;
}

/** Least k with P(Bin(n, p) <= k) >= q. */
function quantile(n: number, p: number, q: number): number {
  let term = (1 - p) ** n;
  let sum = term;
  let k = 0;
  while (sum < q) {
    term *= ((n - k) / (k + 1)) * (p / (1 - p));
    k += 1;
    sum += term;
  }
  return k;
}

const rows = Object.entries(ENVIRONMENTS).map(([name, chance]) => {
  const row = [1, 4].flatMap((trials) => [releases(name, chance, trials, true), releases(name, chance, trials, false)]);
  process.stderr.write(`${name}: ${row.join(' ')}\n`);
  return { name, row };
});
printTable(
  ['environment', 'fixed order, 1 trial', 'drawn, 1 trial', 'fixed order, 4 trials', 'drawn, 4 trials'],
  rows.map(({ name, row }) => [name, ...row.map(String)]),
);
const worst = Math.max(...rows.flatMap(({ row: [, one = 0, , four = 0] }) => [one, four]));
process.stdout.write(
  `\n${looks} looks each at ${TASKS} tasks, alpha .02: at most ${worst} released in a drawn order, limit ${limit}\n`,
);
process.exitCode = worst > limit ? 1 : 0;
