/** Calls on their way to the environment: the agent's, alone or together, and reads of clauses. */
import type { Json, ToolCall, ToolResult } from '../types.ts';
import { type AskedCall, type Asking, askTools, type CallResult } from './ask.ts';
import { parseResult } from './results.ts';
import { callKey, isReadOnly, type Session } from './session.ts';

/** A call of the agent as it goes out. */
export interface OutgoingCall {
  readonly id: string;
  readonly call: ToolCall;
}

function begin(session: Session, { id, call }: OutgoingCall): void {
  session.stepsLeft--;
  session.steps.push({ kind: 'call', callId: id, call, readOnly: isReadOnly(session, call.name) });
}

/** Records the result of a call of the agent and what it changed. */
function end(session: Session, { id, call }: OutgoingCall, result: CallResult): void {
  const { content, error } = result;
  session.steps.push({ kind: 'result', callId: id, content, error });
  session.calls.push({
    name: call.name,
    arguments: call.arguments,
    error,
    // A getter: most results are never looked at by an expression.
    get result(): Json {
      return error ? null : parseResult(content);
    },
  });
  if (isReadOnly(session, call.name)) {
    if (session.compiled.reads) session.remembered.set(callKey(call), { result, epoch: session.epoch });
  } else if (!error) {
    session.writes++;
    session.epoch++;
    if (result.changes !== undefined) recordChanges(session, id, result.changes);
  }
}

function recordChanges(session: Session, callId: string, now: readonly string[]): void {
  const before = new Set(session.changes);
  const after = new Set(now);
  session.changes = now;
  const changes = [
    ...now.filter((line) => !before.has(line)),
    ...[...before].filter((line) => !after.has(line)).map((line) => `no longer: ${line}`),
  ];
  if (changes.length > 0) session.steps.push({ kind: 'state_delta', callId, changes });
}

/** Runs calls of the agent that do not depend on each other; records calls, results and changes. */
export function* execute(session: Session, calls: readonly OutgoingCall[]): Asking<readonly CallResult[]> {
  for (const call of calls) begin(session, call);
  const results = yield* askTools(calls.map(({ id, call }) => ({ id, call, by: null })));
  calls.forEach((call, i) => {
    end(session, call, results[i] as CallResult);
  });
  return results;
}

/** Records a call made elsewhere and its result as facts; asks nothing. */
export function admitCall(session: Session, outgoing: OutgoingCall, result: CallResult): void {
  begin(session, outgoing);
  end(session, outgoing, result);
}

/**
 * Reads of the runtime: the newest equal result if nothing changed since, else a call that costs a
 * step; null when no step is left.
 */
export function* readForClause(
  session: Session,
  by: string,
  calls: readonly ToolCall[],
): Asking<readonly (ToolResult | null)[]> {
  const asked = new Map<string, AskedCall>();
  const keys = calls.map(callKey);
  for (const [i, call] of calls.entries()) {
    const key = keys[i] as string;
    if (asked.has(key) || session.remembered.get(key)?.epoch === session.epoch || session.stepsLeft <= 0) continue;
    session.stepsLeft--;
    asked.set(key, { id: `read${String(++session.reads).padStart(5, '0')}`, call, by });
  }
  const results = asked.size === 0 ? [] : yield* askTools([...asked.values()]);
  let next = 0;
  for (const key of asked.keys()) {
    const { content, error } = results[next++] as CallResult;
    session.remembered.set(key, { result: { content, error }, epoch: session.epoch });
  }
  return calls.map((call, i) => {
    const key = keys[i] as string;
    const known = session.remembered.get(key);
    if (known === undefined || known.epoch !== session.epoch) return null;
    const { content, error } = known.result;
    session.steps.push({ kind: 'read', by, call, content, error, reused: !asked.delete(key) });
    return known.result;
  });
}
