/** What one episode remembers. The driver holds the environment's state, not the session. */
import { canonicalJson } from '../digest.ts';
import type { CelCall } from '../harness/cel/cel.ts';
import type { Step, Task, ToolCall, ToolResult } from '../types.ts';
import type { Compiled } from './compile.ts';
import type { Rewrite } from './shapes.ts';

/** Maximum tool executions per possible model turn, including reads of the runtime. */
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
  /** `Session.epoch` when it was read. */
  readonly epoch: number;
}

export interface Session {
  readonly compiled: Compiled;
  readonly task: Task;
  /** All messages of the person, one per line. */
  request: string;
  /** The person's newest message: consent is read from it. */
  lastWord: string;
  readonly steps: Step[];
  /** The agent's calls that reached the environment, as expressions see them. */
  readonly calls: CelCall[];
  readonly answers: AnsweredCall[];
  /** Keys of `answers`. */
  readonly made: Set<string>;
  /** Newest result of each read-only call, by `callKey`. */
  readonly remembered: Map<string, Remembered>;
  /** Clauses that met an error; they are silent for the rest of the episode. */
  readonly disabled: Set<string>;
  /** Clause -> blocks so far. */
  readonly blocks: Map<string, number>;
  /** How often each block or error met a call since the agent last did something new. */
  readonly refusals: Map<string, number>;
  /** Successful state-changing calls. */
  writes: number;
  /** Grows with every write and message of the person: older reads are not reused. */
  epoch: number;
  stepsLeft: number;
  /** From 1. */
  turn: number;
  /** Number of reads of the runtime, which names the next one. */
  reads: number;
  /** All changes of the state, as the last write reported them. */
  changes: readonly string[];
}

export function openSession(compiled: Compiled, task: Task): Session {
  return {
    compiled,
    task,
    request: task.request,
    lastWord: task.request,
    steps: [],
    calls: [],
    answers: [],
    made: new Set(),
    remembered: new Map(),
    disabled: new Set(),
    blocks: new Map(),
    refusals: new Map(),
    writes: 0,
    epoch: 0,
    stepsLeft: STEPS_PER_TURN * compiled.environment.maxTurns,
    turn: 0,
    reads: 0,
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

/** Takes in a message of the person. */
export function hearPerson(session: Session, text: string): void {
  session.request = `${session.request}\n${text}`;
  session.lastWord = text;
  session.epoch++;
  session.steps.push({ kind: 'user', by: 'user', text });
}

/** False for an unknown tool, because it may change the state. */
export const isReadOnly = (session: Session, name: string): boolean =>
  session.compiled.shapes.get(name)?.tool.readOnly ?? false;
