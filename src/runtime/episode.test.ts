/** The episode loop, its faults, its requests and its traces. */
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../digest.ts';
import { InfrastructureError, InterruptedError } from '../errors.ts';
import type { Harness, Step, Trace } from '../types.ts';
import { playEpisode } from './play.ts';
import { type ScriptedTurn, scriptedAgent } from './scripted-agent.fixture.ts';
import { harnessOf, shop, shopTask, swapClause } from './shop.fixture.ts';

const done = { name: 'done', arguments: { summary: 'Finished.' } };
const cancel = (order_id: string) => ({ name: 'cancel_order', arguments: { order_id, reason: 'no longer needed' } });
const getOrder = (order_id: string) => ({ name: 'get_order', arguments: { order_id } });

async function play(harness: Harness | null, turns: readonly (ScriptedTurn | Error)[], request = 'Please help.') {
  const agent = scriptedAgent(turns);
  const trace = await playEpisode({ harness, environment: shop, agent, task: shopTask(request), trial: 0, seed: 7 });
  return { trace, agent, steps: trace.steps };
}
const kinds = (steps: readonly Step[]) => steps.map(({ kind }) => kind);
const endOf = ({ steps }: Trace) => {
  const last = steps.at(-1);
  return last?.kind === 'end' ? last.ending.reason : undefined;
};
const lastMessage = (agent: ReturnType<typeof scriptedAgent>, request: number) =>
  agent.requests[request]?.messages.at(-1);

describe('the loop', () => {
  it('runs calls, records what they change, and ends with done', async () => {
    const { trace, steps } = await play(harnessOf(), [getOrder('#W1000002'), cancel('#W1000002'), done]);
    expect(kinds(steps)).toEqual([
      'model',
      'call',
      'result',
      'model',
      'call',
      'result',
      'state_delta',
      'model',
      'call',
      'end',
    ]);
    expect(steps.find((step) => step.kind === 'state_delta')).toMatchObject({
      changes: ['#W1000002 status: cancelled'],
    });
    expect(trace).toMatchObject({
      model: 'scripted',
      usage: { calls: 3, inputTokens: 30 },
      env: 'shop',
      split: 'train',
    });
    expect(endOf(trace)).toBe('done');
  });

  it('scores what the ending and the state say', async () => {
    const agent = scriptedAgent([cancel('#W1000002'), done]);
    const task = shopTask('Cancel #W1000002.', ['#W1000002 status: cancelled']);
    const trace = await playEpisode({ harness: null, environment: shop, agent, task, trial: 0, seed: 1 });
    expect(trace.score?.reward).toBe(1);
  });

  it('answers every call of a reply', async () => {
    const { agent } = await play(harnessOf(), [{ toolCalls: [getOrder('#W1000001'), getOrder('#W9')] }, done]);
    const answers = agent.requests[1]?.messages.filter(({ role }) => role === 'tool');
    expect(answers?.map((message) => message.content.slice(0, 13))).toEqual(['{"order_id":"', 'Error: order ']);
  });

  it('answers a reply without a call once, and ends at the second in a row', async () => {
    const { trace, agent } = await play(harnessOf(), ['Hello.', getOrder('#W1000001'), 'Hm.', 'Hm.']);
    expect(lastMessage(agent, 1)?.role).toBe('user');
    expect(endOf(trace)).toBe('text');
  });

  it('ends when the turns are over', async () => {
    const { trace } = await play(harnessOf(), Array(20).fill(getOrder('#W1000001')));
    expect(endOf(trace)).toBe('steps');
    expect(trace.steps.filter(({ kind }) => kind === 'model')).toHaveLength(shop.maxTurns);
  });

  it('ends an episode in which the same call meets the same error for the fifth time', async () => {
    const fails = getOrder('#W9');
    const looping = await play(harnessOf(), Array(8).fill(fails));
    expect([endOf(looping.trace), looping.agent.requests.length]).toEqual(['blocked', 5]);
    // Something new between: the agent looks for another way.
    const searching = await play(harnessOf(), [fails, fails, fails, fails, getOrder('#W1000001'), fails, fails, done]);
    expect(endOf(searching.trace)).toBe('done');
  });

  it('ends an episode that repeats arguments which nobody can read', async () => {
    const broken = { name: 'cancel_order', arguments: 'the second one' };
    const { trace, agent } = await play(harnessOf(), [
      broken,
      { ...broken, arguments: 'the third' },
      broken,
      broken,
      done,
    ]);
    expect([endOf(trace), agent.requests.length]).toEqual(['blocked', 4]);
  });

  it('answers malformed arguments without running the tool', async () => {
    const { steps, agent } = await play(harnessOf(), [{ name: 'get_order', arguments: '{"order_id": ' }, done]);
    expect(kinds(steps).slice(0, 2)).toEqual(['model', 'result']);
    expect(lastMessage(agent, 1)?.content).toBe(
      'Error: the arguments of get_order have to be a JSON object such as {"order_id": "..."}.',
    );
  });

  it('gives a plan to simulated agents alone', async () => {
    const options = { harness: null, environment: shop, task: shopTask('x'), trial: 0, seed: 1 };
    const real = scriptedAgent([done]);
    const simulated = scriptedAgent([done], { simulated: true });
    await playEpisode({ ...options, agent: real });
    await playEpisode({ ...options, agent: simulated });
    await playEpisode({ ...options, agent: simulated, usePlan: false });
    expect(real.episodes[0]).not.toHaveProperty('plan');
    expect(simulated.episodes.map((episode) => 'plan' in episode)).toEqual([true, false]);
    expect(simulated.episodes[0]?.tools.at(-1)?.name).toBe('done');
  });
});

