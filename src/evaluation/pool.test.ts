/** The worker pool: order, limit, first error, abort. */
import { describe, expect, test } from 'vitest';
import { inOrder, mapPool } from './pool.ts';

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

test('results come in the order of the items, whoever ends first', async () => {
  const turns = [5, 1, 3, 0];
  const ended: number[] = [];
  const results = await mapPool(turns, 4, async (count, index) => {
    for (let i = 0; i < count; i++) await turn();
    ended.push(index);
    return index * 10;
  });
  expect(results).toEqual([0, 10, 20, 30]);
  expect(ended).not.toEqual([0, 1, 2, 3]);
});

test('no more than the limit run at once', async () => {
  let running = 0;
  let most = 0;
  await mapPool(Array.from({ length: 20 }), 3, async () => {
    running += 1;
    most = Math.max(most, running);
    await turn();
    running -= 1;
  });
  expect(most).toBe(3);
});

test('the first error starts no further item, aborts the running ones and is thrown', async () => {
  const started: number[] = [];
  let aborted = false;
  const run = mapPool([0, 1, 2, 3, 4], 2, async (item, _index, signal) => {
    started.push(item);
    await turn();
    if (item === 0) throw new Error('first');
    await turn();
    aborted = signal.aborted;
    throw new Error('second');
  });
  await expect(run).rejects.toThrow('first');
  expect(started).toEqual([0, 1]);
  expect(aborted).toBe(true);
});

test('an abort ends the run with its reason, after the running calls', async () => {
  const controller = new AbortController();
  const started: number[] = [];
  let ended = 0;
  const run = mapPool(
    [0, 1, 2, 3],
    2,
    async (item) => {
      started.push(item);
      await turn();
      if (item === 0) controller.abort(new Error('stop'));
      await turn();
      ended += 1;
    },
    controller.signal,
  );
  await expect(run).rejects.toThrow('stop');
  expect(started).toEqual([0, 1]);
  expect(ended).toBe(2);
});

test('a signal that is aborted already starts nothing', async () => {
  const signal = AbortSignal.abort(new Error('stop'));
  const started: number[] = [];
  const run = mapPool([1], 1, async (item) => started.push(item), signal);
  await expect(run).rejects.toThrow('stop');
  expect(started).toEqual([]);
});

test('a function that throws before its first await is an error like any other', async () => {
  await expect(
    mapPool([1], 1, () => {
      throw new Error('at once');
    }),
  ).rejects.toThrow('at once');
});

test('no items give no results; a limit below 1 is misuse', async () => {
  expect(await mapPool([], 4, async () => 1)).toEqual([]);
  await expect(mapPool([1], 0, async () => 1)).rejects.toThrow(RangeError);
});

describe('in order', () => {
  const collect = async <T>(results: AsyncIterable<T>): Promise<T[]> => {
    const all: T[] = [];
    for await (const result of results) all.push(result);
    return all;
  };

  test('results come in the order of the items, and the next calls run while one is slow', async () => {
    const started: number[] = [];
    let release = () => {};
    const slow = new Promise<void>((resolve) => {
      release = resolve;
    });
    const results = inOrder([0, 1, 2, 3, 4, 5, 6], 2, async (item) => {
      started.push(item);
      if (item === 0) await slow;
      return item;
    });
    const first = results.next();
    for (let i = 0; i < 20; i++) await turn();
    // Two at once, and at most four items ahead of the awaited one.
    expect(started).toEqual([0, 1, 2, 3]);
    release();
    expect((await first).value).toBe(0);
    expect(await collect(results)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test('one at a time, no item starts before the one before it was taken', async () => {
    const started: number[] = [];
    const run = inOrder([0, 1, 2], 1, async (item) => {
      started.push(item);
      return item;
    });
    for await (const item of run) {
      await new Promise((resolve) => setImmediate(resolve));
      expect(started).toEqual([0, 1, 2].slice(0, item + 1));
    }
    expect(started).toEqual([0, 1, 2]);
  });

  test('what runs ahead is aborted, waited for and dropped when the caller stops', async () => {
    let aborted = 0;
    let ended = 0;
    const results = inOrder([0, 1, 2, 3], 3, async (item, _index, signal) => {
      for (let i = 0; i < item * 3; i++) await turn();
      if (signal.aborted) aborted += 1;
      ended += 1;
      if (item === 1) throw new Error('never seen');
      return item;
    });
    for await (const result of results) if (result === 0) break;
    expect([aborted, ended <= 4]).toEqual([ended - 1, true]);
  });

  test('an error comes at the turn of its item, after the results before it', async () => {
    const seen: number[] = [];
    const results = inOrder([0, 1, 2], 3, async (item) => {
      if (item === 1) throw new Error('second');
      for (let i = 0; i < 5; i++) await turn();
      return item;
    });
    const run = async () => {
      for await (const result of results) seen.push(result);
    };
    await expect(run()).rejects.toThrow('second');
    expect(seen).toEqual([0]);
  });

  test('an abort ends it with its reason, after the running calls', async () => {
    const controller = new AbortController();
    let ended = 0;
    const results = inOrder(
      [0, 1, 2],
      2,
      async (item) => {
        if (item === 0) controller.abort(new Error('stop'));
        await turn();
        ended += 1;
      },
      controller.signal,
    );
    await expect(collect(results)).rejects.toThrow('stop');
    expect(ended).toBeLessThanOrEqual(2);
  });
});
