/** Who may ask the gateway, what it refuses, and where a key goes. */
import { readdirSync, readFileSync } from 'node:fs';
import { request as requestHttp } from 'node:http';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { type HarnessParts, swapClause } from '../runtime/shop.fixture.ts';
import type { Json } from '../types.ts';
import { loop, type Opened, openShop, type Said, tools } from './gateway.fixture.ts';

let opened: Opened;
afterEach(() => opened.close());

const swapping: HarnessParts = { contract: { clauses: [swapClause] } };
const begin = (): Json[] => [{ role: 'user', content: 'Swap the shelf of #W1000001 for the wooden one.' }];
const swap: Said = {
  calls: [['swap_items', { order_id: '#W1000001', item_ids: ['Bookshelf'], new_item_ids: ['wood'] }]],
};
const done: Said = { calls: [['done', { summary: 'Swapped.' }]] };

describe('who may ask', () => {
  const ask = (headers: Record<string, string>, method = 'POST', path = '/v1/chat/completions') =>
    new Promise<number>((resolve, reject) => {
      const { port } = new URL(opened.url);
      const sent = requestHttp({ host: '127.0.0.1', port, method, path, headers }, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
      sent.on('error', reject);
      sent.end(method === 'POST' ? '{' : undefined);
    });
  const json = { 'content-type': 'application/json' };

  test.each<[string, Record<string, string>, number]>([
    ['another host by its name', { ...json, host: 'evil.example' }, 421],
    ['a name that begins like loopback', { ...json, host: '127.0.0.1.evil.example' }, 421],
    ['a page of a browser', { ...json, origin: 'https://evil.example' }, 403],
    ['a form', { 'content-type': 'text/plain' }, 415],
    ['half of a JSON text', json, 400],
  ])('not %s', async (_, headers, status) => {
    opened = await openShop(swapping);
    expect(await ask(headers)).toBe(status);
    expect(opened.asked).toEqual([]);
  });

  test('health and counts are told, and other paths are not', async () => {
    opened = await openShop(swapping);
    expect([
      await ask({}, 'GET', '/healthz'),
      await ask({}, 'GET', '/metrics'),
      await ask(json, 'POST', '/admin'),
    ]).toEqual([200, 200, 404]);
  });

  test.each<[string, object | string, RegExp]>([
    ['no messages', { model: 'm' }, /messages: expected a list/],
    ['another role', { messages: [{ role: 'boss', content: 'x' }] }, /messages\[0\].role: expected system/],
    ['several replies', { messages: begin(), n: 2 }, /n: expected 1/],
    ['a list', [1], /expected a JSON object/],
    [
      'a call without a name',
      { messages: [...begin(), { role: 'assistant', tool_calls: [{}] }], tools },
      /tool_calls\[0\]: expected a function/,
    ],
    [
      'no message of the user',
      { messages: [{ role: 'system', content: 'x' }], tools },
      /expected a message of the user/,
    ],
  ])('%s is refused with a sentence', async (_, body, says) => {
    opened = await openShop(swapping);
    const response = await opened.post(body);
    expect(response.status).toBe(400);
    expect(((await response.json()) as { error: { message: string } }).error.message).toMatch(says);
  });

  test('a key goes upstream and to no file', async () => {
    opened = await openShop(swapping);
    opened.say(swap, done);
    await loop(opened, begin());
    expect(opened.asked[0]?.headers.authorization).toBe('Bearer sk-canary-gateway');
    const files = readdirSync(opened.root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    expect(files.length).toBeGreaterThan(1);
    for (const { parentPath, name } of files)
      expect(readFileSync(join(parentPath, name), 'utf8')).not.toContain('canary');
  });
});
