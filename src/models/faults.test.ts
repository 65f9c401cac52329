/**
 * Every way in which an endpoint fails, once and for good, at the first, a middle and the last
 * call, for an agent and a proposer.
 */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { randomOf } from '../digest.ts';
import { BudgetError, InfrastructureError, UsageError } from '../errors.ts';
import { openBudget } from '../evaluation/budget.ts';
import { evaluate } from '../evaluation/evaluate.ts';
import { reflect } from '../proposal/reflect/reflect.ts';
import { harnessOf, shop, shopTask } from '../runtime/shop.fixture.ts';
import type { Diagnosis, Trace } from '../types.ts';
import { FAULTS, type FaultServer, openFaultServer } from './fault-server.fixture.ts';
import { openaiAgent } from './openai.ts';

// Waits between tries are asked for, and pass at once.
const waited: number[] = [];
vi.mock('node:timers/promises', () => ({
  setTimeout: async (milliseconds: number) => void waited.push(milliseconds),
}));

const KEY = 'sk-canary-faults-77';
const PRICE = { input: 10, output: 30 };
const usdOf = ({ input, output }: FaultServer['billed']) => (input * PRICE.input + output * PRICE.output) / 1e6;

let server: FaultServer;
beforeEach(() => void waited.splice(0));
afterEach(() => server.close());

