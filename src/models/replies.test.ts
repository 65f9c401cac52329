/** Recorded calls: asked once, read back equal, and a cut or changed file is dealt with. */
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { InfrastructureError } from '../errors.ts';
import { scriptedAgent } from '../runtime/scripted-agent.fixture.ts';
import type { ChatReply, ChatRequest, Episode } from '../types.ts';
import { fileReplies, REPLIES, recordedAgent, replayAgent, replyKey } from './replies.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'replies-'));
  path = join(folder, 'run', REPLIES);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const request = (text: string, seed = 1): ChatRequest => ({
  messages: [
    { role: 'system', content: 'You serve a shop. '.repeat(200) },
    { role: 'user', content: text },
  ],
  tools: [],
  seed,
});
const reply = (content: string): ChatReply => ({
  content,
  toolCalls: [],
  usage: { calls: 1, inputTokens: 900, outputTokens: 3, cachedTokens: 0, costUsd: 0.1 },
  model: 'm',
  finish: 'stop',
});
const episode = { seed: 1 } as Episode;

let files = 0;
test('whatever was recorded is read back, also by the next process', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' }), { maxLength: 12 }), (texts) => {
      const file = join(folder, `${++files}.jsonl`);
      const store = fileReplies(file);
      for (const text of texts) store.put(replyKey('a', request(text)), { request: request(text), reply: reply(text) });
      const again = fileReplies(file);
      expect(again.size).toBe(new Set(texts).size);
      for (const text of texts) expect(again.get(replyKey('a', request(text)))).toEqual(reply(text));
      expect([...again.calls()].map((call) => call.request)).toEqual([...new Set(texts)].map((text) => request(text)));
    }),
    { seed: 3, numRuns: 50 },
  );
});

test('an equal request is asked once; another seed, agent or text is another question', async () => {
  const agent = scriptedAgent(() => 'yes');
  const store = fileReplies(path);
  const ask = (text: string, seed: number) => recordedAgent(agent, store).open(episode).complete(request(text, seed));
  await ask('a', 1);
  await ask('a', 1);
  expect(agent.requests).toHaveLength(1);
  await ask('a', 2);
  await ask('b', 1);
  expect(agent.requests).toHaveLength(3);
  expect(replyKey('x', request('a'))).not.toBe(replyKey('y', request('a')));
});

test('a fault is not recorded: it is asked again', async () => {
  const agent = scriptedAgent((_request, index) => (index === 0 ? new Error('gone') : 'yes'));
  const store = fileReplies(path);
  await expect(recordedAgent(agent, store).open(episode).complete(request('a'))).rejects.toThrow('gone');
  expect(store.size).toBe(0);
});

test('a refusal is asked once in a process and again in the next one; a replay meets the record', async () => {
  let asked = 0;
  const refusing = (final: boolean) => ({
    ...scriptedAgent([]),
    open: () => ({
      complete: () => {
        asked += 1;
        return Promise.reject(new InfrastructureError('HTTP 400: too long', { final }));
      },
    }),
  });
  const tries = async (final: boolean, times: number) => {
    const agent = recordedAgent(refusing(final), fileReplies(path));
    const before = asked;
    for (let at = 0; at < times; at++)
      await expect(agent.open(episode).complete(request('a'))).rejects.toThrow('HTTP 400: too long');
    return asked - before;
  };
  expect([await tries(false, 2), await tries(true, 3), await tries(true, 2)]).toEqual([2, 1, 1]);
  await expect(replayAgent(refusing(true), fileReplies(path)).open(episode).complete(request('a'))).rejects.toThrow(
    'too long',
  );
  await expect(replayAgent(refusing(true), fileReplies(path)).open(episode).complete(request('b'))).rejects.toThrow(
    'no reply was recorded',
  );
});

test('a line cut off by a kill is dropped and the file goes on', () => {
  const store = fileReplies(path);
  for (const text of ['a', 'b', 'c']) store.put(text, { request: request(text), reply: reply(text) });
  const whole = readFileSync(path, 'latin1');
  for (const cut of [1, 10, whole.length - whole.lastIndexOf('{') - 1]) {
    writeFileSync(path, whole.slice(0, -cut));
    const again = fileReplies(path);
    expect([again.get('a'), again.get('b'), again.get('c')]).toEqual([reply('a'), reply('b'), undefined]);
    again.put('c', { request: request('c'), reply: reply('c') });
    expect(fileReplies(path).get('c')).toEqual(reply('c'));
  }
});

test('a changed line is an error that names it', () => {
  const store = fileReplies(path);
  store.put('a', { request: request('a'), reply: reply('a') });
  appendFileSync(path, '{"key":"b","z":"AAAA"}\n');
  expect(() => fileReplies(path)).toThrow('replies.jsonl, line 2: expected a recorded call; the file was changed');
});

test('two writers of one file do not disturb each other', () => {
  const [one, two] = [fileReplies(path), fileReplies(path)];
  for (const i of [1, 2, 3]) {
    one.put(`one${i}`, { request: request(`one${i}`), reply: reply('#W1111111') });
    two.put(`two${i}`, { request: request(`two${i}`), reply: reply('#W2222222') });
  }
  const read = fileReplies(path);
  expect([read.size, read.get('one3')?.content, read.get('two3')?.content]).toEqual([6, '#W1111111', '#W2222222']);
});

test('calls that share their text take little room', () => {
  const store = fileReplies(path);
  for (let i = 0; i < 50; i++) store.put(`${i}`, { request: request(`${i}`), reply: reply(`${i}`) });
  expect(readFileSync(path).length).toBeLessThan(50 * 600);
});
