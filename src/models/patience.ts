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

/** After a limit was met, successes for one call more at once; before, each success adds one. */
const GROW_AFTER = 20;
/** Faults in a row, of any calls, after which one call at a time finds out how the endpoint is. */
const CAREFUL_AFTER = 3;
const FIRST_WAIT_MS = 500;
/** The same for a limit, which lasts longer than a fault. */
const FIRST_LIMIT_MS = 3000;
/** Milliseconds that is waited in all for a limit to end; limits of a minute are usual. */
const LIMIT_PATIENCE_MS = 180_000;

/**
 * AIMD (Chiu & Jain 1989) behind a slow start: one call finds out whether the endpoint answers, a
 * limit halves concurrency. An endpoint that outlasted the patience gets no second try until it
 * answers again.
 */
export function openPatience(options: PatienceOptions): Patience {
  const { concurrency, retries = 4, longestWaitMs = 120_000, sleep } = options;
  let allowed = 1;
  let growAfter = 1;
  let running = 0;
  /** Calls answered in all, and since concurrency last changed. */
  let answered = 0;
  let successes = 0;
  /** Since the last success: faults, pauses after them, and milliseconds of those for a limit. */
  let faults = 0;
  let pauses = 0;
  let limitedMs = 0;
  /** Before the next call, whoever makes it, of an endpoint in trouble. */
  let pause = { ms: 0, limited: false };
  /** What an endpoint that outlasted the patience said last, until it answers again. */
  let gone: InfrastructureError | null = null;
  const waiting: (() => void)[] = [];

  /** First come, first served: a call that leaves hands its place over. */
  async function enter(): Promise<void> {
    if (running < allowed && waiting.length === 0) running += 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
  }
  function leave(): void {
    running -= 1;
    for (let next = waiting[0]; next !== undefined && running < allowed; next = waiting[0]) {
      waiting.shift();
      running += 1;
      next();
    }
  }
  function succeeded(): void {
    answered += 1;
    successes += 1;
    [faults, pauses, limitedMs, gone] = [0, 0, 0, null];
    if (successes < growAfter || allowed >= concurrency) return;
    successes = 0;
    allowed += 1;
  }
  /** A limit of calls ends by itself, so it is waited for longer. */
  function failed({ status, retryAfterMs, error }: CallFault): void {
    const limited = isLimit(status);
    successes = 0;
    faults += 1;
    if (limited) growAfter = GROW_AFTER;
    if (faults >= CAREFUL_AFTER) allowed = 1;
    else if (limited) allowed = Math.max(1, Math.floor(allowed / 2));
    const next = limited ? limitedMs + FIRST_LIMIT_MS : FIRST_WAIT_MS * 2 ** pauses;
    pause = { ms: retryAfterMs ?? Math.min(longestWaitMs, next), limited };
    const over = limited ? limitedMs + pause.ms > LIMIT_PATIENCE_MS : pauses >= retries;
    if (over || retries === 0 || pause.ms > longestWaitMs) gone = error;
  }
  /** Milliseconds to wait before a call that queued when `since` calls were answered. */
  function restOf(own: number, since: number): number {
    if (gone !== null) return 0;
    if (faults === 0 || allowed > 1) return answered === since ? own : 0;
    if (pause.limited) limitedMs += Math.max(pause.ms, FIRST_WAIT_MS);
    else pauses += 1;
    return pause.ms;
  }

  return {
    get allowed() {
      return allowed;
    },
    async run(call, faultOf, signal) {
      const known = gone;
      let attempt = 0;
      /** Waits of this call for a limit, which are no failed tries. */
      let limitMs = 0;
      let wait = 0;
      for (let since = answered; ; since = answered) {
        await enter();
        let fault: CallFault;
        try {
          // It was given up while this call waited.
          if (gone !== known && gone !== null) throw gone;
          const rest = restOf(wait, since);
          if (rest > 0) await sleep(rest, signal);
          const result = await call();
          succeeded();
          return result;
        } catch (error) {
          if (error === gone) throw error;
          fault = faultOf(error);
        } finally {
          leave();
        }
        const { error, status, retryAfterMs } = fault;
        if (error.retryable) failed(fault);
        const limited = isLimit(status);
        wait = retryAfterMs ?? (limited ? limitMs + FIRST_LIMIT_MS : FIRST_WAIT_MS * 2 ** attempt);
        if (wait > longestWaitMs)
          throw new InfrastructureError(`${error.message}; it asks to wait ${Math.ceil(wait / 1000)} s`, {
            who: 'endpoint',
            cause: error,
          });
        if (!error.retryable || retries === 0 || gone !== null) throw error;
        if (limited ? limitMs + wait > LIMIT_PATIENCE_MS : attempt >= retries) throw error;
        if (limited) limitMs += Math.max(wait, FIRST_WAIT_MS);
        else attempt += 1;
      }
    },
  };
}

const isLimit = (status: number | undefined): boolean => status === 429 || status === 529;
