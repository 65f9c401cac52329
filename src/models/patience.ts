/** Retries calls after temporary faults, and lowers concurrency when an endpoint asks for it. */
import { InfrastructureError } from '../errors.ts';

export interface PatienceOptions {
  /** Maximum concurrent calls. */
  readonly concurrency: number;
  /** Retries after the first attempt. @default 4 */
  readonly retries?: number;
  /** Longest wait in milliseconds that an endpoint may ask for. @default 120,000 */
  readonly longestWaitMs?: number;
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

/** How to handle a failed call. */
export interface CallFault {
  readonly error: InfrastructureError;
  /** HTTP status; undefined when there was no answer. */
  readonly status: number | undefined;
  /** Wait that the endpoint asked for, if any. */
  readonly retryAfterMs: number | undefined;
}

export interface Patience {
  /** Concurrent calls allowed now. */
  readonly allowed: number;
  /** `faultOf` turns an error of `call` into a fault, or throws one that is not a fault. */
  run<T>(call: () => Promise<T>, faultOf: (error: unknown) => CallFault, signal?: AbortSignal): Promise<T>;
}

/** Successes after which concurrency grows by one. */
const GROW_AFTER = 20;
const FIRST_WAIT_MS = 500;
/** Milliseconds that a call waits in all for a limit to end; limits of a minute are usual. */
const LIMIT_PATIENCE_MS = 180_000;

/** AIMD (Chiu & Jain 1989): 429 and 529 halve concurrency, 20 successes in a row add one call. */
export function openPatience(options: PatienceOptions): Patience {
  const { concurrency, retries = 4, longestWaitMs = 120_000, sleep } = options;
  let allowed = Math.max(1, concurrency);
  let running = 0;
  let successes = 0;
  const waiting: (() => void)[] = [];

  async function enter(): Promise<void> {
    while (running >= allowed) await new Promise<void>((resolve) => waiting.push(resolve));
    running += 1;
  }
  function leave(): void {
    running -= 1;
    for (let free = allowed - running; free > 0; free--) waiting.shift()?.();
  }
  function succeeded(): void {
    successes += 1;
    if (successes < GROW_AFTER || allowed >= concurrency) return;
    successes = 0;
    allowed += 1;
  }
  function slowedDown(): void {
    successes = 0;
    allowed = Math.max(1, Math.floor(allowed / 2));
  }

  return {
    get allowed() {
      return allowed;
    },
    async run(call, faultOf, signal) {
      // A limit of calls ends by itself, so waits for it are no failed tries.
      let waited = 0;
      for (let attempt = 0; ; ) {
        await enter();
        let fault: CallFault;
        try {
          const result = await call();
          succeeded();
          return result;
        } catch (error) {
          fault = faultOf(error);
        } finally {
          leave();
        }
        const limited = fault.status === 429 || fault.status === 529;
        if (limited) slowedDown();
        const tries = limited ? Math.log2(1 + waited / FIRST_WAIT_MS) : attempt;
        const wait = fault.retryAfterMs ?? Math.min(longestWaitMs, FIRST_WAIT_MS * 2 ** tries);
        if (wait > longestWaitMs)
          throw new InfrastructureError(`${fault.error.message}; it asks to wait ${Math.ceil(wait / 1000)} s`, {
            who: 'endpoint',
            cause: fault.error,
          });
        if (!fault.error.retryable || retries === 0) throw fault.error;
        if (limited ? waited + wait > LIMIT_PATIENCE_MS : attempt >= retries) throw fault.error;
        if (limited) waited += Math.max(wait, FIRST_WAIT_MS);
        else attempt += 1;
        await sleep(wait, signal);
      }
    },
  };
}
