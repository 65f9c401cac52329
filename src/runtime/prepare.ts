/** Prepares a call for a clause: reads what the model should have read, looks up what it named. */
import { valuesAt } from '../harness/argument-paths.ts';
import type { CelOutcome, CelScope, Expression } from '../harness/cel/cel.ts';
import type { Json, JsonObject, ToolCall } from '../types.ts';
import type { Asking } from './ask.ts';
import { readForClause } from './calls.ts';
import type { CompiledClause, CompiledGround, CompiledRead } from './compile.ts';
import { groundArguments } from './ground/ground.ts';
import { refusalOf } from './permissions.ts';
import { parseResult } from './results.ts';
import { pushNote, pushRewrites, type Session } from './session.ts';

/** A clause with the bindings of its reads; `require` sees the same names. */
export interface Prepared {
  readonly compiled: CompiledClause;
  readonly bindings: Record<string, unknown>;
}

export interface Preparation {
  readonly arguments: JsonObject;
  readonly prepared: Prepared;
  /** Set if a ground cannot tell which record is meant. */
  readonly message?: string;
}

export function scopeOf(session: Session, given: JsonObject, bindings: Record<string, unknown>): CelScope {
  return {
    values: { ...bindings, args: given, task: { request: session.request } },
    calls: session.calls,
  };
}

/** Disables the clause for the rest of the episode. */
export function disable(session: Session, clauseId: string, message: string): void {
  session.disabled.add(clauseId);
  pushNote(session, clauseId, `disabled: ${message}`);
}

class ClauseError extends Error {
  override readonly name = 'ClauseError';
}

/** The value, or undefined if undecided or null. Throws ClauseError for any other fault. */
function resultOf(expression: Expression, scope: CelScope): unknown {
  const outcome: CelOutcome = expression.evaluate(scope);
  if (outcome.kind === 'error') throw new ClauseError(`${expression.source}: ${outcome.message}`);
  return outcome.kind === 'value' && outcome.value !== null ? outcome.value : undefined;
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** The call of a read; undefined if an argument is undecided or the call is not permitted. */
function callOf(session: Session, read: CompiledRead, scope: CelScope): ToolCall | undefined {
  const given: Record<string, Json> = {};
  for (const [name, expression] of read.with) {
    const value = resultOf(expression, scope);
    if (value === undefined) return undefined;
    given[name] = value as Json;
  }
  const call: ToolCall = { name: read.tool, arguments: given };
  const { permissions } = session.compiled.harness.settings;
  return refusalOf(call, permissions, session.lastWord) === null ? call : undefined;
}

/** The parsed results of a read's calls, sent together; undefined if one failed or was not made. */
function* results(
  session: Session,
  by: string,
  calls: readonly (ToolCall | undefined)[],
): Asking<(Json | undefined)[]> {
  const made = calls.filter((call) => call !== undefined);
  const answers = made.length === 0 ? [] : yield* readForClause(session, by, made);
  let next = 0;
  return calls.map((call) => {
    const result = call === undefined ? null : answers[next++];
    return result === null || result === undefined || result.error ? undefined : parseResult(result.content);
  });
}

/** What the read binds; undefined if nothing. An unknown tool is never read. */
function* bind(session: Session, by: string, read: CompiledRead, scope: CelScope): Asking<unknown> {
  const tool = session.compiled.environment.tools.find(({ name }) => name === read.tool);
  if (tool?.readOnly !== true) return undefined;
  if (read.each === undefined) return (yield* results(session, by, [callOf(session, read, scope)]))[0];
  const list = resultOf(read.each, scope);
  if (!Array.isArray(list)) return undefined;
  const calls = list.map((it: unknown) => callOf(session, read, { ...scope, values: { ...scope.values, it } }));
  return (yield* results(session, by, calls)).map((result) => result ?? null);
}

/** The arguments after the ground, or the message if it cannot decide. */
function lookUp(
  session: Session,
  callId: string,
  by: string,
  ground: CompiledGround,
  given: JsonObject,
  bindings: Record<string, unknown>,
): { readonly arguments: JsonObject; readonly message?: string } {
  if (valuesAt(given, ground.argument).length === 0) return { arguments: given };
  const scope = scopeOf(session, given, bindings);
  const at = (i: number) => ({ ...scope, values: { ...scope.values, i } });
  const { rewrites, ...grounded } = groundArguments(given, {
    argument: ground.argument,
    key: ground.key,
    from: (i) => resultOf(ground.from, at(i)),
    keep: ground.keep && ((i) => resultOf(ground.keep as Expression, at(i))),
    fallback: textOf(ground.fallback && resultOf(ground.fallback, scope)),
    request: session.request,
    context: Object.values(bindings),
    vocabulary: session.compiled.environment.vocabulary,
  });
  pushRewrites(
    session,
    callId,
    rewrites.map((rewrite) => ({ by, ...rewrite })),
  );
  return grounded;
}

/** Runs a clause's reads and grounds in order; an undecided one does nothing, a fault disables. */
export function* prepareClause(
  session: Session,
  callId: string,
  call: ToolCall,
  compiled: CompiledClause,
): Asking<Preparation> {
  const by = compiled.clause.id;
  const bindings: Record<string, unknown> = {};
  let given = call.arguments;
  try {
    for (const step of compiled.prepare) {
      if (step.kind === 'read') {
        const bound = yield* bind(session, by, step, scopeOf(session, given, bindings));
        if (bound !== undefined) bindings[step.as] = bound;
        continue;
      }
      const looked = lookUp(session, callId, by, step, given, bindings);
      given = looked.arguments;
      if (looked.message !== undefined)
        return { arguments: given, prepared: { compiled, bindings }, message: looked.message };
    }
  } catch (error) {
    if (!(error instanceof ClauseError)) throw error;
    disable(session, by, error.message);
  }
  return { arguments: given, prepared: { compiled, bindings } };
}
