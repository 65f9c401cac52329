/** Broken environments: the right party is blamed, nothing crashes, no fault becomes a score. */
import { describe, expect, it, test } from 'vitest';
import { z } from 'zod';
import { EnvironmentError, InfrastructureError, UsageError } from '../errors.ts';
import { openBudget } from '../evaluation/budget.ts';
import { openEvaluator } from '../evaluation/evaluator.ts';
import { memoryJournal } from '../evaluation/journal.ts';
import { NO_HARNESS } from '../runtime/compile.ts';
import { LONGEST_RESULT } from '../runtime/guard.ts';
import { playEpisode } from '../runtime/play.ts';
import { scriptedAgent } from '../runtime/scripted-agent.fixture.ts';
import type { Environment, Task, Trace } from '../types.ts';
import { defineEnvironment, type EnvironmentDefinition, tool } from './define.ts';

interface Counter {
  count: number;
}
type Definition = EnvironmentDefinition<Counter, string>;

const never = () => new Promise<never>(() => {});
const circular = (): object => {
  const value: Record<string, unknown> = {};
  value.itself = value;
  return value;
};
class Client {}

const sound: Definition = {
  name: 'counter',
  tasks: [{ id: 't1', input: 'Add one.', split: 'train' }],
  tools: { add: adding((state) => state.count++) },
  reset: () => ({ count: 0 }),
  score: (_task, { count }) => ({ reward: count === 1 ? 1 : 0, checks: [] }),
  oracle: () => ({ calls: [{ name: 'add', arguments: {} }], summary: 'Added.' }),
  timeoutMs: 5,
};

function adding(run: (state: Counter) => unknown) {
  return tool('Add one to the counter.', z.object({}), run);
}

async function play(environment: Environment): Promise<Trace> {
  const agent = scriptedAgent(
    [
      { name: 'add', arguments: {} },
      { name: 'done', arguments: { summary: 'Added.' } },
    ],
    { simulated: true },
  );
  const task = environment.tasks[0] as Task;
  return playEpisode({ harness: null, environment, agent, task, trial: 0, seed: 1 });
}

const withTool = (run: (state: Counter) => unknown) => defineEnvironment({ ...sound, tools: { add: adding(run) } });
const whole = defineEnvironment(sound);
/** Made by hand, without `defineEnvironment`. */
const answering = (result: unknown): Environment => ({
  name: 'counter',
  digest: 'by hand',
  tools: whole.tools,
  tasks: whole.tasks,
  maxTurns: 5,
  ceiling: 0,
  reset: () => ({}),
  execute: () => result as never,
  score: () => ({ reward: 1, checks: [] }),
});

describe('the agent is answered, and scored', () => {
  test.each<[string, Environment, { content: string | RegExp; error: boolean; reward: number }]>([
    [
      'a tool that throws',
      withTool(() => {
        throw new Error('no such counter');
      }),
      { content: 'Error: no such counter', error: true, reward: 0 },
    ],
    [
      'a tool that rejects',
      withTool(() => Promise.reject(new Error('no such counter'))),
      { content: 'Error: no such counter', error: true, reward: 0 },
    ],
    [
      'a tool that throws half-way',
      withTool((state) => {
        state.count = 1;
        throw new Error('half-way');
      }),
      { content: 'Error: half-way', error: true, reward: 0 },
    ],
    [
      'a tool that returns undefined',
      withTool((state) => void state.count++),
      { content: 'ok', error: false, reward: 1 },
    ],
    [
      'a tool that returns NaN',
      withTool(async (state) => {
        state.count++;
        return Number.NaN;
      }),
      { content: 'NaN', error: false, reward: 1 },
    ],
    [
      'a tool that returns 50 MB',
      withTool((state) => {
        state.count++;
        return 'x'.repeat(50_000_000);
      }),
      { content: /^x+ \[49800000 characters left out\]$/, error: false, reward: 1 },
    ],
  ])('%s', async (_, environment, { content, error, reward }) => {
    const trace = await play(environment);
    const result = trace.steps.find((step) => step.kind === 'result');
    if (result?.kind !== 'result') throw new Error('no result');
    expect(result.error).toBe(error);
    if (typeof content === 'string') expect(result.content).toBe(content);
    else expect(result.content).toMatch(content);
    expect(result.content.length).toBeLessThan(LONGEST_RESULT + 100);
    expect(trace).toMatchObject({ score: { reward } });
    expect(trace.error).toBeUndefined();
  });
});