describe('what prefix caches see', () => {
  const parts = {
    contract: { clauses: [{ ...swapClause, say: 'Name items with their options.' }] },
    regulation: { monitors: [{ id: 'again', kind: 'duplicate_call', threshold: 2, message: 'You said that.' }] },
  };
  it.each(['native', 'text'] as const)(
    '%s: each request begins with the one before, and all tasks with the same bytes',
    async (protocol) => {
      const harness = harnessOf({ ...parts, settings: { realization: { protocol, rescue: true, repair: true } } });
      const order = JSON.stringify({ name: 'get_order', arguments: { order_id: '#W1000001' } });
      const agent = scriptedAgent(
        protocol === 'native'
          ? [getOrder('#W1000001'), getOrder('#W1000001'), 'Well.', getOrder('#W1000002')]
          : [order, order, 'Well.', order],
      );
      for (const request of ['Swap my shelf.', 'Cancel my ring.'])
        await playEpisode({ harness, environment: shop, agent, task: shopTask(request), trial: 0, seed: 1 });
      const bytes = agent.requests.map(({ tools, messages }) => JSON.stringify([tools, ...messages]).slice(0, -1));
      expect(bytes.length).toBeGreaterThan(8);
      const second = agent.requests.findLastIndex(({ messages }) => messages.length === 2);
      for (const [index, text] of bytes.entries())
        if (index > 0 && index !== second) expect(text.startsWith(bytes[index - 1] ?? '')).toBe(true);
      const [first, other] = [agent.requests[0], agent.requests[second]];
      expect(other?.messages[0]).toEqual(first?.messages[0]);
      expect(other?.tools).toEqual(first?.tools);
      expect(other?.messages[1]).not.toEqual(first?.messages[1]);
    },
  );
});

describe('faults', () => {
  it('makes the trace void when there is no reply to judge', async () => {
    const { trace } = await play(harnessOf(), [getOrder('#W1000001'), new InfrastructureError('connection refused')]);
    expect(trace).toMatchObject({ error: 'connection refused', score: null });
    expect(kinds(trace.steps)).toEqual(['model', 'call', 'result']);
  });

  it('makes the trace void when a call gets no answer in time', async () => {
    const agent = { ...scriptedAgent([]), open: () => ({ complete: () => new Promise<never>(() => {}) }) };
    const task = shopTask('x');
    const trace = await playEpisode({ harness: null, environment: shop, agent, task, trial: 0, seed: 1, timeoutMs: 1 });
    expect(trace).toMatchObject({ error: 'no answer within 0.001 s', score: null });
  });

  it('ends the run at a fault after which nothing can be trusted', async () => {
    const fatal = new InfrastructureError('no credit', { fatal: true });
    await expect(play(harnessOf(), [getOrder('#W1000001'), fatal])).rejects.toBe(fatal);
  });

  it('throws InterruptedError when the caller aborts', async () => {
    const controller = new AbortController();
    const agent = scriptedAgent(() => {
      controller.abort();
      return getOrder('#W1000001');
    });
    const options = { harness: null, environment: shop, agent, task: shopTask('x'), trial: 0, seed: 1 };
    await expect(playEpisode({ ...options, signal: controller.signal })).rejects.toThrow(InterruptedError);
    await expect(playEpisode({ ...options, signal: controller.signal, timeoutMs: 1000 })).rejects.toThrow(
      InterruptedError,
    );
  });

  it('takes an environment that throws as an error of the call', async () => {
    const broken = {
      ...shop,
      execute: () => {
        throw new TypeError('no such field');
      },
    };
    const agent = scriptedAgent([getOrder('#W1000001'), done]);
    const trace = await playEpisode({
      harness: null,
      environment: broken,
      agent,
      task: shopTask('x'),
      trial: 0,
      seed: 1,
    });
    expect(trace.steps[2]).toMatchObject({ kind: 'result', content: 'Error: no such field', error: true });
  });
});

