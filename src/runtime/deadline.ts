/** One signal for both ways in which an episode is cut short: the caller's abort and the time limit. */

export interface Deadline {
  readonly signal: AbortSignal | undefined;
  /** True once the time is over; false after the caller's own abort. */
  timedOut(): boolean;
  /** The promise's value, or a rejection as soon as the signal is aborted, also when the model ignores it. */
  race<T>(promise: Promise<T>): Promise<T>;
  close(): void;
}

/** Without a time limit nothing is wrapped and no timer runs. */
export function openDeadline(signal: AbortSignal | undefined, timeoutMs: number | undefined): Deadline {
  if (timeoutMs === undefined) {
    return { signal, timedOut: () => false, race: (promise) => promise, close: () => {} };
  }
  const controller = new AbortController();
  let over = false;
  const abort = () => controller.abort(signal?.reason);
  const timer = setTimeout(() => {
    over = true;
    controller.abort();
  }, timeoutMs);
  let reject: (reason: unknown) => void = () => {};
  const aborted = new Promise<never>((_, fail) => {
    reject = fail;
  });
  aborted.catch(() => {});
  controller.signal.addEventListener('abort', () => reject(controller.signal.reason), { once: true });
  if (signal?.aborted) abort();
  else signal?.addEventListener('abort', abort, { once: true });
  return {
    signal: controller.signal,
    timedOut: () => over,
    race: (promise) => Promise.race([promise, aborted]),
    close: () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    },
  };
}