describe('the environment is named, and the rollout is void', () => {
  const scoring = (score: () => unknown) => defineEnvironment({ ...sound, score: score as never });
  test.each<[string, Environment, RegExp]>([
    ['a tool that hangs', withTool(never), /the tool add gave no answer within 0.005 s/],
    ['a tool that returns a circular value', withTool(circular), /the tool add returned a value that is no JSON/],
    ['a tool that returns a BigInt', withTool(() => 1n), /the tool add returned a value that is no JSON/],
    ['a tool that returns a function', withTool(() => never), /the tool add returned a function/],
    [
      'a tool whose service is down',
      withTool(() => Promise.reject(new EnvironmentError('the database is down'))),
      /environment counter: the database is down/,
    ],
    ['tools that answer undefined', answering(undefined), /the tool add returned undefined; expected \{content/],
    ['tools that answer something else', answering({ content: 7 }), /the tool add returned an object; expected/],
    [
      'a scorer that throws',
      scoring(() => {
        throw new TypeError('no field');
      }),
      /the scorer on task t1 failed: no field/,
    ],
    ['a scorer that rejects', scoring(() => Promise.reject(new Error('gone'))), /the scorer on task t1 failed: gone/],
    ['a scorer that hangs', scoring(never), /the scorer on task t1 gave no answer within/],
    [
      'a reset that throws',
      defineEnvironment({ ...sound, reset: () => Promise.reject(new Error('no room')) }),
      /reset of task t1 failed: no room/,
    ],
    ['a reset that hangs', defineEnvironment({ ...sound, reset: never }), /reset of task t1 gave no answer within/],
    [
      'an oracle without calls',
      defineEnvironment({ ...sound, oracle: () => ({}) as never }),
      /the oracle returned an object; expected \{calls/,
    ],
    [
      'changes that throw',
      defineEnvironment({
        ...sound,
        changes: () => {
          throw new Error('no diff');
        },
      }),
      /changes failed: no diff/,
    ],
    [
      'a dispose that throws',
      defineEnvironment({ ...sound, dispose: () => Promise.reject(new Error('still open')) }),
      /dispose failed: still open/,
    ],
  ])('%s', async (_, environment, sentence) => {
    const trace = await play(environment);
    expect(trace).toMatchObject({ score: null, fault: 'environment' });
    expect(trace.error).toMatch(/^environment counter: /);
    expect(trace.error).toMatch(sentence);
  });

  it('keeps what was played and what it cost', async () => {
    const trace = await play(scoring(never));
    expect(trace.steps.map(({ kind }) => kind)).toContain('result');
    expect(trace.usage.calls).toBe(2);
  });
});

describe('what cannot be copied or stored is refused with the remedy', () => {
  const holding = (value: unknown) => defineEnvironment({ ...sound, reset: () => ({ count: 0, value }) });
  test.each<[string, unknown, RegExp]>([
    ['a class instance', { deep: [new Client()] }, /an instance of Client at value.deep.0.*add snapshot and restore/],
    ['a function', never, /a function at value/],
    ['a value that holds itself', circular(), /a value that holds itself at value.itself/],
    ['a promise', never(), /a promise at value/],
  ])('a state with %s', async (_, value, sentence) => {
    await expect(play(holding(value))).rejects.toThrow(UsageError);
    await expect(play(holding(value))).rejects.toThrow(sentence);
  });

  it('takes the same state with replayable: false, and then cannot fork it', async () => {
    const environment = defineEnvironment({
      ...sound,
      replayable: false,
      reset: () => ({ count: 0, client: new Client() }),
    });
    expect(await play(environment)).toMatchObject({ score: { reward: 1 } });
    expect([environment.fork, environment.changes]).toEqual([undefined, undefined]);
  });

  it('takes Map, Set and Date in a state, and tells their changes', async () => {
    const environment = defineEnvironment<{ orders: Map<string, string> }>({
      name: 'counter',
      tasks: [{ id: 't1', input: 'Cancel it.', split: 'train' }],
      tools: {
        add: tool('Cancel it.', z.object({}), ({ orders }) => void orders.set('A1', 'cancelled')),
      },
      reset: () => ({ orders: new Map([['A1', 'pending']]), seen: new Set(['a']), day: new Date(0) }),
      score: (_task, { orders }) => ({ reward: orders.get('A1') === 'cancelled' ? 1 : 0, checks: [] }),
    });
    const trace = await play(environment);
    expect(trace).toMatchObject({ score: { reward: 1 } });
    expect(trace.steps).toContainEqual(
      expect.objectContaining({ kind: 'state_delta', changes: ['orders.A1: "pending" -> "cancelled"'] }),
    );
  });

  it('refuses tasks that differ for equal options, and inputs that no record holds', () => {
    let made = 0;
    const impure = () => [{ id: `t${made++}`, input: 'x' }];
    expect(() => defineEnvironment({ ...sound, tasks: impure })).toThrow(
      /other tasks each time.*\(tasks.0.id: "t0" -> "t1"\); draw from options.seed/,
    );
    const input = new Map([['a', 1]]);
    const bad = { ...sound, tasks: [{ id: 't1', input }], prompt: () => 'x' } as never;
    expect(() => defineEnvironment(bad)).toThrow(/the input of task t1 holds a Map; expected JSON/);
  });

  it('refuses half a pair of hooks', () => {
    expect(() => defineEnvironment({ ...sound, snapshot: (state) => state })).toThrow(/snapshot alone; add the other/);
  });
});

describe('a run', () => {
  /** Plays 100 tasks; the scorer fails on some of them. */
  function playAll(isBroken: (id: string) => boolean) {
    const tasks = Array.from({ length: 100 }, (_, i) => ({ id: `t${i}`, input: 'Add one.', split: 'dev' as const }));
    const environment = defineEnvironment({
      ...sound,
      tasks,
      score: ({ id }) => {
        if (isBroken(id)) throw new Error('no judge');
        return { reward: 1, checks: [] };
      },
    });
    const unlimited = Number.POSITIVE_INFINITY;
    const evaluator = openEvaluator({
      environment,
      agent: scriptedAgent([]),
      budget: openBudget({ maxRollouts: unlimited, maxUsd: unlimited, maxMinutes: unlimited }, () => 0),
      journal: memoryJournal(),
      seed: 1,
      night: 1,
      concurrency: 1,
      timeoutMs: 1000,
    });
    return (async () => {
      const traces: Trace[] = [];
      for (const task of environment.tasks)
        traces.push(await evaluator.play({ harness: NO_HARNESS, task, trial: 0, tier: 'dev' }));
      return traces;
    })();
  }

  it('is stopped when the environment fails in more than 2 % of its rollouts', async () => {
    await expect(playAll((id) => Number(id.slice(1)) % 10 === 4)).rejects.toThrow(InfrastructureError);
    await expect(playAll((id) => Number(id.slice(1)) % 10 === 4)).rejects.toThrow(
      /the scorer on task t\d+ failed: no judge.*the environment failed in 3 of 25 rollouts/,
    );
  });

  it('goes on with fewer, and calls no endpoint gone', async () => {
    const traces = await playAll((id) => id === 't50' || id === 't51');
    expect(traces.filter(({ fault }) => fault === 'environment').map(({ task }) => task)).toEqual(['t50', 't51']);
    expect(traces).toHaveLength(100);
  });
});
