/**
 * Overhead per rollout of an environment's own process against the same file in this one, with
 * equal traces: `npx jiti bench/child.ts [--repeats 5]`. Exit 1 above 1 ms or for a difference.
 */
import { join } from 'node:path';
import { endChildren } from '../dist/environments/child/child.js';
import { openApart } from '../dist/environments/child/environment.js';
import { loadFile } from '../dist/environments/registry.js';
import { openEnvironment } from '../dist/open/environment.js';
import { chooseModel, openAgent } from '../dist/open/model.js';
import { playEpisode } from '../dist/runtime/play.js';
import type { Environment, Task, Trace } from '../dist/types.js';
import { printTable } from './rows.ts';
import { flag, median, temporaryRepository } from './temporary.ts';

const ROLLOUTS = 1600;
const LANES = 8;

const temporary = temporaryRepository();
const { root } = temporary;
temporary.optimize('init', 'my-shop');
const file = join(root, 'evals', 'my-shop', 'environment.js');

async function measure(environment: Environment): Promise<{ ms: number; traces: string }> {
  const agent = await openAgent(chooseModel({ model: 'sim:medium' }, root), environment);
  const traces: Trace[] = [];
  const play = async (n: number): Promise<void> => {
    const task = environment.tasks[n % environment.tasks.length] as Task;
    traces[n] = await playEpisode({ harness: null, environment, agent, task, trial: 0, seed: n });
  };
  // Oracles and code are warm afterwards, in both places.
  for (let n = 0; n < environment.tasks.length; n++) await play(n);
  const start = performance.now();
  const lane = async (from: number): Promise<void> => {
    for (let n = from; n < ROLLOUTS; n += LANES) await play(n);
  };
  await Promise.all(Array.from({ length: LANES }, (_, from) => lane(from)));
  return { ms: (performance.now() - start) / ROLLOUTS, traces: JSON.stringify(traces) };
}

/** Built-in environments answer at once: nothing is asked of another process. */
const builtIn = await openEnvironment({ env: 'retail' }, root);
const isHere = !(builtIn.reset(builtIn.tasks[0] as Task) instanceof Promise);
const here: number[] = [];
const apart: number[] = [];
let equal = true;
for (let time = 0; time < flag('repeats', 5); time++) {
  const one = await measure(await loadFile(file, root));
  const other = await measure(await openApart(file, root));
  here.push(one.ms);
  apart.push(other.ms);
  equal &&= one.traces === other.traces;
}
endChildren();
temporary.remove();
const overheads = apart.map((ms, time) => ms - (here[time] as number));
const spread = (name: string, list: readonly number[]): string[] => [
  name,
  ...[Math.min(...list), median(list), Math.max(...list)].map((value) => value.toFixed(3)),
];
printTable(
  ['per rollout', 'min', 'median', 'max'],
  [
    spread('ms, this process', here),
    spread('ms, own process', apart),
    spread('overhead, ms', overheads),
    spread(
      'ratio',
      apart.map((ms, time) => ms / (here[time] as number)),
    ),
  ],
);
process.stdout.write(`traces equal: ${equal}; built-in environments play in this process: ${isHere}\n`);
process.exitCode = equal && isHere && median(overheads) <= 1 ? 0 : 1;
