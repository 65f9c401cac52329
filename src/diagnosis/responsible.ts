/** Finds the step that made a run fail, by replaying it and letting the oracle finish. */
import { canonicalJson } from '../digest.ts';
import type { Environment, Json, Plan, Task, ToolCall, Trace } from '../types.ts';
import { type Attempt, attemptsOf, callKey, leaves, visibleBefore } from './attempts.ts';
import { intended } from './rules/arguments.ts';

export interface Responsible {
  /** Index into the trace's steps. */
  readonly step: number;
  readonly how: 'wrong_write' | 'open_chain' | 'report' | 'end';
  /** The write or the first failed call of the chain; absent for `report` and `end`. */
  readonly attempt?: Attempt;
  /** Plan writes that the run did not make, in the plan's order; [] without an oracle. */
  readonly missing: readonly ToolCall[];
}

/** Writes of a plan: calls of tools that are not marked read-only. */
export function writesOf(environment: Environment, plan: Plan): ToolCall[] {
  const readOnly = new Set(environment.tools.filter((t) => t.readOnly).map((t) => t.name));
  return plan.calls.filter((c) => !readOnly.has(c.name));
}

/**
 * The last run of failed attempts with one tool that no later success resolves: of tools that `wanted` names when there
 * are such, else of tools that change something, else of any. [] if every failure was resolved.
 */
export function openChain(attempts: readonly Attempt[], wanted: readonly ToolCall[] = []): Attempt[] {
  const open = attempts.filter((a, i) => a.outcome !== 'ok' && !attempts.slice(i + 1).some((b) => resolves(b, a)));
  const names = new Set(wanted.map((c) => c.name));
  const needed = open.filter((a) => names.has(a.call.name));
  const changing = open.filter((a) => !a.readOnly || a.outcome === 'blocked');
  const chain = needed.length > 0 ? needed : changing.length > 0 ? changing : open;
  const last = chain.at(-1);
  if (!last) return [];
  const start = chain.findLastIndex((a) => a.call.name !== last.call.name) + 1;
  return chain.slice(start);
}

/** A later success with the same tool, or with the same arguments under another name. */
const resolves = (later: Attempt, failed: Attempt): boolean =>
  later.outcome === 'ok' &&
  (later.call.name === failed.call.name || sameArguments(later.call.arguments, failed.call.arguments));

const sameArguments = (a: ToolCall['arguments'], b: ToolCall['arguments']): boolean =>
  Object.keys(a).length > 0 && canonicalJson(a) === canonicalJson(b);

/** Values of the wanted call that the agent could not have seen before a step. */
export function unseenValues(trace: Trace, step: number, wanted: readonly Json[]): string[] {
  const seen = visibleBefore(trace, step);
  return wanted.flatMap(leaves).filter((value) => !seen.includes(value));
}

/** A read that failed before a step and was not made up for until then, if the values that the step needed were not seen. */
function failedRead(
  trace: Trace,
  attempts: readonly Attempt[],
  first: Attempt,
  goal: ToolCall | undefined,
): Attempt | undefined {
  if (!goal || first.readOnly || unseenValues(trace, first.step, Object.values(goal.arguments)).length === 0)
    return undefined;
  const before = attempts.filter((a) => a.step < first.step);
  return before.find(
    (a, i) => a.outcome !== 'ok' && a.call.name !== first.call.name && !before.slice(i + 1).some((b) => resolves(b, a)),
  );
}

/**
 * The first write after which the goal cannot be reached any more, else the first call of the last open chain of
 * errors or blocks, else the end. Replays on states of its own: O(writes^2) calls at worst.
 */
export function findResponsible(trace: Trace, task: Task, environment: Environment): Responsible {
  const attempts = attemptsOf(trace);
  const end = Math.max(0, trace.steps.length - 1);
  const plan = environment.oracle?.(task);
  const made = attempts.filter((a) => a.outcome === 'ok' && !a.readOnly);
  const wanted = plan ? writesOf(environment, plan) : [];
  if (plan) {
    const state = environment.reset(task);
    for (const [index, attempt] of made.entries()) {
      environment.execute(state, attempt.call);
      const rest = without(wanted, made.slice(0, index + 1));
      if (canFinish(environment, task, plan, state, rest)) continue;
      return { step: attempt.step, how: 'wrong_write', attempt, missing: rest };
    }
  }
  const missing = without(wanted, made);
  if (plan && missing.length === 0) return { step: end, how: 'report', missing };
  const chained = openChain(attempts, missing)[0];
  if (chained) {
    const first = failedRead(trace, attempts, chained, intended(chained.call, missing)) ?? chained;
    return { step: first.step, how: 'open_chain', attempt: first, missing };
  }
  return { step: end, how: 'end', missing };
}

function canFinish<S>(env: Environment<S>, task: Task, plan: Plan, state: S, rest: readonly ToolCall[]): boolean {
  const copy = env.fork(state);
  for (const call of rest) env.execute(copy, call);
  return env.score(task, copy, { reason: 'done', summary: plan.summary }).reward >= 1;
}

/** Wanted calls minus those made, each made call taking away one equal wanted call. */
function without(wanted: readonly ToolCall[], made: readonly Attempt[]): ToolCall[] {
  const left = [...wanted];
  for (const attempt of made) {
    const at = left.findIndex((c) => callKey(c) === callKey(attempt.call));
    if (at >= 0) left.splice(at, 1);
  }
  return left;
}
