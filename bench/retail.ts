/**
 * The retail environment for benchmarks: fresh tasks that no night has seen, and two harnesses
 * compared on them.
 */
import { seedOf } from '../dist/digest.js';
import { loadEnvironment } from '../dist/environments/registry.js';
import { evaluate } from '../dist/evaluation/evaluate.js';
import { pairedInterval } from '../dist/gate/interval.js';
import { parseHarness } from '../dist/harness/parse.js';
import { readHarnessFiles } from '../dist/ledger/branch/branch.js';
import type { Repository } from '../dist/ledger/git/git.js';
import { simulatedAgent } from '../dist/models/sim/agent.js';
import type { Agent, Environment, Harness } from '../dist/types.js';
import { mean } from './rows.ts';
import { projectRoot } from './temporary.ts';

export const retail: Environment = await loadEnvironment('retail', { root: projectRoot });
export const medium: Agent = simulatedAgent('medium');

/** Seeds of the panels that a night may draw; fresh tasks must not share one. */
const panelSeeds = new Set(Array.from({ length: 1000 }, (_, look) => seedOf('panel', 'retail', look)));

/** Tasks in a world of their own, another for each name. */
export function freshTasks(name: string, count: number): Environment {
  const seed = seedOf('bench fresh', name);
  if (panelSeeds.has(seed)) throw new Error(`the fresh tasks "${name}" have the seed of a panel`);
  if (retail.generate === undefined) throw new Error('retail cannot generate tasks');
  return retail.generate({ seed, tasks: count, split: 'train' });
}

export const harnessAt = async (repository: Repository, commit: string): Promise<Harness> =>
  parseHarness('retail', await readHarnessFiles(repository, 'retail', commit));

/** Mean reward of each task, in the order of the environment's tasks. */
export async function taskScores(
  harness: Harness,
  environment: Environment,
  options: { readonly agent?: Agent; readonly trials?: number; readonly seed?: number } = {},
): Promise<number[]> {
  const { agent = medium, trials = 1, seed = 1 } = options;
  const scores: number[] = [];
  // In parts, for an evaluation keeps its traces.
  for (let next = 0; next < environment.tasks.length; next += 100) {
    const tasks = environment.tasks.slice(next, next + 100);
    const { evaluation } = await evaluate({ harness, environment, agent, tasks, trials, seed, concurrency: 8 });
    if (evaluation.voids > 0) throw new Error(`${evaluation.voids} void rollouts`);
    for (const { rewards } of evaluation.tasks) scores.push(mean(rewards));
  }
  return scores;
}

export interface Effect {
  readonly before: number;
  readonly after: number;
  /** Mean of after - before. */
  readonly effect: number;
  /** 95 % interval of the effect. */
  readonly low: number;
  readonly high: number;
}

/** Task scores of two arms, played with the same trial seeds. */
export function effectOf(before: readonly number[], after: readonly number[]): Effect {
  const differences = after.map((score, index) => score - (before[index] as number));
  return { before: mean(before), after: mean(after), effect: mean(differences), ...pairedInterval(differences) };
}
