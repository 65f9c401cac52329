/** One process with an environment: its start, its asks, and how it ends. */
import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { EnvironmentError, endedBy, InterruptedError, UsageError } from '../../errors.ts';
import type { GenerateOptions } from '../../types.ts';
import type { ChildAsk, Description, FromChild, World } from './protocol.ts';
import { childVariables } from './variables.ts';

/** Maximum megabytes of memory of one process. */
const MOST_MB = 2048;
/** Milliseconds that an environment file may take to load. */
const LOAD_LIMIT_MS = 60_000;
/** Milliseconds beyond a time limit after which a silent process is stuck. */
const GRACE_MS = 1000;
const MEMORY_CHECK_MS = 250;
/** Characters of an environment's own output that are shown. */
const MOST_OUTPUT = 20_000;

/** The process ended before it answered. */
export class LostError extends Error {
  override readonly name = 'LostError';
  /** True if this ask may be what ended it; `certain` if no other can be. */
  readonly suspect: boolean;
  readonly certain: boolean;
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

export interface ChildOptions {
  readonly file: string;
  readonly root: string;
  /** Time limit of one ask. */
  readonly timeoutMs: () => number;
  /** Told of what fails outside of any call. */
  onStray(fault: string): void;
}

const alive = new Set<ChildProcess>();
/** What stops asks at once, also those that no signal of their own can stop. */
const stops = new Set<() => void>();

/** Ends all processes of environments, with what they started. */
export function endChildren(): void {
  for (const child of alive) kill(child);
}
process.on('exit', endChildren);

/** Interrupts every ask. Throws nothing; the asks throw InterruptedError. */
export function interruptChildren(): void {
  for (const stop of stops) stop();
}

function kill(child: ChildProcess): void {
  alive.delete(child);
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    child.kill('SIGKILL');
  }
}

/** Node cannot run source files, which tests import: they start the built program. */
const main = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? '../../../dist/environments/child/main.js' : 'main.js', import.meta.url),
);
const execArgv = [`--max-old-space-size=${MOST_MB}`];

/** Without control characters, line ends and tabs apart. */
export const shownText = (text: string): string => text.replace(/(?![\n\t])\p{Cc}/gu, '');

/** What an environment prints goes to stderr, without control characters; stdout is ours. */
function show(child: ChildProcess): void {
  let left = MOST_OUTPUT;
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => {
      if (/<--- Last few GCs|----- Native stack trace/.test(text)) left = 0;
      const shown = shownText(text.slice(0, left));
      left -= shown.length;
      if (shown !== '') process.stderr.write(shown);
    });
}

function megabytesOf(pid: number): number {
  try {
    return (Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * 4096) / 2 ** 20;
  } catch {
    // Other systems have the limit of the heap alone.
    return 0;
  }
}

function reasonOf(code: number | null, signal: string | null): string {
  if (signal === 'SIGABRT' || code === 134) return `ran out of memory (limit ${MOST_MB} MB)`;
  if (signal !== null) return `ended its process by ${signal}`;
  return `ended its process with exit code ${code}`;
}

/** An error of the environment as one of ours. */
function asError({ name, message }: { readonly name: string; readonly message: string }): Error {
  if (name === 'InterruptedError') return new InterruptedError(message);
  return name === 'UsageError' ? new UsageError(message) : new EnvironmentError(message);
}

/** Starts the process and loads the file. Throws UsageError for a file that does not load. */
export async function startChild({ file, root, timeoutMs, onStray }: ChildOptions): Promise<Child> {
  const nonce = randomBytes(16).toString('hex');
  const child = fork(main, [], {
    execArgv,
    env: childVariables(process.env),
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    detached: true,
  });
  alive.add(child);
  const waiting = new Map<number, Waiting>();
  let asks = 0;
  let gone: string | null = null;
  let heard = performance.now();
  let limitMs = LOAD_LIMIT_MS;
  const setReferenced = (on: boolean) => {
    if (on) child.channel?.ref();
    else child.channel?.unref();
  };
  const lose = (reason: string, stuck = false) => {
    if (gone !== null) return;
    gone = reason;
    clearInterval(watch);
    stops.delete(stop);
    kill(child);
    const asked = [...waiting.values()];
    waiting.clear();
    // Asks are taken in order, and each either is answered or says that it will be later.
    const first = asked.find(({ later }) => !later);
    for (const one of asked) {
      const suspect = first === undefined || one === first;
      one.reject(new LostError(reason, { suspect, certain: stuck && one === first }));
    }
  };
  const stop = () => {
    for (const one of waiting.values()) one.reject(new InterruptedError('interrupted'));
    waiting.clear();
    lose('was interrupted');
  };
  stops.add(stop);
  const look = () => {
    if (waiting.size === 0) return;
    if (performance.now() - heard > limitMs + GRACE_MS)
      lose(`gave no answer within ${limitMs / 1000} s and held its process`, true);
    else if (megabytesOf(child.pid as number) > MOST_MB) lose(`ran out of memory (limit ${MOST_MB} MB)`, true);
  };
  const watch = setInterval(look, MEMORY_CHECK_MS);
  watch.unref();
  child.unref();
  for (const stream of [child.stdout, child.stderr]) (stream as { unref?(): void } | null)?.unref?.();
  show(child);
  child.on('message', (message: FromChild) => {
    heard = performance.now();
    // What the environment itself sends has no nonce.
    if (typeof message !== 'object' || message === null || message.nonce !== nonce) return;
    if ('stray' in message) return onStray(message.stray);
    const one = waiting.get(message.id);
    if (one === undefined) return;
    if ('later' in message) {
      one.later = true;
      return;
    }
    waiting.delete(message.id);
    if (waiting.size === 0) setReferenced(false);
    if ('error' in message) one.reject(asError(message.error));
    else one.resolve(message);
  });
  child.on('error', (error) => lose(error.message));
  child.on('exit', (code, signal) => lose(reasonOf(code, signal)));
  // A process that cannot answer any more is of no use; what ended it is known at its exit.
  child.on('disconnect', () => setTimeout(() => lose('closed the way to its parent'), 200));
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
    end: () => lose('is over'),
  };
}

/** Asks a process of its own and waits: `generate` alone cannot be answered later. */
export function generateApart(
  { file, root }: Pick<ChildOptions, 'file' | 'root'>,
  world: GenerateOptions,
  limitMs: number,
): Description {
  const nonce = randomBytes(16).toString('hex');
  const { output, status, signal, error } = spawnSync(process.execPath, [...execArgv, main], {
    input: JSON.stringify({ file, root, nonce, world }),
    env: childVariables(process.env),
    stdio: ['pipe', 'ignore', 'ignore', 'pipe'],
    timeout: limitMs + LOAD_LIMIT_MS,
    killSignal: 'SIGKILL',
    maxBuffer: 2 ** 30,
  });
  let said: { nonce?: string; value?: Description; error?: { name: string; message: string } } = {};
  try {
    said = JSON.parse(String(output?.[3] ?? '')) as typeof said;
  } catch {
    // It ended before it answered.
  }
  if (said.nonce === nonce && said.error !== undefined) throw asError(said.error);
  if (said.nonce === nonce && said.value !== undefined) return said.value;
  const late = (error as NodeJS.ErrnoException | undefined)?.code === 'ETIMEDOUT';
  throw new UsageError(
    `generate ${late ? `gave no answer within ${(limitMs + LOAD_LIMIT_MS) / 1000} s` : reasonOf(status, signal)}`,
    { where: file },
  );
}
