/** What passes through the gateway, byte for byte, however it is compressed. */
import { type IncomingHttpHeaders, request } from 'node:http';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { type HarnessParts, swapClause } from '../runtime/shop.fixture.ts';
import type { Json } from '../types.ts';
import { type Opened, openShop, type Said, tools } from './gateway.fixture.ts';

let opened: Opened;
afterEach(() => opened.close());

const swapping: HarnessParts = { contract: { clauses: [swapClause] } };
const begin = (): Json[] => [{ role: 'user', content: 'Swap the shelf of #W1000001 for the wooden one.' }];
const swap: Said = {
  calls: [['swap_items', { order_id: '#W1000001', item_ids: ['Bookshelf'], new_item_ids: ['wood'] }]],
};

describe('an answer is compressed as the client reads it', () => {
  const ask = (headers: Record<string, string>, body: object) =>
    new Promise<IncomingHttpHeaders>((resolve, reject) => {
      const { port } = new URL(opened.url);
      const options = { host: '127.0.0.1', port, method: 'POST', path: '/v1/chat/completions' };
      const sent = request({ ...options, headers: { 'content-type': 'application/json', ...headers } }, (response) => {
        response.resume();
        response.once('end', () => resolve(response.headers));
      });
      sent.on('error', reject);
      sent.end(JSON.stringify(body));
    });
  const plain = { model: 'm-1', messages: begin() };

  test.each<[string, Record<string, string>, string | undefined]>([
    ['not at all', {}, undefined],
    ['with gzip', { 'accept-encoding': 'gzip, deflate' }, 'gzip'],
  ])('%s', async (_, headers, encoding) => {
    opened = await openShop(swapping);
    opened.say({ content: 'yes' });
    expect((await ask(headers, plain))['content-encoding']).toBe(encoding);
    expect(opened.asked[0]?.headers['accept-encoding']).toBe(headers['accept-encoding'] ?? 'identity');
  });

  test('and shadow mode keeps it either way', async () => {
    opened = await openShop(swapping, { mode: 'shadow' });
    opened.say({ content: 'one' }, { content: 'two' });
    await ask({}, { ...plain, tools });
    await ask({ 'accept-encoding': 'gzip' }, { ...plain, tools });
    await vi.waitFor(() => expect(opened.talks().map(({ reply }) => reply.content)).toEqual(['one', 'two']));
  });

  test('a layer reads what upstream compresses, whatever the client reads', async () => {
    opened = await openShop(swapping);
    opened.say(swap);
    const response = await opened.post({ model: 'm-1', messages: begin(), tools }, { 'accept-encoding': 'zstd' });
    expect([response.status, opened.asked[0]?.headers['accept-encoding']]).toEqual([200, 'gzip, br']);
  });
});
