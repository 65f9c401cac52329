/** Ctrl-C: the first asks for an orderly end, the second ends at once. */
import { InterruptedError } from '../errors.ts';

/** First Ctrl-C or SIGTERM: stop, keep everything; second: end at once. */
export function interruptible(): { signal: AbortSignal; stop(): void } {
  const controller = new AbortController();
  const onSignal = () => {
    if (controller.signal.aborted) process.exit(130);
    process.stderr.write('\noptimize: stopping; press Ctrl-C again to end at once\n');
    controller.abort(new InterruptedError('interrupted'));
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return {
    signal: controller.signal,
    stop() {
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
    },
  };
}
