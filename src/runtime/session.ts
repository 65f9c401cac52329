/** What one episode remembers, and the only place where the environment is called. */
import { canonicalJson } from '../digest.ts';
import type { CelCall } from '../harness/cel/cel.ts';
import type { Json, Step, Task, ToolCall, ToolResult } from '../types.ts';
import type { Compiled } from './compile.ts';
import { parseResult } from './results.ts';
import type { Rewrite } from './shapes.ts';

/**
 * Tool executions an episode may make for each model turn it may take, reads of the runtime
 * included.
 */
export const STEPS_PER_TURN = 8;

/** What a call of the agent got back. */
export interface AnsweredCall {
  readonly turn: number;
  readonly call: ToolCall;
  readonly content: string;
  readonly outcome: 'ok' | 'error' | 'blocked';
}

interface Remembered {
  readonly result: ToolResult;
  /** State-changing calls made before it. */
  readonly writes: number;
}

export interface Session {
  readonly compiled: Compiled;
  readonly task: Task;
  readonly state: unknown;
  readonly steps: Step[];
  /** The agent's calls that reached the environment, as expressions see them. */
  readonly calls: CelCall[];
  readonly answers: AnsweredCall[];
  /** Newest result of each read-only call, by `callKey`. */
  readonly remembered: Map<string, Remembered>;
  /** Clauses that met an error; they are silent for the rest of the episode. */
  readonly disabled: Set<string>;
  /** Clause -> blocks so far. */
  readonly blocks: Map<string, number>;
  /**
   * Blocks and errors by call and message: how often each was met since the agent last did
   * something new.
   */
  readonly refusals: Map<string, number>;
  /** Successful state-changing calls. */
  writes: number;
  stepsLeft: number;
  /** From 1. */
  turn: number;
  /** Lines of `environment.changes` after the last state-changing call. */
  changes: readonly string[];
}

export function openSession(compiled: Compiled, task: Task): Session {
  const { environment } = compiled;
  return {
    compiled,
    task,
    state: environment.reset(task),
    steps: [],
    calls: [],
    answers: [],
    remembered: new Map(),
    disabled: new Set(),
    blocks: new Map(),
    refusals: new Map(),
    writes: 0,
    stepsLeft: STEPS_PER_TURN * environment.maxTurns,
    turn: 0,
    changes: [],
  };
}

/** Equal for equal calls. */
export const callKey = (call: ToolCall): string => `${call.name} ${canonicalJson(call.arguments)}`;

export function pushRewrites(session: Session, callId: string, rewrites: readonly Rewrite[]): void {
  for (const { by, what, before, after } of rewrites) {
    session.steps.push({ kind: 'rewrite', by, callId, what, before, after });
  }
}

export function pushNote(session: Session, by: string, text: string): void {
  session.steps.push({ kind: 'note', by, text });
}

/**
 * An environment that throws met a call it did not foresee: the agent caused it, so it is an answer
 * and is scored.
 */
function run(session: Session, call: ToolCall): ToolResult {
  session.stepsLeft--;
  try {
    return session.compiled.environment.execute(session.state, call);
  } catch (error) {
    return { content: `Error: ${error instanceof Error ? error.message : String(error)}`, error: true };
  }
}

const isReadOnly = (session: Session, name: string): boolean =>
  session.compiled.shapes.get(name)?.tool.readOnly ?? false;

/** Runs a call of the agent and records call, result and state change. */
export function execute(session: Session, callId: string, call: ToolCall): ToolResult {
  const { steps, compiled } = session;
  const readOnly = isReadOnly(session, call.name);
  steps.push({ kind: 'call', callId, call, readOnly });
  const result = run(session, call);
  steps.push({ kind: 'result', callId, content: result.content, error: result.error });
  session.calls.push({
    name: call.name,
    arguments: call.arguments,
    error: result.error,
    // A getter: most results are never looked at by an expression.
    get result(): Json {
      return result.error ? null : parseResult(result.content);
    },
  });
  if (readOnly) {
    if (compiled.reads) session.remembered.set(callKey(call), { result, writes: session.writes });
  } else if (!result.error) {
    session.writes++;
    const before = new Set(session.changes);
    session.changes = compiled.environment.changes(session.state);
    const after = new Set(session.changes);
    const changes = [
      ...session.changes.filter((line) => !before.has(line)),
      ...[...before].filter((line) => !after.has(line)).map((line) => `no longer: ${line}`),
    ];
    if (changes.length > 0) steps.push({ kind: 'state_delta', callId, changes });
  }
  return result;
}

/**
 * A read of the runtime: the newest equal result if the state has not changed since, else a call
 * that costs a step.
 */
export function readForClause(session: Session, by: string, call: ToolCall): ToolResult | null {
  const key = callKey(call);
  const known = session.remembered.get(key);
  const reused = known !== undefined && known.writes === session.writes;
  if (!reused && session.stepsLeft <= 0) return null;
  const result = reused ? known.result : run(session, call);
  if (!reused) session.remembered.set(key, { result, writes: session.writes });
  session.steps.push({ kind: 'read', by, call, content: result.content, error: result.error, reused });
  return result;
}
