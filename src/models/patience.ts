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
      for (let attempt = 0; ; attempt++) {
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
        if (fault.status === 429 || fault.status === 529) slowedDown();
        const wait = fault.retryAfterMs ?? Math.min(longestWaitMs, FIRST_WAIT_MS * 2 ** attempt);
        if (wait > longestWaitMs)
          throw new InfrastructureError(`${fault.error.message}; it asks to wait ${Math.ceil(wait / 1000)} s`, {
            who: 'endpoint',
            cause: fault.error,
          });
        if (!fault.error.retryable || attempt >= retries) throw fault.error;
        await sleep(wait, signal);
      }
    },
  };
}

/** Milliseconds to wait by `retry-after-ms` or `retry-after`; `now`: milliseconds since 1970. */
export function retryAfterOf(
  headers: { get(name: string): string | null } | undefined,
  now: number,
): number | undefined {
  const exact = Number.parseFloat(headers?.get('retry-after-ms') ?? '');
  if (Number.isFinite(exact)) return Math.max(0, exact);
  const text = headers?.get('retry-after') ?? '';
  const seconds = Number(text);
  if (text.trim() !== '' && Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const date = Date.parse(text);
  return Number.isFinite(date) ? Math.max(0, date - now) : undefined;
}
