import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { UsageError } from '../errors.ts';
import { evaluate } from '../evaluation/evaluate.ts';
import { NO_HARNESS } from '../runtime/compile.ts';
import type { Environment, Task } from '../types.ts';
import { checkEnvironment } from './check.ts';
import { defineEnvironment, tool } from './define.ts';
import { assignSplits, splitDigest } from './split.ts';

interface Shop {
  orders: Record<string, string>;
}
interface Ask {
  order: string;
}

const cancel = tool('Cancel a pending order.', z.object({ id: z.string() }), (shop: Shop, { id }) => {
  shop.orders[id] = 'cancelled';
  if (id === 'broken') throw new Error('no such order');
});

const shop = (options: { ceiling?: number; readOnly?: boolean } = {}) =>
  defineEnvironment<Shop, Ask>({
    name: 'mini-shop',
    tasks: ({ seed, tasks }) =>
      Array.from({ length: tasks }, (_, index) => ({
        id: `s${seed}-${index}`,
        input: { order: seed === 1 ? `A${index}` : `B${seed}-${index}` },
        tags: [`t${index % 3}`],
      })),
    reset: ({ input }) => ({ orders: { [input.order]: 'pending' } }),
    prompt: ({ input }) => `Cancel order ${input.order}.`,
    tools: {
      cancel: { ...cancel, readOnly: options.readOnly ?? false },
      show: tool('Show all orders.', z.object({}), (state) => state.orders, { readOnly: true }),
    },
    score: ({ input }, state) => ({ reward: state.orders[input.order] === 'cancelled' ? 1 : 0, checks: [] }),
    oracle: ({ input }) => ({
      calls: [
        { name: 'show', arguments: {} },
        { name: 'cancel', arguments: { id: input.order } },
      ],
      summary: 'Cancelled.',
      mentions: { [input.order]: input.order },
    }),
  });

