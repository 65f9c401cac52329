/** A replay finds a recorded reply although a part of its request was cut at night. */
import { expect, test } from 'vitest';
import type { ReplyStore } from '../models/replies.ts';
import type { Agent, ChatRequest } from '../types.ts';
import { askedAsStored } from './stored.ts';

const request = (text: string, seed = 1): ChatRequest => ({
  messages: [{ role: 'user', content: text }],
  tools: [],
  seed,
});
const stored = [request('The code is [secret], thanks.'), request('Nothing cut.')];
const store = {
  *calls() {
    yield* stored.map((one, i) => ({ key: `${i}`, request: one }));
  },
} as object as ReplyStore;

async function askedFor(asked: ChatRequest): Promise<ChatRequest | undefined> {
  const seen: ChatRequest[] = [];
  const agent = { open: () => ({ complete: async (one: ChatRequest) => void seen.push(one) }) } as object as Agent;
  await askedAsStored(agent, store)
    .open({} as never)
    .complete(asked, new AbortController().signal);
  return seen[0];
}

test('a request with secrets is asked as it was stored', async () => {
  expect(await askedFor(request('The code is tok-91c4-aa, thanks.'))).toEqual(stored[0]);
});

test.each([request('The code is tok-91c4-aa, no thanks.'), request('The code is tok-91c4-aa, thanks.', 2)])(
  'another request stays as it is: %j',
  async (asked) => {
    expect(await askedFor(asked)).toBe(asked);
  },
);
