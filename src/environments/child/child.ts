/** One process with an environment: its start, its asks, and how it ends. */
import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { endedBy, InterruptedError, UsageError } from '../../errors.ts';
import { endFamily, newFamily } from './family.ts';
import { showOutput } from './output.ts';
import { asError, flagsOf, LOAD_LIMIT_MS, MOST_MB, outOfMemory, program, reasonOf } from './program.ts';
import { type ChildAsk, type FileInRepository, type FromChild, HELD_BY, SETTLED, type World } from './protocol.ts';
import { childVariables } from './variables.ts';

/** Milliseconds beyond a time limit after which a silent process is stuck. */
const GRACE_MS = 1000;
const MEMORY_CHECK_MS = 250;

/** The process ended before it answered. */
export class LostError extends Error {
  override readonly name = 'LostError';
  /** True if this ask may be what ended it; `certain` if no other can be. */
  readonly suspect: boolean;
  readonly certain: boolean;
  /** What was asked, if it is not what its caller asked for. */
  what: string | null = null;
  constructor(reason: string, { suspect, certain }: { suspect: boolean; certain: boolean }) {
    super(reason);
    this.suspect = suspect;
    this.certain = certain;
  }
}

export interface Answered {
  readonly value: unknown;
  readonly changes?: readonly string[] | undefined;
}

export interface Child {
  /** Number of states that it holds; whoever opens and disposes them counts. */
  states: number;
  readonly gone: boolean;
  /** Throws LostError, InterruptedError, and what the environment threw. */
  ask(world: World, ask: ChildAsk, signal?: AbortSignal): Promise<Answered>;
  end(): void;
}

interface Waiting {
  later: boolean;
  resolve(answer: Answered): void;
  reject(error: Error): void;
}

export interface ChildOptions extends FileInRepository {
  /** Time limit of one ask. */
  readonly timeoutMs: () => number;
  readonly mostMb?: number | undefined;
  /** Told of what fails outside of any call. */
  onStray(fault: string): void;
  /** Told why the process ended while nothing was asked. */
  onEnd(reason: string): void;
}

/** What ends processes, with all that they started. */
const ends = new Set<() => void>();
/** What stops asks at once, also those that no signal of their own can stop. */
const stops = new Set<() => void>();

/** Ends all processes of environments, with what they started. */
export function endChildren(): void {
  for (const end of ends) end();
}
process.on('exit', endChildren);

/** Interrupts every ask. Throws nothing; the asks throw InterruptedError. */
export function interruptChildren(): void {
  for (const stop of stops) stop();
}

function megabytesOf(pid: number): number {
  try {
    return (Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * 4096) / 2 ** 20;
  } catch {
    // Other systems have the limit of the heap alone.
    return 0;
  }
}

