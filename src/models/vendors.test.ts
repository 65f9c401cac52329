/** Every behaviour of a real vendor, for an agent and a proposer: who failed, and what it costs. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { InfrastructureError, UsageError } from '../errors.ts';
import { openBudget } from '../evaluation/budget.ts';
import { evaluate } from '../evaluation/evaluate.ts';
import { harnessOf, shop, shopTask } from '../runtime/shop.fixture.ts';
import type { Trace } from '../types.ts';
import { ask, chatOf } from './ask.ts';
import { openaiAgent } from './openai.ts';
import { ENDS } from './vendor-ends.fixture.ts';
import { FORMS } from './vendor-forms.fixture.ts';
import { TURNS } from './vendor-turns.fixture.ts';
import type { Behaviour, Sent } from './vendors.fixture.ts';

const BEHAVIOURS: readonly Behaviour[] = [...TURNS, ...FORMS, ...ENDS];

// Waits between tries pass at once.
vi.mock('node:timers/promises', () => ({ setTimeout: async () => {} }));

const CAP = 5;
/** Calls that a behaviour may waste. */
const WASTED = 10;

let close = () => {};
afterEach(() => close());

/** Answers well, with thoughts and a signature, unless the behaviour answers. */
async function open({ when, status, body }: Behaviour) {
  let wasted = 0;
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk) => {
      text += String(chunk);
    });
    request.on('end', () => {
      const send = (code: number, value: unknown) => {
        response.writeHead(code, { 'content-type': 'application/json' });
        response.end(JSON.stringify(value));
      };
      if (request.url?.endsWith('/models')) return send(200, { data: [] });
      const sent = JSON.parse(text) as Sent;
      if (!when(sent)) return send(200, good(sent));
      wasted += 1;
      send(status, typeof body === 'string' ? { error: { message: body } } : body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  close = () => {
    server.closeAllConnections();
    server.close();
  };
  const budget = openBudget({ maxUsd: CAP }, () => 0);
  const agent = await openaiAgent(
    {
      model: 'm',
      baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
      apiKey: 'sk-vendors',
      price: { input: 10, output: 30 },
      maxTokens: 50,
    },
    budget,
  );
  return { agent, budget, wasted: () => wasted };
}

function good({ messages, tools }: Sent): object {
  const answered = messages.some(({ role }) => role === 'tool');
  const [name, args] = answered ? ['done', { summary: 'Done.' }] : ['get_order', { order_id: '#W1000001' }];
  const call = {
    id: 'x',
    type: 'function',
    function: { name, arguments: JSON.stringify(args) },
    extra_content: { google: { thought_signature: 'sig-7' } },
  };
  const message = tools === undefined ? { content: '{"yes": 1}' } : { content: null, tool_calls: [call] };
  return {
    model: 'one',
    choices: [{ finish_reason: 'stop', message: { role: 'assistant', reasoning_content: 'Hm.', ...message } }],
    usage: { prompt_tokens: 40, completion_tokens: 8 },
  };
}

const tasks = Array.from({ length: 8 }, (_, i) => shopTask(`Task ${i + 1}.`)).map((task, i) => ({
  ...task,
  id: `t${i}`,
}));

/** The error of a run, or its traces. */
async function play(behaviour: Behaviour) {
  const { agent, budget, wasted } = await open(behaviour);
  const run = evaluate({ harness: harnessOf({}), environment: shop, agent, tasks, concurrency: 4 });
  const ended = await run.then(
    ({ traces }): { traces: readonly Trace[]; error: Error | null } => ({ traces, error: null }),
    (error: Error) => ({ traces: [], error }),
  );
  expect(budget.usd).toBeLessThanOrEqual(CAP);
  return { ...ended, wasted: wasted() };
}

const kindOf = (error: Error | null) =>
  error instanceof UsageError ? 'exit 2' : error instanceof InfrastructureError ? 'exit 1' : String(error);

test('the table has at least 60 behaviours, each with its source', () => {
  expect(BEHAVIOURS.length).toBeGreaterThanOrEqual(60);
  expect(BEHAVIOURS.filter(({ source }) => !/#\d+|documentation/.test(source))).toEqual([]);
  expect(new Set(BEHAVIOURS.map(({ who }) => who)).size).toBe(BEHAVIOURS.length);
});

describe('an agent', () => {
  test.each(BEHAVIOURS.map((one) => [one.who, one] as const))('%s', async (_, behaviour) => {
    const { agent: outcome } = behaviour;
    const { traces, error, wasted } = await play(behaviour);
    expect(error instanceof InfrastructureError && error.freezes).toBe(false);
    expect(wasted).toBeLessThanOrEqual(WASTED);
    if (outcome === 'scored' || outcome === 'filtered') {
      expect(error).toBeNull();
      const lost = traces.filter((trace) => trace.score === null);
      expect(lost.map(({ fault }) => fault)).toEqual(Array(outcome === 'filtered' ? 4 : 0).fill('filter'));
      return;
    }
    const expected = outcome === 'credit' || outcome === 'gone' ? 'exit 1' : 'exit 2';
    expect([kindOf(error), error?.message.includes('\n')]).toEqual([expected, false]);
    const says =
      outcome === 'credit'
        ? /no credit left/
        : outcome === 'gone'
          ? /in a row got no answer/
          : outcome === 'refused'
            ? /refused the first 3 rollouts/
            : outcome === 'environment'
              ? /refuses a tool of the environment/
              : new RegExp(`models\\.yaml: ${outcome.slice('setting: '.length)}\\)`);
    expect(error?.message).toMatch(says);
  });
});

describe('a proposer', () => {
  test.each(BEHAVIOURS.map((one) => [one.who, one] as const))('%s', async (_, behaviour) => {
    const { agent, budget, wasted } = await open(behaviour);
    const question = { system: 's', question: 'Task 1.', schema: { type: 'object' }, seed: 1 };
    const ended = await ask(chatOf(agent, 'proposer'), question).catch((error: Error) => error);
    expect(wasted()).toBeLessThanOrEqual(WASTED);
    expect(budget.usd).toBeLessThanOrEqual(CAP);
    const { agent: outcome } = behaviour;
    if (ended instanceof Error) {
      expect(outcome).toMatch(/^setting|credit/);
      expect(kindOf(ended)).toBe(outcome === 'credit' ? 'exit 1' : 'exit 2');
    } else if (ended.value === null) expect(ended.fault).not.toBe('');
    else expect(ended.value).toEqual({ yes: 1 });
  });
});
