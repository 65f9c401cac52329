/** The seams for users and scorers: what they are asked, and that their episodes replay. */
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { compileHarness } from '../runtime/compile.ts';
import { of } from '../runtime/play.fixture.ts';
import { playEpisode } from '../runtime/play.ts';
import { replayEpisode } from '../runtime/replay.ts';
import { type ScriptedTurn, scriptedAgent } from '../runtime/scripted-agent.fixture.ts';
import { harnessOf } from '../runtime/shop.fixture.ts';
import type { Ending, Environment } from '../types.ts';
import { defineEnvironment, tool } from './define.ts';
import { exactAnswer, fieldsOf, judged, scoredByAll } from './scorers.ts';
import { scriptedUser } from './users.ts';

/** Plays twice and replays once; all three must be equal to the byte. */
async function playThrice(
  environment: Environment,
  turns: readonly ScriptedTurn[],
  settings: Record<string, unknown> = {},
) {
  const [task] = environment.tasks;
  if (task === undefined) throw new Error('expected a task');
  const agent = scriptedAgent(turns);
  const harness = harnessOf({ settings });
  const options = { harness, environment, agent, task, trial: 0, seed: 1 };
  const trace = await playEpisode(options);
  expect(JSON.stringify(await playEpisode(options))).toBe(JSON.stringify(trace));
  const replayed = replayEpisode(compileHarness(harness, environment), task, trace);
  expect('result' in replayed && JSON.stringify(replayed.result.steps)).toBe(JSON.stringify(trace.steps));
  return { trace, requests: agent.requests };
}

describe('a scripted user', () => {
  const environment = defineEnvironment<{ booked: string[] }>({
    name: 'desk',
    tasks: [{ id: 'a', input: 'Book a room.' }],
    tools: {
      book: tool('Book a room.', z.object({ room: z.string() }), (state: { booked: string[] }, { room }) => {
        state.booked.push(room);
      }),
    },
    user: scriptedUser(['The blue one.', 'Yes, I confirm.']),
    reset: () => ({ booked: [] }),
    score: (_task, { booked }) => ({ reward: booked.includes('blue') ? 1 : 0, checks: [] }),
  });
  const book = { name: 'book', arguments: { room: 'blue' } };
  const done = { name: 'done', arguments: { summary: 'Booked.' } };

  it('is asked twice in one episode, and consent is read from what it said last', async () => {
    const turns = ['Which room?', book, 'Shall I book it?', book, done];
    const { trace, requests } = await playThrice(environment, turns, { permissions: { confirm: ['book'] } });
    expect(of(trace.steps, 'user').map(({ by, text }) => [by, text])).toEqual([
      ['user', 'The blue one.'],
      ['user', 'Yes, I confirm.'],
    ]);
    expect(of(trace.steps, 'block').map(({ by }) => by)).toEqual(['permissions']);
    expect(requests[1]?.messages.at(-1)).toEqual({ role: 'user', content: 'The blue one.' });
    expect(requests[2]?.messages.at(-1)?.content).toMatch(/Do not call it; ask for it first\.$/);
    expect(trace.score?.reward).toBe(1);
  });
  it('who has no answer left is nobody: the runtime speaks, and its words are told apart', async () => {
    const { trace } = await playThrice(environment, ['One?', 'Two?', 'Three?', 'Four?']);
    expect(of(trace.steps, 'user').map(({ by }) => by)).toEqual(['user', 'user', 'runtime']);
    expect(trace.steps.at(-1)).toMatchObject({ ending: { reason: 'text' } });
  });
});

describe('scorers', () => {
  const context = { steps: [] };
  const ending = (summary: string, value?: Ending['value']): Ending =>
    value === undefined ? { reason: 'text', summary } : { reason: 'text', summary, value };

  it('an async scorer that is a scripted judge', async () => {
    const asked: string[] = [];
    const environment = defineEnvironment({
      name: 'letters',
      tasks: [{ id: 'a', input: 'Thank them.' }],
      tools: {},
      answer: { kind: 'text' },
      reset: () => ({}),
      score: judged({
        question: (task, _state, { summary }) => `Does this do what was asked?\n${task.input}\n${summary}`,
        ask: async (question) => {
          asked.push(question);
          return /thank/i.test(question.split('\n').at(-1) ?? '') ? 'Yes, it thanks them.' : 'No.';
        },
      }),
    });
    const { trace } = await playThrice(environment, ['Thank you all.']);
    expect(trace.score).toEqual({
      reward: 1,
      checks: [{ name: 'judge', passed: true, detail: 'Yes, it thanks them.' }],
    });
    expect((await playThrice(environment, ['Hello.'])).trace.score?.reward).toBe(0);
    expect(asked[0]).toBe('Does this do what was asked?\nThank them.\nThank you all.');
  });
  it('a judge that says neither yes nor no makes the rollout void', async () => {
    const judge = judged({ question: () => 'Well?', ask: () => 'Perhaps.' });
    const environment = defineEnvironment({
      name: 'letters',
      tasks: [{ id: 'a', input: 'Thank them.' }],
      tools: {},
      answer: { kind: 'text' },
      reset: () => ({}),
      score: judge,
    });
    const { trace } = await playThrice(environment, ['Thank you.']);
    expect([trace.score, trace.fault]).toEqual([null, 'environment']);
  });
  it('exact values, fields, and several together', async () => {
    const exact = exactAnswer(() => ({ a: 1 }));
    expect((await exact(null, null, ending('', { a: 1 }), context)).reward).toBe(1);
    expect((await exactAnswer(() => 'blue')(null, null, ending(' blue\n'), context)).reward).toBe(1);
    const fields = fieldsOf(() => ({ a: 1, b: 'x' }));
    expect((await fields(null, null, ending('', { a: 1, b: 'y' }), context)).reward).toBe(0.5);
    expect((await fields(null, null, ending('no JSON'), context)).reward).toBe(0);
    const loose = fieldsOf(
      () => ({ b: 'X' }),
      (found, wanted) => String(found).toLowerCase() === String(wanted).toLowerCase(),
    );
    expect((await loose(null, null, ending('', { b: 'x' }), context)).reward).toBe(1);
    const all = await scoredByAll([exact, fields])(null, null, ending('', { a: 1, b: 'x' }), context);
    expect([all.reward, all.checks.map(({ name }) => name)]).toEqual([0.5, ['answer', 'a', 'b']]);
  });
});