/** Starts the process and loads the file. Throws UsageError for a file that does not load. */
export async function startChild({
  file,
  root,
  timeoutMs,
  mostMb = MOST_MB,
  onStray,
  onEnd,
}: ChildOptions): Promise<Child> {
  const nonce = randomBytes(16).toString('hex');
  const { mark, variables } = newFamily(childVariables(process.env));
  const child = fork(program, [], {
    execArgv: flagsOf(mostMb),
    env: variables,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc', 'pipe'],
    detached: true,
  });
  const end = () => {
    ends.delete(end);
    endFamily(child.pid, mark);
  };
  ends.add(end);
  const waiting = new Map<number, Waiting>();
  let asks = 0;
  let gone: string | null = null;
  let heard = performance.now();
  let limitMs = LOAD_LIMIT_MS;
  /** The ask that has held the process for a while, as far as is known. */
  let holding = 0;
  const setReferenced = (on: boolean) => {
    if (on) child.channel?.ref();
    else child.channel?.unref();
  };
  /** The number of asks that it leaves without an answer. */
  const lose = (reason: string): number | null => {
    if (gone !== null) return null;
    gone = reason;
    clearInterval(watch);
    stops.delete(stop);
    end();
    const asked = [...waiting];
    waiting.clear();
    // Asks are taken in order, and each either is answered or says that it will be later.
    const first = asked.find(([, { later }]) => !later);
    for (const [id, one] of asked) {
      const suspect = first === undefined || one === first[1];
      one.reject(new LostError(reason, { suspect, certain: id === holding && suspect }));
    }
    return asked.length;
  };
  /** Ends by what the environment did. */
  const fall = (reason: string) => {
    if (lose(reason) === 0) onEnd(reason);
  };
  const stop = () => {
    for (const one of waiting.values()) one.reject(new InterruptedError('interrupted'));
    waiting.clear();
    lose('was interrupted');
  };
  stops.add(stop);
  const look = () => {
    if (waiting.size > 0 && performance.now() - heard > limitMs + GRACE_MS)
      fall(`gave no answer within ${limitMs / 1000} s and held its process`);
    else if (megabytesOf(child.pid as number) > mostMb) fall(outOfMemory(mostMb));
  };
  const watch = setInterval(look, MEMORY_CHECK_MS);
  watch.unref();
  child.unref();
  for (const stream of child.stdio.slice(1)) (stream as { unref?(): void } | null)?.unref?.();
  showOutput(child);
  child.stdio[HELD_BY]?.on('data', (lines) => {
    holding = Number(String(lines).trim().split('\n').at(-1));
  });
  child.on('message', (message: FromChild) => {
    // What the environment itself sends has no nonce.
    if (typeof message !== 'object' || message === null || message.nonce !== nonce) return;
    if ('stray' in message) return onStray(message.stray);
    const one = waiting.get(message.id);
    if (one === undefined) return;
    heard = performance.now();
    if ('later' in message) {
      one.later = true;
      return;
    }
    waiting.delete(message.id);
    if (waiting.size === 0) setReferenced(false);
    if (!('error' in message)) return one.resolve(message);
    one.reject(asError(message.error));
    if (!SETTLED.has(message.error.name)) fall('failed');
  });
  child.on('error', (error) => fall(error.message));
  child.on('exit', (code, signal) => fall(reasonOf(code, signal, mostMb)));
  // A process that cannot answer any more is of no use; what ended it is known at its exit.
  child.on('disconnect', () => setTimeout(() => fall('closed the way to its parent'), 200));
  const send = (id: number, message: object): Promise<Answered> =>
    new Promise((resolve, reject) => {
      if (gone !== null) return reject(new LostError(gone, { suspect: false, certain: false }));
      if (waiting.size === 0) {
        heard = performance.now();
        setReferenced(true);
      }
      waiting.set(id, { later: false, resolve, reject });
      // Its end is told by the events above.
      child.send(message, () => {});
    });
  try {
    await send(0, { file, root, nonce });
  } catch (error) {
    lose('did not load');
    if (!(error instanceof LostError)) throw error;
    throw new UsageError(`the environment file does not load: it ${error.message}`, { where: file });
  }
  limitMs = timeoutMs();
  return {
    states: 0,
    get gone() {
      return gone !== null;
    },
    async ask(world, ask, signal) {
      if (signal?.aborted) throw endedBy(signal, signal.reason);
      limitMs = timeoutMs();
      const id = ++asks;
      const answered = send(id, { id, world, ...ask });
      if (signal === undefined) return answered;
      const abort = () => {
        const one = waiting.get(id);
        if (one === undefined) return;
        if (one.later) {
          waiting.delete(id);
          if (waiting.size === 0) setReferenced(false);
        }
        if (gone === null) child.send({ cancel: id }, () => {});
        one.reject(endedBy(signal, signal.reason));
      };
      signal.addEventListener('abort', abort, { once: true });
      try {
        return await answered;
      } finally {
        signal.removeEventListener('abort', abort);
      }
    },
    end: () => void lose('is over'),
  };
}