describe('requests', () => {
  const turns: readonly ScriptedTurn[] = [
    'Hm.',
    getOrder('#W1000001'),
    getOrder('#W1000001'),
    cancel('#W1000002'),
    done,
  ];
  const off = { layers: { contract: false, skills: false, realization: false, regulation: false } };

  it('are byte-equal with the harness off and with an empty harness', async () => {
    const full = {
      contract: { clauses: [swapClause], formats: [{ argument: 'order_id', pattern: '^x$' }] },
      monitors: [{ id: 'again', kind: 'duplicate_call', message: 'Stop.' }],
      skills: [{ name: 'orders', description: 'Help with orders', metadata: {}, body: '1. Look.' }],
    };
    const realization = { protocol: 'text', rescue: true, repair: true, rename: true, coerce: true };
    const empty = await play(harnessOf(), turns, 'Help with my orders.');
    const layersOff = await play(
      harnessOf({ ...full, settings: { ...off, realization } }),
      turns,
      'Help with my orders.',
    );
    const on = await play(harnessOf({ ...full, settings: { realization } }), turns, 'Help with my orders.');
    expect(canonicalJson(layersOff.agent.requests)).toBe(canonicalJson(empty.agent.requests));
    expect(canonicalJson(on.agent.requests)).not.toBe(canonicalJson(empty.agent.requests));
    expect(layersOff.steps).toEqual(empty.steps);
  });

  it('are byte-equal with no harness and with an empty harness without policy', async () => {
    const none = await play(null, turns);
    const empty = await play(harnessOf({ policy: '' }), turns);
    expect(canonicalJson(none.agent.requests)).toBe(canonicalJson(empty.agent.requests));
  });

  it('keep a stable beginning: each extends the one before', async () => {
    const { agent } = await play(harnessOf({ contract: { clauses: [swapClause] } }), turns);
    agent.requests.slice(1).forEach((request, i) => {
      const before = agent.requests[i]?.messages ?? [];
      expect(request.messages.slice(0, before.length)).toEqual(before);
    });
  });

  it('hold nothing of the task in the system message', async () => {
    const skills = [{ name: 'orders', description: 'Help with orders', metadata: {}, body: '1. Look.' }];
    const { agent, trace } = await play(harnessOf({ skills }), [done], 'Help with my orders, Zebra.');
    const other = await play(harnessOf({ skills }), [done], 'Hello.');
    expect(agent.requests[0]?.messages[0]).toEqual(other.agent.requests[0]?.messages[0]);
    expect(trace.prompt.user).toContain('1. Look.');
    expect(trace.steps[0]).toMatchObject({ kind: 'note', by: 'orders' });
  });
});

describe('traces', () => {
  it('are byte-equal for equal seed and replies', async () => {
    const harness = harnessOf({ contract: { clauses: [swapClause] }, settings: { realization: { coerce: true } } });
    const turns = [
      { name: 'swap_items', arguments: { order_id: '#W1000001', item_ids: ['Ring'], new_item_ids: ['Ring, L'] } },
      done,
    ];
    const a = await play(harness, turns);
    const b = await play(harness, turns);
    expect(canonicalJson(a.trace)).toBe(canonicalJson(b.trace));
    expect(a.trace.id).toMatch(/^[0-9a-f]{16}$/);
  });

  it('have another id for another trial, seed, task or harness', async () => {
    const agent = scriptedAgent([done]);
    const base = { harness: null as Harness | null, environment: shop, agent, task: shopTask('x'), trial: 0, seed: 1 };
    const variants = [
      base,
      { ...base, trial: 1 },
      { ...base, seed: 2 },
      { ...base, task: shopTask('x', [], 'task-2') },
      { ...base, harness: harnessOf() },
    ];
    const traces = await Promise.all(variants.map((options) => playEpisode(options)));
    expect(new Set(traces.map(({ id }) => id)).size).toBe(5);
  });
});
