/**
 * Patience with an endpoint: what is tried again, how long is waited, and how many calls are made
 * at once.
 */
import { describe, expect, test } from 'vitest';
import { InfrastructureError } from '../errors.ts';
import { type CallFault, openPatience, retryAfterOf } from './patience.ts';

class Answer extends Error {
  readonly status: number;
  readonly retryAfterMs: number | undefined;
  constructor(status: number, retryAfterMs?: number) {
    super(`HTTP ${status}`);
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }
}
const faultOf = (error: unknown): CallFault => {
  if (!(error instanceof Answer)) throw error;
  const { status, retryAfterMs, message } = error;
  return {
    error: new InfrastructureError(message, { retryable: status === 429 || status >= 500 }),
    status,
    retryAfterMs,
  };
};

function patient(concurrency: number) {
  const waits: number[] = [];
  const patience = openPatience({
    concurrency,
    sleep: async (milliseconds) => {
      waits.push(milliseconds);
    },
  });
  return { patience, waits };
}
/** Throws the errors one after the other, then answers. */
const after =
  (...errors: Error[]) =>
  async () => {
    const error = errors.shift();
    if (error) throw error;
    return 'ok';
  };

test('waits as long as it is asked to, else longer from try to try', async () => {
  const { patience, waits } = patient(4);
  expect(await patience.run(after(new Answer(429, 7000), new Answer(503), new Answer(500)), faultOf)).toBe('ok');
  expect(waits).toEqual([7000, 1000, 2000]);
});

test('gives up after its tries, at once on a refusal, and when the wait is too long', async () => {
  const { patience, waits } = patient(4);
  const always = async () => {
    throw new Answer(503);
  };
  await expect(patience.run(always, faultOf)).rejects.toThrow('HTTP 503');
  expect(waits).toHaveLength(4);
  await expect(patience.run(after(new Answer(400)), faultOf)).rejects.toThrow('HTTP 400');
  await expect(patience.run(after(new Answer(429, 3_600_000)), faultOf)).rejects.toThrow('it asks to wait 3600 s');
  expect(waits).toHaveLength(4);
  await expect(patience.run(after(new TypeError('a bug')), faultOf)).rejects.toThrow('a bug');
});

test('asks half as much at once when told to slow down, and more again after 20 successes', async () => {
  const { patience } = patient(8);
  await patience.run(after(new Answer(429, 0), new Answer(429, 0)), faultOf);
  expect(patience.allowed).toBe(2);
  for (let i = 0; i < 20; i++) await patience.run(after(), faultOf);
  expect(patience.allowed).toBe(3);
  for (let i = 0; i < 400; i++) await patience.run(after(), faultOf);
  expect(patience.allowed).toBe(8);
});

test('never makes more calls at once than allowed, and forgets none', async () => {
  const { patience } = patient(3);
  let running = 0;
  let most = 0;
  const calls = Array.from({ length: 30 }, (_, i) =>
    patience.run(async () => {
      running += 1;
      most = Math.max(most, running);
      await Promise.resolve();
      running -= 1;
      if (i === 5) throw new Answer(400);
      return i;
    }, faultOf),
  );
  const done = await Promise.allSettled(calls);
  expect(most).toBe(3);
  expect(done.filter(({ status }) => status === 'fulfilled')).toHaveLength(29);
});

describe('retry-after', () => {
  const headers = (entries: Record<string, string>) => new Headers(entries);
  const now = Date.parse('2026-01-01T00:00:00Z');
  test.each<[Record<string, string>, number | undefined]>([
    [{ 'retry-after': '3' }, 3000],
    [{ 'retry-after': 'Thu, 01 Jan 2026 00:00:10 GMT' }, 10_000],
    [{ 'retry-after': 'Wed, 31 Dec 2025 00:00:00 GMT' }, 0],
    [{ 'retry-after-ms': '15', 'retry-after': '3' }, 15],
    [{ 'retry-after': 'soon' }, undefined],
    [{}, undefined],
  ])('%j', (entries, expected) => {
    expect(retryAfterOf(headers(entries), now)).toBe(expected);
  });
});