describe('defineEnvironment', () => {
  it('gives a sound environment with generated tasks', async () => {
    const environment = shop();
    expect(await checkEnvironment(environment)).toEqual({
      name: 'mini-shop',
      tasks: 400,
      splits: { train: 200, dev: 100, sealed: 100 },
      tools: 2,
      oracle: 1,
      idle: 0,
      ceiling: 0,
      can: ['oracle', 'fork', 'changes', 'generate'],
      limits: [
        expect.stringMatching(/^No user: /),
        expect.stringMatching(/^No vocabulary: /),
        expect.stringMatching(/^No isError: /),
      ],
      problems: [],
    });
    const fresh = environment.generate?.({ seed: 5, tasks: 8, split: 'sealed' });
    expect(fresh?.tasks.map((task) => task.split)).toEqual(Array(8).fill('sealed'));
    expect(fresh?.digest).not.toBe(environment.digest);
    expect(fresh?.digest).toBe(environment.generate?.({ seed: 5, tasks: 8, split: 'sealed' }).digest);
  });

  it('answers bad calls with errors that change nothing', async () => {
    const environment = shop();
    const state = await environment.reset(environment.tasks[0] as Task);
    const call = async (name: string, given: Record<string, string | number>) =>
      environment.execute(state, { name, arguments: given });
    expect(await call('nothing', {})).toEqual({ content: 'Error: There is no tool nothing', error: true });
    expect((await call('cancel', { id: 4 })).content).toBe('Error: id of cancel must be a string');
    expect((await call('cancel', { id: 'A0', why: 'x' })).content).toContain('why');
    expect(await call('cancel', { id: 'broken' })).toEqual({ content: 'Error: no such order', error: true });
    expect(environment.changes?.(state)).toEqual([]);
    expect(await call('show', {})).toEqual({ content: '{"A0":"pending"}', error: false });
    const fork = (await environment.fork?.(state)) as typeof state;
    expect(await call('cancel', { id: 'A0' })).toEqual({ content: 'ok', error: false });
    expect(environment.changes?.(state)).toEqual(['orders.A0: "pending" -> "cancelled"']);
    expect(environment.changes?.(fork)).toEqual([]);
  });

  it('gives a signal to a function that declares one, and leaves the defaults of others alone', async () => {
    const seen: unknown[] = [];
    const environment = defineEnvironment({
      name: 'signals',
      tasks: [{ id: 'a', input: 'A' }],
      reset: () => ({ stock: 5 }),
      tools: {
        own: tool('Has a default.', z.object({}), (_state, _given, more: unknown = 'default') => void seen.push(more)),
        given: tool('Takes a signal.', z.object({}), (_state, _given, signal) => void seen.push(signal)),
      },
    });
    const { signal } = new AbortController();
    const state = await environment.reset(environment.tasks[0] as Task, signal);
    for (const name of ['own', 'given']) await environment.execute(state, { name, arguments: {} }, signal);
    expect(seen).toEqual(['default', signal]);
  });

  it('tells the model of its tools in JSON Schema', () => {
    expect(shop().tools[0]).toEqual({
      name: 'cancel',
      description: 'Cancel a pending order.',
      readOnly: false,
      parameters: {
        type: 'object',
        properties: { id: { type: 'string' } },
        required: ['id'],
        additionalProperties: false,
      },
    });
  });

  it('without a scorer says so, and asks for one where a score is needed', async () => {
    const environment = defineEnvironment({
      name: 'unscored-shop',
      tasks: [{ id: 'a', input: 'Cancel order A1.' }],
      tools: { cancel },
      reset: () => ({ orders: { A1: 'pending' } }),
    });
    expect(environment.unscored).toBe(true);
    expect(shop().unscored).toBeUndefined();
    const [task] = environment.tasks as [Task];
    const ending = { reason: 'done' as const, summary: '' };
    const state = await environment.reset(task);
    expect(() => environment.score(task, state, ending)).toThrow(UsageError);
    await expect(checkEnvironment(environment)).rejects.toThrow(/"unscored-shop" has no `score`.*optimize judge/);
    const agent = { id: 'a', simulated: false, digest: 'a', open: () => ({ complete: () => Promise.reject() }) };
    await expect(evaluate({ harness: NO_HARNESS, environment, agent })).rejects.toThrow(/has no `score`/);
  });

  it('refuses a split for some tasks only, and a task without text', () => {
    const base = { name: 'x', tools: {}, reset: () => ({}), score: () => ({ reward: 0, checks: [] }) };
    const some = [
      { id: 'a', input: 'A', split: 'dev' as const },
      { id: 'b', input: 'B' },
    ];
    expect(() => defineEnvironment({ ...base, tasks: some })).toThrow(/1 of 2 tasks have a split/);
    expect(() => defineEnvironment({ ...base, tasks: [{ id: 'a', input: { deep: 1 } }] })).toThrow(UsageError);
  });
});

describe('checkEnvironment', () => {
  it('finds lookups that write, oracles that fail and scores for nothing', async () => {
    expect((await checkEnvironment(shop({ readOnly: true }))).problems[0]).toContain(
      'cancel is marked read-only and changes the state',
    );
    const sound: Environment = shop();
    const oracle = () => ({ calls: [{ name: 'cancle', arguments: {} }], summary: '', mentions: { x: 'not there' } });
    const given = { ...sound, tasks: sound.tasks.slice(0, 4), oracle };
    const problems = (await checkEnvironment(given)).problems.join('\n');
    expect(problems).toContain("the oracle's cancle fails");
    expect(problems).toContain('the oracle scores 0, expected 1');
    expect(problems).toContain('the request does not hold "not there"');
    const generous = { ...sound, score: () => ({ reward: 1, checks: [] }) };
    expect((await checkEnvironment(generous)).problems).toContain(
      'an agent that does nothing scores 100.0 %, above the ceiling of 0.0 %',
    );
  });

  it('finds broken tools and tasks', async () => {
    const sound: Environment = shop();
    const first = sound.tools[0] as Environment['tools'][number];
    const tools = [
      first,
      first,
      { ...first, name: 'done', parameters: { type: 'object', properties: {}, required: ['x'] } },
    ];
    const { problems } = await checkEnvironment({ ...sound, tools, tasks: [] });
    expect(problems).toEqual([
      'two tools have the name cancel',
      'the tool done is added by the runtime and must not be defined',
      'done requires x, which is not among its properties',
      'there is no task',
    ]);
  });
});

