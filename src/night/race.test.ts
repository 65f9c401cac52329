/**
 * A race on shared noise sees what an edit does and nothing else; a baseline is as large as its
 * agent's noise asks for.
 */
import { expect, test } from 'vitest';
import { InfrastructureError } from '../errors.ts';
import { decideKeep } from '../gate/keep.ts';
import { taskDifferences } from '../gate/pairs.ts';
import { scriptedAgent } from '../runtime/scripted-agent.fixture.ts';
import type { ChatRequest } from '../types.ts';
import { done, harness, moody, nightOf, press } from './lamp.fixture.ts';
import { playBaseline, playReleaseBaseline, race } from './race.ts';

/** Shares its noise with the baseline. */
const once = { number: 1, independent: false };
const simulated = scriptedAgent(moody, { simulated: true });

test('an edit without effect differs on no task, although the agent is noisy, and is not kept', async () => {
  const night = nightOf(simulated);
  const { baseline } = await playBaseline(night, harness('Serve.'));
  const scores = [...baseline.rows.values()].map(({ rewards }) => rewards[0]);
  expect(new Set(scores)).toEqual(new Set([0, 1]));
  const { pairs, planned } = await race(night, harness('Serve well.'), baseline, once);
  expect(pairs).toHaveLength(40);
  expect(taskDifferences(pairs).every((d) => d === 0)).toBe(true);
  expect(decideKeep(pairs, { planned })).toMatchObject({ decision: 'rejected', reason: 'not_better' });
});

test('an edit that helps differs exactly where the agent failed without it', async () => {
  const night = nightOf(simulated);
  const { baseline } = await playBaseline(night, harness('Serve.'));
  const { pairs, planned } = await race(night, harness('Always press.'), baseline, once);
  for (const { before, after } of pairs) expect(after[0]).toBe(before[0] === 0 ? 1 : before[0]);
  expect(decideKeep(pairs, { planned })).toMatchObject({ decision: 'accepted', reason: 'improved' });
});

test('with independent noise the same edit without effect differs on about half of the tasks', async () => {
  const night = nightOf(simulated);
  const { baseline } = await playBaseline(night, harness('Serve.'));
  const { pairs } = await race(night, harness('Serve well.'), baseline, { number: 1, independent: true });
  const changed = taskDifferences(pairs).filter((d) => d !== 0).length / pairs.length;
  expect(changed).toBeGreaterThan(0.2);
  expect(changed).toBeLessThan(0.8);
});

test('the release in force is played once on the tasks of the baseline, however noisy its agent is', async () => {
  const night = nightOf(scriptedAgent(moody), { release: harness('Serve slowly.') });
  const { baseline } = await playBaseline(night, harness('Serve.'));
  const { rollouts } = night.evaluator.options.budget;
  const release = await playReleaseBaseline(night, baseline);
  expect(night.evaluator.options.budget.rollouts - rollouts).toBe(40);
  expect([...release.rows.keys()].sort()).toEqual([...baseline.rows.keys()].sort());
  expect([...release.rows.values()].every(({ rewards }) => rewards.length === 1)).toBe(true);
  // The same trial of the same task: where the harness changes nothing, both have the same score.
  for (const [task, { rewards }] of release.rows) expect(rewards[0]).toBe(baseline.rows.get(task)?.rewards[0]);
});

test('an agent that is not simulated gets two trials a task, or one on two thirds of dev if it repeats itself', async () => {
  const noisy = nightOf(scriptedAgent(moody));
  const two = await playBaseline(noisy, harness('Serve.'));
  expect(two.deterministic).toBe(false);
  expect(two.baseline.rows.size).toBe(40);
  expect([...two.baseline.rows.values()].every(({ rewards }) => rewards.length === 2)).toBe(true);

  const same = nightOf(scriptedAgent([press]));
  const one = await playBaseline(same, harness('Serve.'));
  expect(one.deterministic).toBe(true);
  expect(one.baseline.rows.size).toBe(27);
  expect([...one.baseline.rows.values()].every(({ rewards }) => rewards.length === 1)).toBe(true);
});

test('an agent that says it otherwise and scores the same gets one trial a task on all of dev', async () => {
  let said = 0;
  const wordy = nightOf(scriptedAgent(() => ({ content: `Trying, ${++said}.`, toolCalls: [press] })));
  const { baseline, deterministic } = await playBaseline(wordy, harness('Serve.'));
  expect([deterministic, baseline.rows.size]).toEqual([false, 40]);
  expect([...baseline.rows.values()].every(({ rewards }) => rewards.length === 1)).toBe(true);
});

test('a narrow win of a noisy agent joins the bar, a clear one replaces it', async () => {
  const night = nightOf(scriptedAgent(moody));
  const { baseline } = await playBaseline(night, harness('Serve.'));
  const clear = await race(night, harness('Always press.'), baseline, once);
  expect([...clear.bar.rows.values()].every(({ rewards }) => rewards.length === 1)).toBe(true);
  // Beaten on two tasks of forty.
  const rows = [...baseline.rows].map(
    ([task, row], i) => [task, { ...row, rewards: i < 2 ? [0, 0] : [1, 1] }] as const,
  );
  const narrow = await race(night, harness('Always press.'), { ...baseline, rows: new Map(rows) }, once);
  expect([...narrow.bar.rows.values()].map(({ rewards }) => rewards.join()).sort()).toEqual([
    ...['0,0,1', '0,0,1'],
    ...Array.from({ length: 38 }, () => '1,1,1'),
  ]);
  // An agent that repeats itself has no luck to average away.
  const sure = await race(night, harness('Always press.'), { ...baseline, noisy: false, rows: new Map(rows) }, once);
  expect([...sure.bar.rows.values()].every(({ rewards }) => rewards.length === 1)).toBe(true);
});

test('an endpoint that refuses every request ends the baseline at once', async () => {
  const refusing = scriptedAgent([new InfrastructureError('HTTP 400: no such form', { final: true })]);
  await expect(playBaseline(nightOf(refusing), harness('Serve.'))).rejects.toThrow(/refused the first \d rollouts/);
});

test('an endpoint that does not answer ends the baseline after three rollouts', async () => {
  const silent = scriptedAgent([new InfrastructureError('connection refused')]);
  await expect(playBaseline(nightOf(silent), harness('Serve.'))).rejects.toThrow('3 rollouts in a row got no answer');
});

test('rollouts that run ahead of the interim check that ends a race are not counted, and change nothing in it', async () => {
  const failing = (request: ChatRequest, index: number) =>
    index === 0 && !JSON.stringify(request.messages).includes('Give up') ? press : done;
  const results = [];
  for (const concurrency of [1, 7]) {
    const night = nightOf(scriptedAgent(failing));
    const concurrent = { ...night, options: { ...night.options, concurrency } };
    const { baseline } = await playBaseline(concurrent, harness('Serve.'));
    const before = night.evaluator.options.budget.rollouts;
    const { pairs, spending } = await race(concurrent, harness('Give up.'), baseline, once);
    results.push({ pairs, spending, counted: night.evaluator.options.budget.rollouts - before });
  }
  expect(results[0]).toMatchObject({ spending: { rollouts: 20 }, counted: 20 });
  expect(results[1]).toEqual(results[0]);
});
