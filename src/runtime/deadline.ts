/** One signal for both ends of a model call: the caller's abort and the time limit. */
import { setMaxListeners } from 'node:events';
import { InfrastructureError } from '../errors.ts';

/**
 * The value of `call`, even of one that ignores its signal. Throws InfrastructureError after
 * `limitMs`, and the reason of `signal` once aborted. Without a limit no timer runs.
 */
export async function withinLimit<T>(
  call: (signal: AbortSignal | undefined) => Promise<T>,
  limitMs: number | undefined,
  signal: AbortSignal | undefined,
): Promise<T> {
  if (limitMs === undefined) return call(signal);
  const controller = new AbortController();
  const abort = () => controller.abort(signal?.reason);
  const timer = setTimeout(
    () => controller.abort(new InfrastructureError(`no answer within ${limitMs / 1000} s`)),
    limitMs,
  );
  const aborted = new Promise<never>((_, fail) => {
    controller.signal.addEventListener('abort', () => fail(controller.signal.reason), { once: true });
  });
  aborted.catch(() => {});
  if (signal?.aborted) abort();
  else if (signal) {
    // One listener per running call; Node warns of a leak above ten.
    setMaxListeners(0, signal);
    signal.addEventListener('abort', abort, { once: true });
  }
  try {
    return await Promise.race([call(controller.signal), aborted]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
}
