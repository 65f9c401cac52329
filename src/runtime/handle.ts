/** One call of the agent through all layers: refused, or sent out and answered. */
import type { Ending, ToolCall } from '../types.ts';
import type { Asking, CallResult } from './ask.ts';
import { execute } from './calls.ts';
import type { HeardCall } from './protocol.ts';
import { type CorrectedCall, correctCall, type Realized, realizeCall } from './realize.ts';
import { type AnsweredCall, callKey, pushRewrites, type Session } from './session.ts';

/** Separates a result from the runtime's notes. */
export const NOTE_SEPARATOR = '\n\n';

export interface HandledCall {
  /** What the model reads. */
  readonly content: string;
  readonly outcome: AnsweredCall['outcome'];
  /** The call as it was made or refused. */
  readonly call: ToolCall;
  /** The episode ends here. */
  readonly ending?: Ending;
}

/** Equal errors to equal calls that mean "stuck"; errors may pass, so they exceed blocks. */
const MAX_EQUAL_ERRORS = 5;
const BLOCKED: Ending = { reason: 'blocked', summary: '' };

/** True if one call met one answer `limit` times with nothing new between: the agent is stuck. */
function isStuck(session: Session, key: string, limit: number): boolean {
  const times = (session.refusals.get(key) ?? 0) + 1;
  session.refusals.set(key, times);
  return times >= limit;
}

/** Records a block or unreadable arguments; too many equal ones end the episode. */
function refuse(session: Session, heard: HeardCall, realized: Exclude<Realized, { kind: 'pass' }>): HandledCall {
  const { call, message } = realized;
  const blocks = realized.kind === 'block';
  if (blocks) session.steps.push({ kind: 'block', by: realized.by, callId: heard.id, call, message });
  else session.steps.push({ kind: 'result', callId: heard.id, content: message, error: true });
  const key = blocks
    ? `${realized.by} ${callKey(call)} ${message}`
    : `malformed ${heard.name} ${JSON.stringify(heard.arguments)}`;
  const stuck = isStuck(session, key, session.compiled.harness.settings.realization.max_blocks);
  const ends = stuck || (blocks && realized.handOver);
  return { content: message, outcome: blocks ? 'blocked' : 'error', call, ...(ends ? { ending: BLOCKED } : {}) };
}

/** A call answered before is not new: a small model may repeat a read between equal refusals. */
export function noteNew(session: Session, call: ToolCall): void {
  if (session.refusals.size > 0 && !session.made.has(callKey(call))) session.refusals.clear();
}

function answered(
  session: Session,
  call: ToolCall,
  { content, error }: CallResult,
  notes: readonly string[],
): HandledCall {
  const stuck = error && isStuck(session, `error ${callKey(call)} ${content}`, MAX_EQUAL_ERRORS);
  return {
    content: notes.length === 0 ? content : [content, ...notes].join(NOTE_SEPARATOR),
    outcome: error ? 'error' : 'ok',
    call,
    ...(stuck ? { ending: BLOCKED } : {}),
  };
}

/** Refuses a realized call, or sends it out. */
export function* settleCall(session: Session, heard: HeardCall, realized: Realized): Asking<HandledCall> {
  if (realized.kind !== 'pass') return refuse(session, heard, realized);
  const { call, notes } = realized;
  noteNew(session, call);
  if (session.stepsLeft <= 0) return { content: '', outcome: 'error', call, ending: { reason: 'steps', summary: '' } };
  const { writes } = session;
  const [result] = yield* execute(session, [{ id: heard.id, call }]);
  if (session.writes > writes) session.refusals.clear();
  return answered(session, call, result as CallResult, notes);
}

/** Keeps a call's result for monitors and later calls. */
export function remember(session: Session, { call, content, outcome }: HandledCall): void {
  session.answers.push({ turn: session.turn, call, content, outcome });
  session.made.add(callKey(call));
}

/**
 * One call through the layers, for drivers that see only calls; it may ask for reads first.
 * @example const handled = await drive(handleCall(session, { id: 'c1', name, arguments }), answer);
 */
export function* handleCall(session: Session, heard: HeardCall): Asking<HandledCall> {
  const realized = yield* realizeCall(session, correctCall(session, heard));
  const handled = yield* settleCall(session, heard, realized);
  remember(session, handled);
  return handled;
}

/** Sends out calls that do not depend on each other, grouped by `batchesOf`. */
export function* handleTogether(session: Session, batch: readonly CorrectedCall[]): Asking<readonly HandledCall[]> {
  for (const { heard, call, rewrites } of batch) {
    pushRewrites(session, heard.id, rewrites);
    noteNew(session, call);
  }
  const results = yield* execute(
    session,
    batch.map(({ heard, call }) => ({ id: heard.id, call })),
  );
  return batch.map(({ call }, i) => answered(session, call, results[i] as CallResult, []));
}
