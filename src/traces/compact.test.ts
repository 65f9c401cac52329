/**
 * Compact traces: short, numbered as the trace, nothing said twice, and the responsible step still
 * there.
 */
import { resolve } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { diagnose } from '../diagnosis/diagnose.ts';
import { loadEnvironment } from '../environments/registry.ts';
import { evaluate } from '../evaluation/evaluate.ts';
import { loadHarness } from '../harness/load.ts';
import { simulatedAgent } from '../models/sim/agent.ts';
import type { Environment, Step, Task, Trace } from '../types.ts';
import { compactTrace } from './compact.ts';

const root = resolve(import.meta.dirname, '../..');
const harness = loadHarness(root, 'retail');

const traceOf = (steps: readonly Step[]): Trace => ({
  id: 'x',
  harness: 'h',
  env: 'shop',
  agent: 'sim:medium',
  model: 'sim:medium',
  task: 't',
  split: 'train',
  trial: 0,
  seed: 1,
  prompt: { system: '', user: '', tools: [] },
  steps,
  score: { reward: 0, checks: [{ name: 'state', passed: false, detail: 'orders.1 differs' }] },
  usage: { calls: 1, inputTokens: 1, outputTokens: 1, cachedTokens: 0, costUsd: 0 },
});

test('says what changed, quotes once, and keeps the numbers of the steps', () => {
  const order = { name: 'get_order', arguments: { order_id: '#W1' } };
  const content = JSON.stringify({ order_id: '#W1', items: Array.from({ length: 40 }, (_, i) => ({ item: i })) });
  const text = compactTrace(
    traceOf([
      { kind: 'call', callId: 'c1', call: order, readOnly: true },
      { kind: 'result', callId: 'c1', content, error: false },
      { kind: 'call', callId: 'c2', call: order, readOnly: true },
      { kind: 'result', callId: 'c2', content, error: false },
      { kind: 'rewrite', by: 'format:id', callId: 'c3', what: 'order_id', before: 'W1', after: '#W1' },
      { kind: 'state_delta', callId: 'c3', changes: ['orders.#W1.status: "pending" -> "cancelled"'] },
      {
        kind: 'block',
        by: 'rule-a',
        callId: 'c4',
        call: order,
        message: 'Call \u001b[2Jcancel_order first, then go on with the rest.',
      },
    ]),
  ).split('\n');
  expect(text[0]).toBe('0 call get_order({"order_id":"#W1"})');
  expect(text[1]).toMatch(/^1 result \{"order_id":"#W1".{60,110}\.\.\.$/);
  expect(text[3]).toBe('3 result (as in 1)');
  expect(text[4]).toBe('4 [format:id] order_id: "W1" -> "#W1"');
  expect(text[5]).toBe('5 changed orders.#W1.status: "pending" -> "cancelled"');
  expect(text[6]).toBe('6 [rule-a] blocks: Call [2Jcancel_order first, then go on with the rest.');
  expect(text[7]).toBe('reward 0; failed: orders.1 differs');
});

describe('on traces of the held-out profile', () => {
  let environment: Environment;
  let traces: readonly Trace[];
  beforeAll(async () => {
    environment = await loadEnvironment('retail', { root });
    const agent = simulatedAgent('held-out');
    traces = (await evaluate({ harness, environment, agent, tasks: environment.tasks.slice(0, 200) })).traces;
  });

  test('they take at most a third of the steps as they are stored', () => {
    const raw = traces.reduce((sum, { steps }) => sum + JSON.stringify(steps).length, 0);
    const compact = traces.reduce((sum, trace) => sum + compactTrace(trace).length, 0);
    expect(compact).toBeLessThan(raw / 3);
  });

  test('the responsible step of every failure is still in them', async () => {
    const tasks = new Map(environment.tasks.map((task) => [task.id, task]));
    let failures = 0;
    for (const trace of traces) {
      const found = await diagnose(trace as Trace<'train'>, {
        task: tasks.get(trace.task) as Task<'train'>,
        environment,
        harness,
      });
      if (found === null) continue;
      failures += 1;
      expect(
        compactTrace(trace)
          .split('\n')
          .some((line) => line.startsWith(`${found.step} `)),
      ).toBe(true);
    }
    expect(failures).toBeGreaterThan(50);
  });
});