/** Faults in which the endpoint is silent: only a limit of time ends them. */
const SILENT = ['no headers', 'nothing after the headers', 'slow drip'];
/** No fault to get over: the call is answered, and what it says counts. */
const ANSWERED = ['no usage', 'negative usage', 'cut by length'];
/** A reply to judge for an agent, and no proposal. */
const CUT = 'cut by length';
/** Nothing else can be asked or trusted after it, and what a person reads. */
const ENDS: Readonly<Record<string, readonly [kind: new (...args: never[]) => Error, says: RegExp]>> = {
  '401': [UsageError, /refused the key \(HTTP 401: .*\); set OPENAI_API_KEY .*key_env/],
  'no credit': [InfrastructureError, /no credit left \(HTTP 429/],
  '404': [UsageError, /check --base-url and the name "m".*models\.yaml: model/],
  'absurd usage': [
    InfrastructureError,
    /reports 9000000000 \+ 1 tokens for a call, which is more than it was sent and allowed/,
  ],
  'another model': [
    InfrastructureError,
    /now serves "another", and served "one"|now serves "one", and served "another"/,
  ],
};
/** Another try of the same call would be answered the same. */
const REFUSED = ['moderated'];
/** What does not fit is the agent's own: scored by what it reached. */
const OVERFLOWS = ['too long', 'too long, said elsewhere'];
const FINAL = ['429 for an hour', 'kept back by a filter', ...REFUSED, ...OVERFLOWS];

const TASKS = ['a', 'b', 'c', 'd'].map((id) => shopTask(id));

/** Looks at an order, then says that it is done. */
const agentAnswer = (messages: readonly { role: string }[]) => {
  const looked = messages.some(({ role }) => role === 'tool');
  const [name, args] = looked ? ['done', { summary: 'Done.' }] : ['get_order', { order_id: '#W1000001' }];
  return { content: '', tool_calls: [{ id: 'c', function: { name, arguments: JSON.stringify(args) } }] };
};
const LAST = TASKS.length * 2 - 1;
/** `FAULTS=all`: also at the first and the last call. */
const EVERY = process.env.FAULTS === 'all';
const AT = EVERY ? [0, 3, LAST] : [3];

interface Played {
  readonly traces: readonly Trace[];
  readonly error: Error | null;
  readonly usd: number;
}

async function openAgent(name: string, maxUsd: number) {
  const budget = openBudget(
    { maxRollouts: Number.POSITIVE_INFINITY, maxUsd, maxMinutes: Number.POSITIVE_INFINITY },
    () => 0,
  );
  const agent = await openaiAgent(
    {
      model: 'm',
      baseUrl: server.url,
      apiKey: KEY,
      price: PRICE,
      maxTokens: 50,
      timeoutMs: SILENT.includes(name) ? 120 : 20_000,
      maxRetries: SILENT.includes(name) ? 1 : 4,
    },
    budget,
  );
  return { agent, budget };
}

async function play(name: string, faulty: (call: number) => boolean, maxUsd = 10): Promise<Played> {
  const fault = FAULTS[name];
  server = await openFaultServer({ answer: agentAnswer, ...(fault ? { fault } : {}), faulty });
  const { agent, budget } = await openAgent(name, maxUsd);
  try {
    const { traces } = await evaluate({
      harness: harnessOf({}),
      environment: shop,
      agent,
      tasks: TASKS,
      concurrency: 1,
    });
    return { traces, error: null, usd: budget.usd };
  } catch (error) {
    return { traces: [], error: error as Error, usd: budget.usd };
  }
}

function expectReadable(text: string): void {
  expect(text).not.toContain(KEY);
  expect(text).not.toMatch(/\n/);
  expect(text.length).toBeLessThan(500);
}

describe('an agent', () => {
  test('without a fault plays eight calls', async () => {
    const { traces, usd } = await play('none', () => false);
    expect([server.calls, traces.map(({ score }) => score?.reward)]).toEqual([8, [1, 1, 1, 1]]);
    expect(usd).toBeCloseTo(usdOf(server.billed), 12);
  });

  describe.each(Object.keys(FAULTS))('%s', (name) => {
    const ends = ENDS[name];
    test.each(AT)('once, at call %i', async (at) => {
      const { traces, error, usd } = await play(name, (call) => call === at);
      expect(usd).toBeGreaterThanOrEqual(usdOf(server.billed) - 1e-12);
      if (ends !== undefined && !(name === 'another model' && at === LAST && error === null)) {
        expect(error).toBeInstanceOf(ends[0]);
        expect(error?.message).toMatch(ends[1]);
        return expectReadable(error?.message ?? '');
      }
      expect(error).toBeNull();
      // Another try was made, or the rollout played again: nothing was scored by the fault. A
      // request that is too long stays so.
      for (const [index, trace] of traces.entries()) {
        if (OVERFLOWS.includes(name) && index === Math.floor(at / 2)) {
          expect(trace.error).toBeUndefined();
          expect(trace.steps.at(-1)).toMatchObject({ ending: { reason: 'overflow' } });
          continue;
        }
        if (REFUSED.includes(name) && index === Math.floor(at / 2)) {
          expect([trace.score, trace.error]).toEqual([null, expect.stringMatching(/^HTTP 403: .*flagged/)]);
          continue;
        }
        expect([trace.error, trace.score?.reward, trace.usage.calls]).toEqual([undefined, 1, 2]);
      }
    });

    test.each(AT)('from call %i on', async (at) => {
      const { traces, error, usd } = await play(name, (call) => call >= at);
      expect(usd).toBeGreaterThanOrEqual(usdOf(server.billed) - 1e-12);
      if (error !== null) {
        expect(error).toBeInstanceOf(ends?.[0] ?? (OVERFLOWS.includes(name) ? UsageError : InfrastructureError));
        if (ends) expect(error.message).toMatch(ends[1]);
        return expectReadable(error.message);
      }
      expect(traces).toHaveLength(TASKS.length);
      const whole = ANSWERED.includes(name) || (name === 'another model' && at === 0) ? LAST + 1 : at;
      for (const [index, trace] of traces.entries()) {
        const untouched = (index + 1) * 2 <= whole || OVERFLOWS.includes(name);
        expect(trace.score === null).toBe(!untouched);
        expect(trace.error === undefined).toBe(untouched);
        expectReadable(trace.error ?? '');
      }
    });
  });

  test.each(Object.keys(FAULTS))('never spends more than its cap: %s', async (name) => {
    // Room for about three calls.
    const cap = 0.05;
    const { error, usd } = await play(name, (call) => call % 2 === 1, cap);
    expect(usdOf(server.billed)).toBeLessThanOrEqual(cap);
    if (name !== 'absurd usage') expect(usd).toBeLessThanOrEqual(cap);
    if (error instanceof BudgetError) expect(error.message).toMatch(/would pass the cap of \$0\.05/);
  });

  test('waits as long as it is asked to, and not for an hour', async () => {
    await play('429 with seconds', (call) => call === 2);
    expect(waited).toEqual([1000]);
    waited.splice(0);
    await play('429 for an hour', (call) => call === 2);
    expect(waited).toEqual([]);
  });

  test.each(FINAL)('asks no second time within a call: %s', async (name) => {
    await play(name, (call) => call === 0);
    expect(waited).toEqual([]);
  });

  test('charges a reply that does not say what it used with the most it may have cost', async () => {
    const { usd } = await play('no usage', (call) => call === 0);
    expect(usd).toBeGreaterThan(usdOf({ input: 8 * 40, output: 8 * 8 }));
  });
});

describe('a proposer', () => {
  const diagnosis = (trace: string, pattern: string): Diagnosis => ({
    trace,
    task: trace,
    step: 0,
    failure: 'contract_mismatch',
    cause: 'rule_missing',
    pattern,
    tool: 'cancel_order',
    completionWithoutEffect: false,
    evidence: '',
    confidence: 1,
  });
  const patterns = ['wrong_value', 'wrong_state', 'invented_id'];
  const context = {
    environment: shop,
    harness: harnessOf({}),
    tasks: [],
    traces: [],
    diagnoses: patterns.flatMap((pattern) => ['f1', 'f2'].map((id) => diagnosis(id, pattern))),
    random: randomOf(1),
  };
  const proposerAnswer = () => ({ content: '{"say": "Copy the id of the order."}' });

  describe.each(Object.keys(FAULTS))('%s', (name) => {
    test.each(EVERY ? [0, 1, 2] : [1])('at call %i and after it', async (at) => {
      const fault = FAULTS[name];
      server = await openFaultServer({
        answer: proposerAnswer,
        ...(fault ? { fault } : {}),
        faulty: (call) => call >= at,
      });
      const { agent, budget } = await openAgent(name, 10);
      const model = agent.open({ task: shopTask('x'), tools: [], seed: 1 });
      const asked = reflect(context, { model, tried: [], seed: 1 });
      const ends = ENDS[name];
      if (ends !== undefined && !(name === 'another model' && at === 0)) {
        const error = await asked.then(
          () => null,
          (fault: Error) => fault,
        );
        expect(error).toBeInstanceOf(ends[0]);
        expect(error?.message).toMatch(ends[1]);
        return expectReadable(error?.message ?? '');
      }
      const { edits, notes } = await asked;
      const whole = ANSWERED.includes(name) && name !== CUT;
      const good = whole || ends !== undefined ? patterns.length : at;
      expect([edits.length, notes.length]).toEqual([good, patterns.length - good]);
      for (const note of notes) expectReadable(note);
      expect(budget.usd).toBeGreaterThanOrEqual(usdOf(server.billed) - 1e-12);
    });
  });
});
