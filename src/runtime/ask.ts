/** The machine's asks and their answers: a driver, and no layer, calls environments and models. */
import type { ChatReply, ChatRequest, Ending, MaybePromise, ToolCall, ToolResult } from '../types.ts';

export interface AskedCall {
  readonly id: string;
  readonly call: ToolCall;
  /** The clause that reads; null for a call of the agent. */
  readonly by: string | null;
}

export type Ask =
  /** Conversation 0, or the nth fresh one. */
  | {
      readonly ask: 'model';
      readonly conversation: number;
      readonly request: Pick<ChatRequest, 'messages' | 'tools' | 'schema'>;
    }
  /** Independent of each other; answered in this order. */
  | { readonly ask: 'tools'; readonly calls: readonly AskedCall[] }
  /** `ending`: what ended the answer to a request, in a conversation that may go on. */
  | { readonly ask: 'user'; readonly text: string; readonly ending?: Ending['reason'] };

export interface CallResult extends ToolResult {
  /** All changes of the state so far, after a successful write; absent if unknown. */
  readonly changes?: readonly string[];
}

/** Why there is no reply to judge. */
export interface ModelFault {
  /**
   * `too_long` is answered with a shorter request; the others end the episode without a score. A
   * filter refused the prompt (`filtered`), or kept a reply back (`withheld`).
   */
  readonly fault: 'too_long' | 'refused' | 'filtered' | 'withheld' | 'gone';
  /** One clause for a person. */
  readonly message: string;
}

/** A text is a person's answer; null: nobody answers any more. */
export type Answer = ChatReply | ModelFault | readonly CallResult[] | string | null;

/** A part of the machine: run it with `drive`, or by hand. */
export type Asking<R> = Generator<Ask, R, Answer>;

/** An answer that does not fit the ask is a fault of the driver. */
const misfit = (ask: Ask['ask'], expected: string): TypeError =>
  new TypeError(`the ask for ${ask} was answered wrongly: expected ${expected}`);

const isList = (answer: Answer): answer is readonly CallResult[] => Array.isArray(answer);

export function* askModel(
  conversation: number,
  request: Pick<ChatRequest, 'messages' | 'tools' | 'schema'>,
): Asking<ChatReply | ModelFault> {
  const answer = yield { ask: 'model', conversation, request };
  if (answer === null || typeof answer === 'string' || isList(answer)) throw misfit('model', 'a reply or a fault');
  return answer;
}

export function* askTools(calls: readonly AskedCall[]): Asking<readonly CallResult[]> {
  const answer = yield { ask: 'tools', calls };
  if (answer === null || !isList(answer) || answer.length !== calls.length)
    throw misfit('tools', `${calls.length} results`);
  return answer;
}

export function* askUser(text: string, ending?: Ending['reason']): Asking<string | null> {
  const answer = yield { ask: 'user', text, ...(ending === undefined ? {} : { ending }) };
  if (answer !== null && typeof answer !== 'string') throw misfit('user', 'a text or null');
  return answer;
}

/** True for anything that can be awaited. */
export const isPromise = <T>(value: MaybePromise<T>): value is Promise<T> =>
  typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';

/**
 * Runs a part of the machine to its end. An answer that is not a promise continues in the same
 * tick, so a run with immediate answers needs no promise. Errors are thrown in the machine.
 */
export function drive<R>(run: Asking<R>, answer: (ask: Ask) => MaybePromise<Answer>): MaybePromise<R> {
  let next = run.next();
  while (!next.done) {
    let answered: MaybePromise<Answer>;
    try {
      answered = answer(next.value);
    } catch (error) {
      next = run.throw(error);
      continue;
    }
    if (isPromise(answered)) return driveOn(run, answered, answer);
    next = run.next(answered);
  }
  return next.value;
}

/** The answer, or the error in its place. */
async function settle(answer: () => MaybePromise<Answer>): Promise<{ value: Answer } | { error: unknown }> {
  try {
    return { value: await answer() };
  } catch (error) {
    return { error };
  }
}

async function driveOn<R>(
  run: Asking<R>,
  first: Promise<Answer>,
  answer: (ask: Ask) => MaybePromise<Answer>,
): Promise<R> {
  let settled = await settle(() => first);
  for (;;) {
    const next = 'error' in settled ? run.throw(settled.error) : run.next(settled.value);
    if (next.done) return next.value;
    settled = await settle(() => answer(next.value));
  }
}
