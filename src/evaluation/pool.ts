/** Runs a function over items, a limited number at a time. */

/**
 * Results in the order of `items`; at most `limit` calls run at once. The first error or the abort
 * of `signal` starts no further item, aborts running calls, waits for them and is thrown. Throws
 * RangeError for a limit below 1.
 */
export async function mapPool<T, R>(
  items: readonly T[],
  limit: number,
  fn: (item: T, index: number, signal: AbortSignal) => Promise<R>,
  signal?: AbortSignal,
): Promise<R[]> {
  if (!(limit >= 1)) throw new RangeError(`mapPool: expected a limit of at least 1, got ${limit}`);
  signal?.throwIfAborted();
  const results = new Array<R>(items.length);
  const inner = new AbortController();
  const abort = () => inner.abort(signal?.reason);
  signal?.addEventListener('abort', abort, { once: true });
  let next = 0;
  const work = async () => {
    while (next < items.length && !inner.signal.aborted) {
      const index = next++;
      try {
        results[index] = await fn(items[index] as T, index, inner.signal);
      } catch (error) {
        // Later errors mostly repeat the abort, so the first reason is thrown.
        if (!inner.signal.aborted) inner.abort(error);
      }
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(limit, items.length) }, work));
  } finally {
    signal?.removeEventListener('abort', abort);
  }
  if (inner.signal.aborted) throw inner.signal.reason;
  return results;
}

type Settled<R> = { readonly value: R } | { readonly error: unknown };

/**
 * Results in the order of `items`, one at a time; up to `limit` calls run ahead, at most two times
 * `limit` items. An error or the reason of `signal` is thrown at its item's turn. When the caller
 * stops early, running calls are aborted, awaited and dropped. Throws RangeError for a limit < 1.
 */
export async function* inOrder<T, R>(
  items: readonly T[],
  limit: number,
  fn: (item: T, index: number, signal: AbortSignal) => Promise<R>,
  signal?: AbortSignal,
): AsyncGenerator<R, void, void> {
  if (!(limit >= 1)) throw new RangeError(`inOrder: expected a limit of at least 1, got ${limit}`);
  const inner = new AbortController();
  const abort = () => inner.abort(signal?.reason);
  signal?.addEventListener('abort', abort, { once: true });
  const results: Promise<Settled<R>>[] = [];
  let turn = 0;
  let running = 0;
  const settle = async (index: number): Promise<Settled<R>> => {
    running += 1;
    try {
      return { value: await fn(items[index] as T, index, inner.signal) };
    } catch (error) {
      return { error };
    } finally {
      running -= 1;
      start();
    }
  };
  // One at a time runs nothing ahead: what a stop would drop must not depend on timing.
  const ahead = limit === 1 ? 1 : 2 * limit;
  const start = () => {
    while (running < limit && results.length < Math.min(items.length, turn + ahead) && !inner.signal.aborted)
      results.push(settle(results.length));
  };
  try {
    for (; turn < items.length; turn++) {
      signal?.throwIfAborted();
      start();
      const result = await (results[turn] as Promise<Settled<R>>);
      signal?.throwIfAborted();
      if ('error' in result) throw result.error;
      yield result.value;
    }
  } finally {
    signal?.removeEventListener('abort', abort);
    inner.abort(new Error('not needed any more'));
    await Promise.all(results);
  }
}
