/** Takes recorded calls through a harness without a model: what it would send, rewrite, block. */
import { NO_USAGE } from '../chat.ts';
import type { Environment, MaybePromise, Step, Task, ToolCall, Trace } from '../types.ts';
import { type AskedCall, type CallResult, drive } from './ask.ts';
import { admitCall } from './calls.ts';
import type { Compiled } from './compile.ts';
import { DONE } from './done.ts';
import { type HeardCall, hear } from './protocol.ts';
import { correctCall, type Realized, realizeCall } from './realize.ts';
import { callKey, hearPerson, openSession } from './session.ts';

export interface FollowedCall {
  readonly heard: HeardCall;
  readonly realized: Realized;
  /** What the layers did to the call. */
  readonly steps: readonly Step[];
  /** The call of the recorded run at this point, if any, and whether it succeeded. */
  readonly recorded?: { readonly callId: string; readonly ok: boolean };
}

export interface Followed {
  readonly calls: readonly FollowedCall[];
  /** Reads of rules that neither record nor environment could answer. */
  readonly unread: number;
}

interface RecordedCall {
  readonly id: string;
  readonly call: ToolCall;
  readonly result: CallResult;
  readonly write: boolean;
}

type Turn = { readonly model: Extract<Step, { kind: 'model' }>; readonly calls: RecordedCall[]; said: string | null };

/** Model steps with the calls that were executed before the next step. */
function turnsOf({ steps }: Trace): readonly Turn[] {
  const results = new Map(steps.flatMap((step) => (step.kind === 'result' ? [[step.callId, step] as const] : [])));
  const turns: Turn[] = [];
  for (const step of steps) {
    const turn = turns.at(-1);
    if (step.kind === 'model') turns.push({ model: step, calls: [], said: null });
    else if (step.kind === 'user' && step.by === 'user' && turn) turn.said = step.text;
    else if (step.kind === 'call' && step.call.name !== DONE) {
      const { content, error } = results.get(step.callId) ?? { content: '', error: true };
      const write = !step.readOnly && !error;
      turn?.calls.push({ id: step.callId, call: step.call, result: { content, error }, write });
    }
  }
  return turns;
}

/** Reads in the record: one map per stretch between two successful writes. */
function recordedReads({ steps }: Trace): ReadonlyMap<string, CallResult>[] {
  const results = new Map(steps.flatMap((step) => (step.kind === 'result' ? [[step.callId, step] as const] : [])));
  const stretches: Map<string, CallResult>[] = [new Map()];
  for (const step of steps) {
    if (step.kind === 'read') stretches.at(-1)?.set(callKey(step.call), { content: step.content, error: step.error });
    if (step.kind !== 'call') continue;
    const result = results.get(step.callId);
    if (result === undefined) continue;
    if (!step.readOnly && !result.error) stretches.push(new Map());
    else if (step.readOnly) stretches.at(-1)?.set(callKey(step.call), { content: result.content, error: result.error });
  }
  return stretches;
}

/** A separate state that follows the recorded writes; opened at the first needed read. */
function worldBeside(environment: Environment, task: Task) {
  let state: MaybePromise<unknown>;
  let open = false;
  let writes: ToolCall[] = [];
  return {
    write: (call: ToolCall): void => void writes.push(call),
    async read(call: ToolCall): Promise<CallResult | null> {
      if (environment.replayable === false) return null;
      if (!open) state = await environment.reset(task);
      open = true;
      for (const write of writes) await environment.execute(await state, write);
      writes = [];
      return environment.execute(await state, call);
    },
    async close(): Promise<void> {
      if (open) await environment.dispose?.(await state);
    },
  };
}

/**
 * After each turn the executed calls of the record become facts, so that the session follows the
 * record under any harness. Reads are answered by the record, else by `environment`.
 */
export async function follow(
  compiled: Compiled,
  trace: Trace,
  task: Task,
  environment: Environment,
): Promise<Followed> {
  const session = openSession(compiled, task);
  const stretches = recordedReads(trace);
  const world = worldBeside(environment, task);
  let stretch = 0;
  let unread = 0;
  let named = 0;
  const read = async ({ call }: AskedCall): Promise<CallResult> => {
    const known = stretches[stretch]?.get(callKey(call)) ?? (await world.read(call));
    if (known === null) unread += 1;
    return known ?? { content: '', error: true };
  };
  const answer = async (calls: readonly AskedCall[]): Promise<readonly CallResult[]> => {
    const results: CallResult[] = [];
    for (const one of calls) results.push(await read(one));
    return results;
  };
  const calls: FollowedCall[] = [];
  for (const { model, calls: made, said } of turnsOf(trace)) {
    session.turn += 1;
    const { content, toolCalls } = model;
    const reply = { content, toolCalls, usage: NO_USAGE, model: '', finish: 'stop' } as const;
    const heard = hear(compiled, reply, toolCalls, () => `replay-${named++}`).calls;
    for (const [index, one] of heard.entries()) {
      const from = session.steps.length;
      const realized = await drive(realizeCall(session, correctCall(session, one)), (ask) =>
        ask.ask === 'tools' ? answer(ask.calls) : null,
      );
      const recorded = made.find(({ id }) => id === one.id) ?? made[index];
      calls.push({
        heard: one,
        realized,
        steps: session.steps.slice(from),
        ...(recorded === undefined ? {} : { recorded: { callId: recorded.id, ok: !recorded.result.error } }),
      });
    }
    for (const { id, call, result, write } of made) {
      admitCall(session, { id, call }, result);
      if (!write) continue;
      world.write(call);
      stretch += 1;
    }
    if (said !== null) hearPerson(session, said);
  }
  await world.close();
  return { calls, unread };
}
