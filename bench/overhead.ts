/**
 * Engine overhead a rollout, persistence included: `npx jiti bench/overhead.ts [--repeats 5]`. A
 * model that answers at once plays tasks that need one call; then the simulated agent plays retail
 * under a released harness, with the time spent in the agent shown apart.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBudget } from '../dist/evaluation/budget.js';
import { openEvaluator } from '../dist/evaluation/evaluator.js';
import { fileJournal } from '../dist/evaluation/journal.js';
import { parseHarness } from '../dist/harness/parse.js';
import { openRepository } from '../dist/ledger/git/git.js';
import type { Agent, Environment, Harness, Task } from '../dist/types.js';
import { freshTasks, harnessAt, medium } from './retail.ts';
import { printTable } from './rows.ts';
import { flag, median, temporaryRepository } from './temporary.ts';

const usage = { calls: 1, inputTokens: 10, outputTokens: 5, cachedTokens: 0, costUsd: 0 };
const agent: Agent = {
  id: 'instant',
  simulated: true,
  digest: 'instant',
  open: () => ({
    complete: async () => ({
      content: '',
      toolCalls: [{ id: 'c1', name: 'done', arguments: '{"summary":"ok"}' }],
      usage,
      model: 'instant',
      finish: 'tool_calls',
    }),
  }),
};

function environmentOf(count: number): Environment {
  const tasks: Task[] = Array.from({ length: count }, (_, index) => ({
    id: `t${index}`,
    split: 'dev',
    tags: [],
    request: `task ${index}`,
    target: null,
  }));
  return {
    name: 'bench',
    digest: 'bench',
    tools: [],
    tasks,
    maxTurns: 3,
    ceiling: 1,
    reset: () => ({}),
    execute: () => ({ content: 'ok', error: false }),
    fork: (state) => state,
    changes: () => [],
    score: () => ({ reward: 1, checks: [] }),
  };
}

interface Measured {
  /** Microseconds a rollout, wall time of the whole loop. */
  readonly total: number;
  /**
   * The same in processor time of all threads: what remains comparable on a machine that does other
   * work as well.
   */
  readonly cpu: number;
  /** Of the wall time, inside the agent. */
  readonly agent: number;
}

/** One rollout of each task, one after the other, through the evaluator and its journal on disk. */
async function measure(environment: Environment, harness: Harness, player: Agent): Promise<Measured> {
  const directory = mkdtempSync(join(tmpdir(), 'optimize-overhead-'));
  let inside = 0;
  const timed: Agent = {
    ...player,
    open: (episode) => {
      const model = player.open(episode);
      return {
        complete: async (request, signal) => {
          const started = performance.now();
          const reply = await model.complete(request, signal);
          inside += performance.now() - started;
          return reply;
        },
      };
    },
  };
  try {
    const unlimited = Number.POSITIVE_INFINITY;
    const journal = fileJournal(directory, { keepSteps: true, bufferLines: 64 });
    const evaluator = openEvaluator({
      environment,
      agent: timed,
      journal,
      budget: openBudget({ maxRollouts: unlimited, maxUsd: unlimited, maxMinutes: unlimited }, () => 0),
      seed: 1,
      night: 1,
      concurrency: 1,
      timeoutMs: 30_000,
    });
    const cpu = process.cpuUsage();
    const started = performance.now();
    for (const task of environment.tasks) await evaluator.play({ harness, task, trial: 0, tier: 'dev' });
    journal.flush();
    const wall = performance.now() - started;
    const used = process.cpuUsage(cpu);
    const count = environment.tasks.length;
    return { total: (wall * 1000) / count, cpu: (used.user + used.system) / count, agent: (inside * 1000) / count };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The harness that a default night releases. */
async function releasedHarness(): Promise<Harness> {
  const temporary = temporaryRepository();
  try {
    for (let seed = 1; ; seed++) {
      const { last } = temporary.optimize('--env', 'retail', '--budget', '20', '--seed', String(seed));
      const released = last.released as { commit: string } | null;
      if (released) return await harnessAt(await openRepository(temporary.root), released.commit);
    }
  } finally {
    temporary.remove();
  }
}

const repeats = flag('repeats', 5);
const LIMIT = 200;
const GROWTH = 1.5;
const line = (values: readonly number[]) =>
  [Math.min(...values), median(values), Math.max(...values)].map((value) => value.toFixed(0));

const policy = parseHarness('bench', new Map([['policy.md', 'Be brief.\n']]));
const sizes = [1000, 20000];
const environments = sizes.map(environmentOf);
await measure(environmentOf(500), policy, agent);
const instant: Measured[][] = sizes.map(() => []);
for (let repeat = 0; repeat < repeats; repeat++)
  for (const [index, environment] of environments.entries()) {
    instant[index]?.push(await measure(environment, policy, agent));
    process.stderr.write(`overhead: repeat ${repeat + 1} of ${repeats}, ${sizes[index]} rollouts\n`);
  }

const harness = await releasedHarness();
const fresh = freshTasks('overhead', 1000);
const real: Measured[] = [];
for (let repeat = 0; repeat < repeats; repeat++) real.push(await measure(fresh, harness, medium));

/** The agent's share of the wall time is taken off both. */
const engine = real.map(({ total, cpu, agent: inside }) => ({
  total: total - inside,
  cpu: cpu * (1 - inside / total),
}));
const cells = (rows: readonly { total: number; cpu: number }[]) => [
  ...line(rows.map(({ total }) => total)),
  ...line(rows.map(({ cpu }) => cpu)),
];
printTable(
  ['microseconds a rollout', 'wall: least', 'median', 'most', 'processor: least', 'median', 'most'],
  [
    ...sizes.map((size, index) => [`instant model, ${size} rollouts`, ...cells(instant[index] ?? [])]),
    ['retail, sim:medium, released harness, 1000 rollouts', ...cells(real)],
    ['  without the simulated agent', ...cells(engine)],
  ],
);
const medianOf = (rows: readonly Measured[], of: 'total' | 'cpu') => median(rows.map((row) => row[of]));
const [few = [], many = []] = instant;
const summary = {
  type: 'overhead',
  wall: {
    few: medianOf(few, 'total'),
    many: medianOf(many, 'total'),
    ratio: medianOf(many, 'total') / medianOf(few, 'total'),
  },
  processor: {
    few: medianOf(few, 'cpu'),
    many: medianOf(many, 'cpu'),
    ratio: medianOf(many, 'cpu') / medianOf(few, 'cpu'),
  },
  retail: {
    wall: medianOf(real, 'total'),
    processor: medianOf(real, 'cpu'),
    engine: median(engine.map(({ cpu }) => cpu)),
  },
};
const said = ({ few: one, many: twenty, ratio }: (typeof summary)['wall']) =>
  `${one.toFixed(0)} and ${twenty.toFixed(0)} microseconds with 1,000 and 20,000 rollouts, ${ratio.toFixed(2)} times`;
console.log(
  `\ninstant model, wall time: ${said(summary.wall)}; processor time: ${said(summary.processor)} (at most ${LIMIT}, ${GROWTH} times wanted)`,
);
console.log(JSON.stringify(summary));
