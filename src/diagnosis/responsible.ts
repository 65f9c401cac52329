/** Finds the step that made a run fail, by replaying it and letting the oracle finish. */
import type { Environment, Plan, Task, ToolCall, Trace } from '../types.ts';
import { type Attempt, attemptsOf, callKey } from './attempts.ts';

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

/** Failed attempts whose tool does not succeed later and that stand after the last resolved one; [] if the run has none. */
export function openChain(attempts: readonly Attempt[]): Attempt[] {
  const lastOk = attempts.findLastIndex((a) => a.outcome === 'ok' && !a.readOnly);
  const tail = attempts.slice(lastOk + 1);
  const open = tail.filter((a, i) => a.outcome !== 'ok' && !tail.slice(i + 1).some((b) => resolves(b, a)));
  const writes = open.filter((a) => !a.readOnly || a.outcome === 'blocked');
  const chain = writes.length > 0 ? writes : open;
  const last = chain.at(-1);
  if (!last) return [];
  // The chain is the run of failed attempts with the tool of the last one.
  const start = chain.findLastIndex((a) => a.call.name !== last.call.name) + 1;
  return chain.slice(start);
}

const resolves = (later: Attempt, failed: Attempt): boolean =>
  later.outcome === 'ok' && later.call.name === failed.call.name;

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
  const first = openChain(attempts)[0];
  if (first) return { step: first.step, how: 'open_chain', attempt: first, missing };
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
