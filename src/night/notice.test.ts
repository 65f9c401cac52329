/** What the first replies show is told before any verdict, and ends a night that cannot go on. */
import { expect, test } from 'vitest';
import { NO_USAGE } from '../chat.ts';
import { openEvaluator } from '../evaluation/evaluator.ts';
import { scriptedAgent } from '../runtime/scripted-agent.fixture.ts';
import type { Agent, ChatReply } from '../types.ts';
import { done, harness, lamp, nightOf, press } from './lamp.fixture.ts';
import { LostRepliesError, noticeOf, playHeard, standstill } from './notice.ts';
import { playBaseline } from './race.ts';

const reply = (more: Partial<ChatReply>): ChatReply => ({
  content: '',
  toolCalls: [],
  usage: { ...NO_USAGE, calls: 1, outputTokens: 64 },
  model: 'm',
  finish: 'stop',
  ...more,
});
const call = (name: string, text = '{}') => ({ id: 'c', name, arguments: text });

/** Says what `replyTo` gives for the nth call of all. */
function saying(replyTo: (nth: number) => Partial<ChatReply>): { agent: Agent; calls: () => number } {
  let calls = 0;
  const complete = () => reply(replyTo(calls++));
  return { agent: { ...scriptedAgent([press]), open: () => ({ complete }) }, calls: () => calls };
}

const noticed = async (replyTo: (nth: number) => Partial<ChatReply>) =>
  (await playBaseline(nightOf(saying(replyTo).agent), harness('Serve.'))).notice;

test.each<[string, Partial<ChatReply>, RegExp]>([
  ['thoughts alone', { finish: 'length' }, /^8 of 8 replies were cut at 64 tokens, before any text.*--max-tokens/],
  ['half a sentence', { finish: 'length', content: 'Let me' }, /^8 of 8 replies were cut at 64 tokens; raise/],
  ['nothing', {}, /^8 of 8 replies were empty/],
])('%s in every reply end the night after four rollouts', async (_, said, told) => {
  const { agent, calls } = saying(() => said);
  const ended = playBaseline(nightOf(agent), harness('Serve.'));
  await expect(ended).rejects.toThrow(LostRepliesError);
  await expect(ended).rejects.toThrow(told);
  expect(calls()).toBeLessThanOrEqual(10);
});

test('a call cut in its arguments is lost, and a whole call in a cut reply is not', async () => {
  const half = saying(() => ({ finish: 'length', toolCalls: [call('press', '{"a')] }));
  await expect(playBaseline(nightOf(half.agent), harness('Serve.'))).rejects.toThrow(/replies were cut/);
  expect(await noticed((nth) => ({ finish: 'length', toolCalls: [call(nth % 2 ? 'done' : 'press')] }))).toBeNull();
});

test('some cut replies are told, and the night goes on', async () => {
  expect(await noticed((nth) => (nth % 4 === 0 ? { finish: 'length' } : { toolCalls: [call('done')] }))).toMatch(
    /^\d+ of \d+ replies were cut/,
  );
});

test.each<[string, Partial<ChatReply>, RegExp]>([
  ['words', { content: 'I cannot help.' }, /^no reply held a call: 0 of \d+; all of them say "I cannot help\."$/],
  ['a call as text', { content: 'press({})' }, /^\d+ of \d+ replies spell a call as text/],
  ['done alone', { toolCalls: [call('done')] }, /^no tool was ever called/],
  ['an unknown tool', { toolCalls: [call('push')] }, /^no call succeeded: 0 of \d+; the first, of push, was answered/],
])('%s in every reply: told, and the night goes on', async (_, said, told) => {
  expect(await noticed(() => said)).toMatch(told);
});

test('answers that never meet their schema are told', async () => {
  const environment = { ...lamp, tools: [], answer: { kind: 'json', schema: { type: 'object' } } } as const;
  const { agent } = saying(() => ({ content: 'Sure!' }));
  const night = nightOf(agent, { environment });
  const played = await playHeard(
    { ...night, evaluator: openEvaluator({ ...night.evaluator.options, environment }) },
    night.dev.slice(0, 5).map((task) => ({ harness: harness('Serve.'), task, trial: 0, tier: 'dev' })),
    () => {},
  );
  expect(noticeOf(played, environment)).toBe('no answer met its JSON schema: 0 of 5; all of them say "Sure!"');
});

test('an agent that works has nothing to be told', async () => {
  expect((await playBaseline(nightOf(scriptedAgent([press, done])), harness('Serve.'))).notice).toBeNull();
});

test('nothing to win, and nothing moved', () => {
  const branch = (reward: number) => ({
    kept: [],
    baseline: { harness: 'h', noisy: false, rows: new Map([['t', { rewards: [reward], violations: 0 }]]) },
  });
  const score = (mean: number) => ({ score: mean, low: 0, high: 1, tasks: 3 });
  expect(standstill(branch(1), { candidates: 0 }, score(1))).toMatch(/^all 3 train and 1 dev tasks are solved already/);
  expect(standstill(branch(0), { candidates: 2 }, score(0))).toMatch(/^none of .* no candidate of 2 changed that$/);
  expect(standstill(branch(1), { candidates: 2 }, score(0.5))).toBeNull();
  const kept = [
    { edit: { ops: [], hypothesis: '', addresses: [], predicts: { fixes: 0, risks: '' }, proposer: 'p' }, title: 't' },
  ];
  expect(standstill({ ...branch(0), kept }, { candidates: 2 }, score(0))).toBeNull();
});
