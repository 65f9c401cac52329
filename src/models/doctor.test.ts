/**
 * What is found of an endpoint that can do everything, of one that writes its calls, and of one
 * that breaks down.
 */
import { expect, test } from 'vitest';
import { InfrastructureError } from '../errors.ts';
import type { ChatModel, ChatReply, ChatRequest } from '../types.ts';
import { examine } from './doctor.ts';

const CALL = '{"name": "get_weather", "arguments": {"town": "Oslo"}}';
const usage = { calls: 1, inputTokens: 1000, outputTokens: 40, cachedTokens: 900, costUsd: 0 };
const say = (content: string, more: Partial<ChatReply> = {}): ChatReply => ({
  content,
  toolCalls: [],
  usage,
  model: 'tiny',
  finish: 'stop',
  ...more,
});

/** Counts two seconds a call; calls at once share them, unless it is `serial`. */
function modelOf(
  reply: (request: ChatRequest) => ChatReply,
  { serial = false } = {},
): {
  model: ChatModel;
  now: () => number;
  asked: ChatRequest[];
} {
  const asked: ChatRequest[] = [];
  let time = 0;
  const model: ChatModel = {
    async complete(request) {
      asked.push(request);
      if (serial) time += 2000;
      else {
        const done = time + 2000;
        await Promise.resolve();
        time = Math.max(time, done);
      }
      return reply(request);
    },
  };
  return { model, now: () => time, asked };
}
const able = (request: ChatRequest): ChatReply => {
  if (request.schema !== undefined) return say('{"town": "Bergen", "country": "Norway"}');
  if (request.tools.length > 0)
    return say('', { toolCalls: [{ id: '1', name: 'get_weather', arguments: '{"town":"Oslo"}' }] });
  return say(JSON.stringify(request.messages).includes('answer with one JSON object') ? CALL : '1 2 3');
};

test('an endpoint that can do everything', async () => {
  const { model, now, asked } = modelOf(able);
  const found = await examine(model, now);
  expect(found.findings.filter(({ passed }) => !passed)).toEqual([]);
  expect(found).toMatchObject({ protocol: 'native', served: 'tiny', tokensPerSecond: 20, concurrency: 4 });
  expect(found.calls).toBe(asked.length);
  expect(asked.length).toBeLessThan(10);
});

test('an endpoint that answers one call after the other is asked one at a time', async () => {
  const { model, now } = modelOf(able, { serial: true });
  const found = await examine(model, now);
  expect(found.concurrency).toBe(1);
  expect(found.findings.find(({ check }) => check === 'at once')).toMatchObject({
    passed: false,
    detail: 'three calls at once took 3.0 times as long as one',
  });
});

test('calls that come as text mean protocol text', async () => {
  const { model, now } = modelOf((request) =>
    request.tools.length > 0 ? say(`\`\`\`json\n${CALL}\n\`\`\``) : able(request),
  );
  const found = await examine(model, now);
  expect(found.protocol).toBe('text');
  expect(found.findings.find(({ check }) => check === 'native calls')).toMatchObject({ passed: false });
});

test('a model that cannot call at all, and one that does not repeat itself', async () => {
  let n = 0;
  const { model, now } = modelOf(() => say(`Answer ${n++}`, { usage: { ...usage, cachedTokens: 0, outputTokens: 3 } }));
  const found = await examine(model, now);
  expect(found).toMatchObject({ protocol: null, tokensPerSecond: null });
  const failed = found.findings.filter(({ passed }) => !passed).map(({ check }) => check);
  expect(failed).toEqual(['native calls', 'text calls', 'JSON schema', 'repeats itself', 'prefix cache', 'speed']);
});

test('a fault after the first answer is a finding; none at all is an error', async () => {
  const { model, now } = modelOf((request) => {
    if (request.schema !== undefined) throw new InfrastructureError('HTTP 400: response_format is not supported');
    return able(request);
  });
  const found = await examine(model, now);
  expect(found.findings.find(({ check }) => check === 'JSON schema')).toMatchObject({
    passed: false,
    detail: 'HTTP 400: response_format is not supported',
  });
  const dead = modelOf(() => {
    throw new InfrastructureError('connect ECONNREFUSED');
  });
  await expect(examine(dead.model, dead.now)).rejects.toThrow('ECONNREFUSED');
});