describe('checkEnvironment at faults', () => {
  const sound: Environment = shop();
  /** As made by hand: without the time limits that a definition brings. */
  const byHand = (given: Partial<Environment>): Environment => ({
    ...(Object.fromEntries(Object.entries(sound)) as typeof sound),
    ...given,
  });
  const faults = (problems: readonly string[]) => problems.filter((text) => text.startsWith('environment mini-shop, '));

  it('names one fault per line, with the environment, and goes on', async () => {
    let scored = 0;
    const score: Environment['score'] = (...given) => {
      if (++scored === 1) throw new Error('no database');
      return sound.score(...given);
    };
    const { problems } = await checkEnvironment(byHand({ score }));
    expect(problems).toEqual([
      expect.stringMatching(/^environment mini-shop, task \S+: the scorer on task \S+ failed: no database$/),
    ]);
  });

  it('stops after three hanging resets, and tells how far it is', async () => {
    const seen: [number, number][] = [];
    const reset = () => new Promise<never>(() => {});
    const { problems } = await checkEnvironment(byHand({ reset, timeoutMs: 1 }), (...now) => seen.push(now));
    expect(faults(problems)).toHaveLength(3);
    expect(faults(problems)[0]).toMatch(/task \S+: reset of task \S+ gave no answer within 0.001 s$/);
    expect(problems).toContain('stopped after 3 faults of the environment, at task 3 of 400');
    expect(seen).toEqual([0, 1, 2].map((done) => [done, 400]));
  });

  it('takes a fault that another copy of the package named as it is', async () => {
    const other = Object.assign(new Error('the tool cancel gave no answer within 60 s'), { name: 'EnvironmentError' });
    const { problems } = await checkEnvironment(byHand({ execute: () => Promise.reject(other) }));
    expect(faults(problems)).toHaveLength(3);
    expect(faults(problems)[0]).toMatch(/task \S+: the tool cancel gave no answer within 60 s$/);
  });

  it('counts equal ids in one line', async () => {
    const tasks = sound.tasks.map((task, index) => ({ ...task, id: `a${index % 100}` }));
    const { problems } = await checkEnvironment({ ...sound, tasks });
    expect(problems[0]).toBe('ids that more than one task has: 100, such as a0 (of 400 tasks)');
    expect(problems.filter((text) => text.startsWith('ids '))).toHaveLength(1);
  });
});

describe('assignSplits', () => {
  const tasks = Array.from(
    { length: 40 },
    (_, index): Task => ({
      id: `t${index}`,
      split: 'train',
      tags: [index < 20 ? 'easy' : 'hard'],
      request: '',
      target: null,
    }),
  );

  it('deals every stratum 50/25/25 whatever the order', () => {
    const split = assignSplits(tasks, 'salt');
    for (const tag of ['easy', 'hard']) {
      const own = split.filter((task) => task.tags.includes(tag)).map((task) => task.split);
      expect(own.filter((name) => name === 'train')).toHaveLength(10);
      expect(own.filter((name) => name === 'dev')).toHaveLength(5);
    }
    expect(splitDigest(assignSplits([...tasks].reverse(), 'salt'))).toBe(splitDigest(split));
    expect(splitDigest(assignSplits(tasks, 'other'))).not.toBe(splitDigest(split));
  });
});
