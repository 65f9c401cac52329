/** Engine overhead a rollout, persistence included: a model that answers at once plays tasks that need one call. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBudget } from '../dist/evaluation/budget.js';
import { openEvaluator } from '../dist/evaluation/evaluator.js';
import { fileJournal } from '../dist/evaluation/journal.js';
import { parseHarness } from '../dist/harness/parse.js';
import type { Agent, Environment, Task } from '../dist/types.js';
import { median } from './temporary.ts';

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

/** Microseconds a rollout, wall time of the whole loop. */
async function measure(rollouts: number): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'optimize-overhead-'));
  try {
    const environment = environmentOf(rollouts);
    const harness = parseHarness('bench', new Map([['policy.md', 'Be brief.\n']]));
    const journal = fileJournal(directory, { keepSteps: true, bufferLines: 64 });
    const evaluator = openEvaluator({
      environment,
      agent,
      journal,
      budget: openBudget(
        {
          maxRollouts: Number.POSITIVE_INFINITY,
          maxUsd: Number.POSITIVE_INFINITY,
          maxMinutes: Number.POSITIVE_INFINITY,
        },
        () => 0,
      ),
      seed: 1,
      night: 1,
      concurrency: 1,
      timeoutMs: 30_000,
    });
    const started = performance.now();
    for (const task of environment.tasks) await evaluator.play({ harness, task, trial: 0, tier: 'dev' });
    journal.flush();
    return ((performance.now() - started) * 1000) / rollouts;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

await measure(500);
const rows: Record<number, number[]> = { 1000: [], 20000: [] };
for (let repeat = 0; repeat < 5; repeat++) for (const count of [1000, 20000]) rows[count]?.push(await measure(count));
for (const [count, values] of Object.entries(rows))
  console.log(
    `${count} rollouts: ${Math.min(...values).toFixed(0)} / ${median(values).toFixed(0)} / ${Math.max(...values).toFixed(0)} microseconds a rollout (min / median / max of ${values.length})`,
  );
const ratio = median(rows[20000] ?? []) / median(rows[1000] ?? []);
console.log(`20,000 against 1,000: ${ratio.toFixed(2)} times`);
