/** A conversation that outgrows the model: older results are shortened and the trace says so. */
import { expect, test } from 'vitest';
import { InfrastructureError } from '../errors.ts';
import type { Agent, ChatMessage, ChatRequest } from '../types.ts';
import { fitContext, shortenOldest, tokensOf } from './context.ts';
import { playEpisode } from './play.ts';
import { scriptedAgent } from './scripted-agent.fixture.ts';
import { harnessOf, shop, shopTask } from './shop.fixture.ts';

const tool = (content: string): ChatMessage => ({ role: 'tool', toolCallId: 'c', content });
const talk = (...results: string[]): ChatMessage[] => [
  { role: 'system', content: 's'.repeat(2000) },
  { role: 'user', content: 'u'.repeat(2000) },
  ...results.map(tool),
];

test('the oldest long result goes first; system and request stay', () => {
  const messages = talk('a'.repeat(900), 'short', 'b'.repeat(900), 'c'.repeat(900), 'd'.repeat(900));
  expect(shortenOldest(messages)).toBe(true);
  expect(messages[2]?.content).toBe(`${'a'.repeat(200)} [700 characters left out]`);
  expect(shortenOldest(messages)).toBe(true);
  expect(messages[4]?.content).toMatch(/^b+ \[700 characters left out\]$/);
  expect(shortenOldest(messages)).toBe(false);
  expect(messages.slice(5).map(({ content }) => content.length)).toEqual([900, 900]);
});

test('where nothing older is left, the newest result keeps its first half, and again', () => {
  const messages = talk('a'.repeat(4000));
  expect([shortenOldest(messages), shortenOldest(messages)]).toEqual([true, true]);
  const [, shown = '', left] = /^(a+) \[(\d+) characters left out\]$/.exec(messages[2]?.content ?? '') ?? [];
  expect(shown.length + Number(left)).toBe(4000);
  expect(shown.length).toBeLessThan(1100);
  while (shortenOldest(messages)) expect(messages[2]?.content.length).toBeLessThan(1100);
  expect(messages.slice(0, 2).map(({ content }) => content.length)).toEqual([2000, 2000]);
});

test('no more is shortened than has to be', () => {
  const messages = talk('a'.repeat(900), 'b'.repeat(900), 'c', 'd');
  const limit = tokensOf(messages, []) - 100;
  expect(fitContext(messages, [], limit)).toBe(1);
  expect(messages[3]?.content).toHaveLength(900);
  expect(fitContext(messages, [], limit)).toBe(0);
});

const look = { name: 'get_order', arguments: { order_id: '#W1000001' } };
const product = { name: 'get_product', arguments: { product_id: 'P1' } };
const script = [look, product, look, product, look, product];
const episode = (agent: Agent) =>
  playEpisode({ harness: harnessOf({}), environment: shop, agent, task: shopTask('Help.'), trial: 0, seed: 1 });

test('with a known context the request stays below it', async () => {
  const free = scriptedAgent(script);
  await episode(free);
  const longest = Math.max(...free.requests.map(({ messages, tools }) => tokensOf(messages, tools)));
  const agent = { ...scriptedAgent(script), contextTokens: longest - 150 };
  const trace = await episode(agent);
  expect(trace.score).not.toBeNull();
  for (const { messages, tools } of agent.requests)
    expect(tokensOf(messages, tools)).toBeLessThanOrEqual(longest - 150);
  expect(trace.steps).toContainEqual(expect.objectContaining({ kind: 'note', by: 'context' }));
});

test('a refusal of a long request is answered with a shorter one; what still does not fit is scored', async () => {
  const limited = (limit: number): Agent => {
    const inner = scriptedAgent(script);
    return {
      ...inner,
      open(one) {
        const model = inner.open(one);
        return {
          async complete(request: ChatRequest) {
            if (tokensOf(request.messages, request.tools) > limit)
              throw new InfrastructureError('too long', { about: 'length', final: true });
            return model.complete(request);
          },
        };
      },
    };
  };
  const whole = scriptedAgent(script);
  await episode(whole);
  const longest = Math.max(...whole.requests.map(({ messages, tools }) => tokensOf(messages, tools)));
  const trace = await episode(limited(longest - 150));
  expect(trace.score).not.toBeNull();
  expect(trace.steps).toContainEqual(expect.objectContaining({ kind: 'note', by: 'context' }));
  const unheard = await episode(limited(10));
  expect(unheard.error).toBeUndefined();
  expect([unheard.score?.reward, unheard.steps.at(-1)]).toMatchObject([0, { ending: { reason: 'overflow' } }]);
});
