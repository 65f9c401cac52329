/** Episodes replayed from their record, and records followed under another harness. */
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../digest.ts';
import { EnvironmentError, InfrastructureError } from '../errors.ts';
import type { Environment, Harness, Trace, User } from '../types.ts';
import { compileHarness } from './compile.ts';
import { follow } from './follow.ts';
import { cancel, done, getOrder, swap, withClause } from './play.fixture.ts';
import { playEpisode } from './play.ts';
import { replayEpisode } from './replay.ts';
import { type ScriptedTurn, scriptedAgent } from './scripted-agent.fixture.ts';
import { harnessOf, shop, shopTask } from './shop.fixture.ts';

const task = shopTask('Please help.');
const record = (turns: readonly (ScriptedTurn | Error)[], harness: Harness, environment: Environment = shop) =>
  playEpisode({ harness, environment, agent: scriptedAgent(turns), task, trial: 0, seed: 1 });
const again = (trace: Trace, harness: Harness, environment: Environment = shop) =>
  replayEpisode(compileHarness(harness, environment), task, trace);

const turns: readonly ScriptedTurn[] = [
  { toolCalls: [getOrder('#W1000001'), getOrder('#W9')] },
  swap(['Ring'], ['Ring']),
  swap(['Ring'], ['Ring, L']),
  'Is that all?',
  cancel('#W1000002'),
  done,
];

describe('replayEpisode', () => {
  it('gives the same steps, reads, blocks and changes included', async () => {
    const harness = harnessOf(withClause());
    const trace = await record(turns, harness);
    const replayed = again(trace, harness);
    if (!('result' in replayed)) throw new Error(replayed.left.why);
    expect(canonicalJson(replayed.result.steps)).toBe(canonicalJson(trace.steps));
    expect(replayed.result).toMatchObject({ usage: trace.usage, prompt: trace.prompt });
  });

  it('says where another harness leaves the record', async () => {
    const trace = await record(turns, harnessOf());
    const replayed = again(trace, harnessOf(withClause()));
    expect(replayed).toMatchObject({
      left: { ask: { ask: 'tools' }, why: expect.stringContaining('the record holds no read get_product') },
    });
  });

  it('plays a person again who was asked twice', async () => {
    const said = ['The ring.', 'Size L.'];
    const user: User = { id: 'scripted', answer: async ({ turn }) => said[turn - 1] ?? null };
    const environment = { ...shop, user };
    const trace = await record(['Which item?', 'Which size?', 'Anything else?', done], harnessOf(), environment);
    expect(trace.steps.flatMap((step) => (step.kind === 'user' && step.by === 'user' ? [step.text] : []))).toEqual(
      said,
    );
    const replayed = again(trace, harnessOf(), environment);
    expect('result' in replayed && canonicalJson(replayed.result.steps)).toBe(canonicalJson(trace.steps));
  });

  it('ends as a void record ended', async () => {
    const refused = await record([getOrder('#W1000001'), new InfrastructureError('no', { final: true })], harnessOf());
    expect(again(refused, harnessOf())).toMatchObject({ result: { ending: null, fault: { fault: 'refused' } } });
    const broken: Environment = { ...shop, execute: () => Promise.reject(new EnvironmentError('down')) };
    const failed = await record([getOrder('#W1000001')], harnessOf(), broken);
    expect(failed).toMatchObject({ fault: 'environment', score: null });
    expect(again(failed, harnessOf(), broken)).toMatchObject({ result: { fault: { fault: 'environment' } } });
  });

  it('shortens what the record shortened', async () => {
    const harness = harnessOf();
    const look = [getOrder('#W1000001'), { name: 'get_product', arguments: { product_id: 'P1' } }];
    const agent = { ...scriptedAgent([...look, ...look, ...look]), contextTokens: 900 };
    const trace = await playEpisode({ harness, environment: shop, agent, task, trial: 0, seed: 1 });
    expect(trace.steps).toContainEqual(expect.objectContaining({ kind: 'note', by: 'context' }));
    const replayed = again(trace, harness);
    expect('result' in replayed && canonicalJson(replayed.result.steps)).toBe(canonicalJson(trace.steps));
  });
});

describe('follow', () => {
  const strict = harnessOf(withClause({ prepare: [], require: 'called("cancel_order")' }));
  const reading = harnessOf(withClause());

  it('goes on with the record whatever the harness makes of it', async () => {
    const trace = await record(turns, harnessOf());
    const { calls, unread } = await follow(compileHarness(strict, shop), trace, task, shop);
    expect(calls.map(({ heard, realized }) => [heard.name, realized.kind])).toEqual([
      ['get_order', 'pass'],
      ['get_order', 'pass'],
      ['swap_items', 'block'],
      ['swap_items', 'block'],
      ['cancel_order', 'pass'],
      ['done', 'pass'],
    ]);
    expect(unread).toBe(0);
  });

  it('asks the environment only for what the record does not hold', async () => {
    const trace = await record(turns, reading);
    const closed: Environment = { ...shop, reset: () => Promise.reject(new Error('not needed')) };
    expect((await follow(compileHarness(reading, closed), trace, task, closed)).unread).toBe(0);
    const other = await record(turns, harnessOf());
    const seen: string[] = [];
    const open: Environment = {
      ...shop,
      execute: (state, call) => {
        seen.push(call.name);
        return shop.execute(state as never, call);
      },
    };
    await follow(compileHarness(reading, open), other, task, open);
    expect(new Set(seen)).toEqual(new Set(['get_product']));
  });

  it('counts what nobody can read', async () => {
    const trace = await record(turns, harnessOf());
    const live: Environment = { ...shop, replayable: false };
    expect((await follow(compileHarness(reading, live), trace, task, live)).unread).toBeGreaterThan(0);
  });
});
