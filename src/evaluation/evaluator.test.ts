/** Rollouts: an endpoint's fault is never a score, nothing plays twice, one run has one model. */
import { expect, test, vi } from 'vitest';
import { z } from 'zod';
import { defineEnvironment, tool } from '../environments/define.ts';
import { BudgetError, InfrastructureError, UsageError } from '../errors.ts';
import { parseHarness } from '../harness/parse.ts';
import { scriptedAgent } from '../runtime/scripted-agent.fixture.ts';
import type { Agent, ChatReply, Task } from '../types.ts';
import { openBudget } from './budget.ts';
import { openEvaluator } from './evaluator.ts';
import { type Journal, memoryJournal } from './journal.ts';

const lamp = defineEnvironment({
  name: 'lamp',
  tasks: Array.from({ length: 12 }, (_, i) => ({ id: `t${i}`, input: `Lamp ${i}` })),
  reset: () => ({ lit: false }),
  tools: {
    press: tool('Press the switch.', z.object({}), (state: { lit: boolean }) => {
      state.lit = true;
      return 'It is lit.';
    }),
  },
  score: (_task, { lit }) => ({ reward: lit ? 1 : 0, checks: [] }),
});
const harness = parseHarness('lamp', new Map([['harness.yaml', 'version: 1\n']]));
const press = { name: 'press', arguments: {} };
const unlimited = Number.POSITIVE_INFINITY;
const capped = (maxRollouts = unlimited) =>
  openBudget({ maxRollouts, maxUsd: unlimited, maxMinutes: unlimited }, () => 0);

function evaluatorOf(
  agent: Agent,
  { journal = memoryJournal() as Journal, budget = capped(), signal = new AbortController().signal } = {},
) {
  const evaluator = openEvaluator({
    environment: lamp,
    agent,
    budget,
    journal,
    seed: 1,
    night: 1,
    concurrency: 1,
    timeoutMs: 10_000,
    signal,
  });
  const play = (i: number, trial = 0) => evaluator.play({ harness, task: lamp.tasks[i] as Task, trial, tier: 'dev' });
  return Object.assign(play, { settle: evaluator.settle });
}

/** Fails in the calls with these numbers, counted from 0. */
function faulty(
  fails: (call: number) => boolean,
  message = 'connection reset',
  final = false,
): Agent & { readonly asked: () => number } {
  let calls = 0;
  const agent = scriptedAgent(() => (fails(calls++) ? new InfrastructureError(message, { final }) : press));
  return { ...agent, asked: () => calls };
}

test('a fault that passes costs another try, no score and no rollout', async () => {
  const budget = capped();
  const trace = await evaluatorOf(
    faulty((call) => call === 0),
    { budget },
  )(0);
  expect([trace.error, trace.score?.reward]).toEqual([undefined, 1]);
  expect(budget.rollouts).toBe(1);
});

test('a fault that stays is a void, and is asked again the next time', async () => {
  const agent = faulty((call) => call < 3);
  const play = evaluatorOf(agent);
  expect(await play(0)).toMatchObject({ error: 'connection reset', score: null });
  expect(await play(0)).toMatchObject({ score: { reward: 1 } });
});

test('a request that the endpoint refuses is not sent again, and does not mean that the endpoint is gone', async () => {
  let refuses = false;
  const agent = faulty(() => refuses, 'HTTP 400: no such thing', true);
  const play = evaluatorOf(agent);
  expect(await play(0)).toMatchObject({ score: { reward: 1 } });
  refuses = true;
  const answered = agent.asked();
  for (let i = 1; i < 8; i++) expect(await play(i)).toMatchObject({ score: null });
  expect(agent.asked() - answered).toBe(7);
});

test('an endpoint that refuses the first three rollouts would refuse all of them', async () => {
  const play = evaluatorOf(faulty(() => true, 'HTTP 400: no such thing', true));
  await play(0);
  await play(1);
  await expect(play(2)).rejects.toThrow(UsageError);
});

