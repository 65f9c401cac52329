/** Ctrl-C: the first ends in order, the second at once. */
import { interruptChildren } from '../environments/child/child.ts';
import { InterruptedError } from '../errors.ts';

/** Aborts `signal` at the first Ctrl-C or SIGTERM, exits at the second. */
export function interruptible(): { signal: AbortSignal; stop(): void } {
  const controller = new AbortController();
  const onSignal = () => {
    if (controller.signal.aborted) process.exit(130);
    process.stderr.write('\noptimize: stopping; press Ctrl-C again to end at once\n');
    controller.abort(new InterruptedError('interrupted'));
    interruptChildren();
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
