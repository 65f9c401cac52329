/**
 * Patience with an endpoint: what is tried again, how long is waited, and how many calls are made
 * at once.
 */
import { describe, expect, test } from 'vitest';
import { InfrastructureError } from '../errors.ts';
import { type CallFault, openPatience } from './patience.ts';
import { retryAfterOf } from './waits.ts';

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

function patient(concurrency: number, retries = 4) {
  const waits: number[] = [];
  const patience = openPatience({
    concurrency,
    retries,
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
  expect(waits).toEqual([7000, 500, 1000]);
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
  for (let i = 0; i < 9; i++) await patience.run(after(), faultOf);
  expect(patience.allowed).toBe(8);
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

test('outlasts a limit of a minute, whatever the number of refusals, and gives up after three', async () => {
  const { patience, waits } = patient(1);
  expect(await patience.run(after(...Array.from({ length: 12 }, () => new Answer(429, 5000))), faultOf)).toBe('ok');
  expect(waits).toHaveLength(12);
  const unnamed = patient(1);
  await expect(
    unnamed.patience.run(async () => {
      throw new Answer(429);
    }, faultOf),
  ).rejects.toThrow('HTTP 429');
  const total = unnamed.waits.reduce((sum, wait) => sum + wait, 0);
  expect(total).toBeGreaterThan(60_000);
  expect(total).toBeLessThanOrEqual(180_000);
});

test.each([503, 429])(
  'an endpoint that only answers %i costs a handful of calls, however many want it',
  async (status) => {
    const { patience } = patient(64);
    let calls = 0;
    const dead = async () => {
      calls += 1;
      throw new Answer(status);
    };
    const first = await Promise.allSettled(Array.from({ length: 4 }, () => patience.run(dead, faultOf)));
    expect(first.every((one) => one.status === 'rejected')).toBe(true);
    expect(calls).toBeLessThanOrEqual(7);
    expect(await patience.run(after(new Answer(429, 0)), faultOf).catch(String)).toContain('HTTP 429');
    expect(await patience.run(after(), faultOf)).toBe('ok');
    expect(await patience.run(after(new Answer(status, 0)), faultOf)).toBe('ok');
  },
);

test('without retries nothing is waited for', async () => {
  const { patience, waits } = patient(4, 0);
  for (const status of [429, 503, 429])
    await expect(patience.run(after(new Answer(status)), faultOf)).rejects.toThrow();
  expect(waits).toEqual([]);
});

test('one that fails in mid-run is asked by one call at a time, and is back for all at once', async () => {
  const { patience, waits } = patient(64);
  for (let i = 0; i < 64; i++) await patience.run(after(), faultOf);
  let calls = 0;
  let up = false;
  const call = async () => {
    calls += 1;
    await Promise.resolve();
    up ||= calls > 66;
    if (!up) throw new Answer(503);
    return 'ok';
  };
  const done = await Promise.all(Array.from({ length: 64 }, () => patience.run(call, faultOf)));
  expect(done).toEqual(Array(64).fill('ok'));
  expect([calls, waits.length]).toEqual([64 + 2 + 64, 3]);
});

test('a call that alone fails takes nothing from others', async () => {
  const { patience } = patient(4);
  const bad = Array.from({ length: 3 }, () =>
    patience.run(async () => {
      throw new Answer(500);
    }, faultOf),
  );
  const good = Array.from({ length: 20 }, () => patience.run(after(), faultOf));
  expect((await Promise.allSettled(bad)).map(({ status }) => status)).toEqual(Array(3).fill('rejected'));
  expect(await Promise.all(good)).toEqual(Array(20).fill('ok'));
});

describe('a wait is read from', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');
  test.each<[Record<string, string>, number | undefined]>([
    [{ 'retry-after': '3' }, 3000],
    [{ 'retry-after': 'Thu, 01 Jan 2026 00:00:10 GMT' }, 10_000],
    [{ 'retry-after': 'Wed, 31 Dec 2025 00:00:00 GMT' }, 0],
    [{ 'retry-after-ms': '15', 'retry-after': '3' }, 15],
    [{ 'x-ratelimit-reset-requests': '1s', 'x-ratelimit-reset-tokens': '6m0s' }, 360_000],
    [{ 'x-ratelimit-reset-tokens': '120ms' }, 120],
    [{ 'x-ratelimit-reset': '1767225620' }, 20_000],
    [{ 'x-ratelimit-reset': '1767225620000' }, 20_000],
    [{ 'anthropic-ratelimit-requests-reset': '2026-01-01T00:00:30Z' }, 30_000],
    [{ 'retry-after': 'soon' }, undefined],
    [{}, undefined],
  ])('headers %j', (entries, expected) => {
    expect(retryAfterOf(new Headers(entries), '', now)).toBe(expected);
  });
  test.each<[string, number | undefined]>([
    ['Rate limit reached. Please try again in 20s.', 20_000],
    ['Please retry in 21.4s', 21_400],
    ['Please try again in 1m30.5s. Visit', 90_500],
    ['try again in 120ms', 120],
    ['retry after 6 minutes', 360_000],
    ['please wait 15 seconds and send it again', 15_000],
    ['rate limit of the free models reached, try again in a minute', 60_000],
    ['{"details":[{"@type":"RetryInfo","retryDelay":"34s"}]}', 34_000],
    ['{"retry_after": 2.5}', 2500],
    ['{"retry_after_ms": 700}', 700],
    ['limit 60 per 25 s', undefined],
    ['try again later', undefined],
  ])('the text %s', (text, expected) => {
    expect(retryAfterOf(undefined, text, now)).toBe(expected);
  });
});