test.each([
  [5, 1],
  [3, 0],
])('%i rollouts in a row without a reply end the run where %i were answered', async (most, answered) => {
  let dead = false;
  const play = evaluatorOf(faulty(() => dead));
  for (let i = 0; i < answered; i++) await play(i);
  dead = true;
  for (let i = answered; i < answered + most - 1; i++) await play(i);
  await expect(play(answered + most - 1)).rejects.toThrow(`${most} rollouts in a row got no answer`);
});

test('a void stands once something was decided with it, or the endpoint has answered again', async () => {
  for (const decided of [true, false]) {
    const journal = memoryJournal();
    const agent = faulty((call) => call < 3);
    const play = evaluatorOf(agent, { journal });
    await play(0);
    expect(journal.size).toBe(0);
    if (decided) play.settle();
    else await play(1);
    expect(journal.size).toBe(decided ? 1 : 2);
    expect(await evaluatorOf(agent, { journal })(0)).toMatchObject({
      error: 'connection reset',
      score: null,
    });
  }
});

test('money of an earlier try counts, and every change is told as it happens', () => {
  const budget = capped();
  const told: number[] = [];
  budget.keepUsd(0.5, (change) => told.push(change));
  budget.reserveUsd(0.3);
  // A kill at this point leaves the reservation in the record.
  expect([budget.usd, told]).toEqual([0.8, [0.3]]);
  budget.settleUsd(0.3, 0.1);
  expect(budget.usd).toBeCloseTo(0.6, 12);
  expect(told.reduce((a, b) => a + b, 0)).toBeCloseTo(0.1, 12);
});

test('what the journal holds is not played again, and counts once', async () => {
  const journal = memoryJournal();
  await evaluatorOf(scriptedAgent([press]), { journal })(0);
  const agent = scriptedAgent([press]);
  const budget = capped();
  const play = evaluatorOf(agent, { journal, budget });
  await play(0);
  await play(0);
  expect([agent.requests.length, budget.rollouts]).toEqual([0, 1]);
  await play(0, 1);
  expect(agent.requests.length).toBeGreaterThan(0);
});

test('a cap is never passed', async () => {
  const play = evaluatorOf(scriptedAgent([press]), { budget: capped(2) });
  await play(0);
  await play(1);
  await expect(play(2)).rejects.toThrow('the cap of 2 rollouts is reached');
});

test('another model in mid-run ends the run, also after a resume', async () => {
  const serving = (model: () => string): Agent => {
    const agent = scriptedAgent([press]);
    return {
      ...agent,
      open(episode) {
        const inner = agent.open(episode);
        return {
          complete: async (request): Promise<ChatReply> => ({ ...(await inner.complete(request)), model: model() }),
        };
      },
    };
  };
  const journal = memoryJournal();
  let now = 'small-0801';
  const play = evaluatorOf(
    serving(() => now),
    { journal },
  );
  await play(0);
  now = 'small-0915';
  await expect(play(1)).rejects.toThrow('now serves "small-0915", and served "small-0801" before');
  expect(journal.size).toBe(1);
  const resumed = evaluatorOf(
    serving(() => now),
    { journal },
  );
  await resumed(0);
  await expect(resumed(1)).rejects.toThrow('the two cannot be compared');
});

test('the cap of time ends a rollout whose endpoint hangs: no void, no score, no other try', async () => {
  const cap = new AbortController();
  let calls = 0;
  const hangs = (_: unknown, signal?: AbortSignal) =>
    new Promise<ChatReply>((_resolve, reject) => {
      calls += 1;
      signal?.addEventListener('abort', () => reject(new InfrastructureError('aborted', { retryable: true })));
      setImmediate(() => cap.abort(new BudgetError('the cap of 1 minutes is reached')));
    });
  const agent: Agent = { ...scriptedAgent(() => press), open: () => ({ complete: hangs }) };
  const journal = memoryJournal();
  const put = vi.spyOn(journal, 'put');
  const play = evaluatorOf(agent, { journal, signal: cap.signal });
  await expect(play(0)).rejects.toThrow(BudgetError);
  play.settle();
  expect([calls, put.mock.calls.length]).toEqual([1, 0]);
});
