/** Runs a function over items, a limited number at a time. */

/**
 * Results in the order of `items`; at most `limit` calls run at once. The first error, or `signal`, starts no further item,
 * aborts the signal that running calls were given, waits for them, and is thrown (for `signal` its reason).
 * Throws RangeError for a limit below 1.
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
        // Later errors are mostly echoes of the abort: the first reason is the one that is thrown.
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
