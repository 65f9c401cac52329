/** Endpoints as they are: not there, with settings of their own, with answers in other forms. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { InfrastructureError } from '../errors.ts';
import { shopTask } from '../runtime/shop.fixture.ts';
import { type FaultServer, openFaultServer } from './fault-server.fixture.ts';
import { openaiAgent } from './openai.ts';

const KEY = 'sk-canary-endpoint-31';
let server: FaultServer;
afterEach(() => server.close());
const answer = () => ({ content: 'yes' });

describe('an endpoint that does not take every setting', () => {
  const complete = async (refuses: (body: Readonly<Record<string, unknown>>) => string | null, calls = 1) => {
    const bodies: Readonly<Record<string, unknown>>[] = [];
    server = await openFaultServer({
      answer: () => ({
        content: [
          { type: 'thinking', text: 'Hm.' },
          { type: 'text', text: 'yes' },
        ],
        tool_calls: [{ function: { name: 'f', arguments: null } }],
      }),
      faulty: () => false,
      refuses: (body) => {
        bodies.push(body);
        return refuses(body);
      },
    });
    const agent = await openaiAgent({ model: 'm', baseUrl: server.url, apiKey: KEY, maxTokens: 50 });
    const model = agent.open({ task: shopTask('x'), tools: [], seed: 1 });
    const request = { messages: [{ role: 'user' as const, content: 'x' }], tools: [], seed: 1 };
    const replies = await Promise.all(Array.from({ length: calls }, () => model.complete(request)));
    return { replies, bodies };
  };

  test('a reasoning model is asked again as it wants to be, by all calls', async () => {
    const { replies, bodies } = await complete(({ max_tokens: tokens, temperature }) => {
      if (tokens !== undefined) return "Unsupported parameter: 'max_tokens'; use 'max_completion_tokens' instead.";
      return temperature === undefined ? null : "Unsupported value: 'temperature' does not support 0 with this model.";
    }, 3);
    expect(replies.map(({ content }) => content)).toEqual(['yes', 'yes', 'yes']);
    expect(replies[0]?.toolCalls).toEqual([{ id: 'call_0', name: 'f', arguments: '{}' }]);
    expect(bodies.at(-1)).toMatchObject({ max_completion_tokens: 50, seed: 1 });
    expect(Object.keys(bodies.at(-1) ?? {})).not.toContain('temperature');
  });

  test('a reason outside of "error" is read, and broken arguments do not go back', async () => {
    const { bodies } = await complete(() => null);
    expect(bodies).toHaveLength(1);
    server.close();
    const seen: { tool_calls?: { function: { arguments: string } }[]; content: string }[][] = [];
    server = await openFaultServer({
      answer: () => ({ content: '<think>{"name": "cancel_order", "arguments": {}}</think>No.' }),
      faulty: () => false,
      refuses: ({ messages }) => {
        seen.push(messages as (typeof seen)[0]);
        return null;
      },
    });
    const agent = await openaiAgent({ model: 'm', baseUrl: server.url, apiKey: KEY, maxTokens: 50 });
    const model = agent.open({ task: shopTask('x'), tools: [], seed: 1 });
    const toolCalls = [{ id: 'c', name: 'f', arguments: 'the second one' }];
    const messages = [
      { role: 'user' as const, content: 'x' },
      { role: 'assistant' as const, content: '', toolCalls },
      { role: 'assistant' as const, content: '' },
    ];
    const reply = await model.complete({ messages, tools: [], seed: 1 });
    expect(reply.content).toBe('No.');
    expect(seen[0]?.[1]?.tool_calls?.[0]?.function.arguments).toBe('{}');
    expect(seen[0]?.[2]?.content).toBe('(nothing)');
  });

  test('a limit that is too high is no unknown setting', async () => {
    await expect(complete(() => "max_tokens is too large: 50. This model's context length is 40")).rejects.toThrow(
      'HTTP 400: max_tokens is too large',
    );
  });
});

test.each([
  ['no such host', 'https://nowhere.invalid/v1', /ENOTFOUND|EAI_AGAIN|timed out/],
  ['no way there', 'https://192.0.2.1:9/v1', /./],
])('an endpoint that cannot be reached is named before anything is asked: %s', async (_, baseUrl, says) => {
  server = await openFaultServer({ answer, faulty: () => false });
  const error = await openaiAgent({ model: 'm', baseUrl, apiKey: KEY, timeoutMs: 300 }).then(
    () => null,
    (fault: Error) => fault,
  );
  expect(error).toBeInstanceOf(InfrastructureError);
  expect(error?.message).toMatch(says);
  expect(error?.message).toMatch(/check the address and that the server runs/);
  expect(error?.message).not.toMatch(new RegExp(`\\n|${KEY}`));
  expect(error?.message.length).toBeLessThan(500);
});

test('a server that has gone is named', async () => {
  server = await openFaultServer({ answer, faulty: () => false });
  server.close();
  await expect(openaiAgent({ model: 'm', baseUrl: server.url, apiKey: KEY })).rejects.toThrow(
    /no answer from http:.*ECONNREFUSED.*check the address and that the server runs/,
  );
});

test('a server that speaks no TLS is named as well', async () => {
  server = await openFaultServer({ answer, faulty: () => false });
  const baseUrl = server.url.replace('http:', 'https:');
  await expect(openaiAgent({ model: 'm', baseUrl, apiKey: KEY, timeoutMs: 2000 })).rejects.toThrow(
    /no answer from https/,
  );
});

test('a redirect is not followed: neither the key nor a prompt reaches the other host', async () => {
  const { createServer } = await import('node:http');
  let reached = 0;
  const other = createServer((_, response) => {
    reached += 1;
    response.end('{}');
  });
  const redirecting = createServer((_, response) => {
    response.writeHead(307, { location: `http://127.0.0.1:${(other.address() as { port: number }).port}/v1` });
    response.end();
  });
  const listening = [other, redirecting].map((one) => new Promise<void>((ready) => one.listen(0, '127.0.0.1', ready)));
  await Promise.all(listening);
  const baseUrl = `http://127.0.0.1:${(redirecting.address() as { port: number }).port}/v1`;
  await expect(openaiAgent({ model: 'm', baseUrl, apiKey: KEY })).rejects.toThrow(/redirects to http.*as base_url/);
  expect(reached).toBe(0);
  for (const one of [other, redirecting]) one.close();
});

test('what the package reads from variables of OpenAI reaches no other endpoint', async () => {
  const variables = {
    OPENAI_ORG_ID: 'org-x',
    OPENAI_PROJECT_ID: 'p-x',
    OPENAI_CUSTOM_HEADERS: 'X-Team: t\nCookie: c=1',
  };
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
  server = await openFaultServer({ answer, faulty: () => false });
  const agent = await openaiAgent({ model: 'm', baseUrl: server.url, apiKey: KEY, maxTokens: 50 });
  const model = agent.open({ task: shopTask('x'), tools: [], seed: 1 });
  await model.complete({ messages: [{ role: 'user', content: 'x' }], tools: [], seed: 1 });
  vi.unstubAllEnvs();
  expect(server.headers.length).toBeGreaterThan(1);
  const sent = JSON.stringify(server.headers);
  for (const value of ['org-x', 'p-x', 'x-team', 'c=1']) expect(sent).not.toContain(value);
});
