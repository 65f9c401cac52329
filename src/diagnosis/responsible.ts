/** Finds the step that made a run fail, by replaying it and letting the oracle finish. */
import { canonicalJson } from '../digest.ts';
import type { Environment, Json, Plan, Task, ToolCall, Trace } from '../types.ts';
import { type Attempt, attemptKey, attemptsOf, leaves, visibleBefore } from './attempts.ts';
import { intended } from './rules/arguments.ts';

export interface Responsible {
  /** Index into the trace's steps. */
  readonly step: number;
  readonly how: 'wrong_write' | 'open_chain' | 'report' | 'end';
  /** The write or the first failed call of the chain; absent for `report` and `end`. */
  readonly attempt?: Attempt;
  /** Plan writes that the run did not make, in plan order; [] without an oracle. */
  readonly missing: readonly ToolCall[];
}

/** Writes of a plan: calls of tools that are not marked read-only. */
export function writesOf(environment: Environment, plan: Plan): ToolCall[] {
  const readOnly = new Set(environment.tools.filter((t) => t.readOnly).map((t) => t.name));
  return plan.calls.filter((c) => !readOnly.has(c.name));
}

/** Failed attempts that no later success resolved. */
export function openAttempts(attempts: readonly Attempt[], plan?: Plan): Attempt[] {
  const done = new Set(attempts.flatMap((a) => (a.outcome === 'ok' ? [attemptKey(a.call)] : [])));
  // If a failed call fits two plan calls equally well, it meant the one that was never made.
  const calls = [...(plan?.calls ?? [])].sort(
    (a, b) => Number(done.has(attemptKey(a))) - Number(done.has(attemptKey(b))),
  );
  return attempts.filter((a, i) => {
    if (a.outcome === 'ok') return false;
    const goal = intended(a.call, calls);
    // Success for one record does not resolve a failure for another.
    if (goal) return !done.has(attemptKey(goal));
    return !attempts.slice(i + 1).some((b) => resolves(b, a));
  });
}

/** The last run of open attempts with one tool: of `wanted` first, then writes, then any. */
export function openChain(attempts: readonly Attempt[], wanted: readonly ToolCall[] = [], plan?: Plan): Attempt[] {
  const open = openAttempts(attempts, plan);
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

/** Values of the wanted call that were not visible before a step. */
export function unseenValues(trace: Trace, step: number, wanted: readonly Json[]): string[] {
  const seen = visibleBefore(trace, step);
  return wanted.flatMap(leaves).filter((value) => !seen.includes(value));
}

/** An unresolved failed read before a step that needed values which were never seen. */
function failedRead(
  trace: Trace,
  attempts: readonly Attempt[],
  first: Attempt,
  goal: ToolCall | undefined,
  plan: Plan | undefined,
): Attempt | undefined {
  if (!goal || unseenValues(trace, first.step, Object.values(goal.arguments)).length === 0) return undefined;
  const before = attempts.filter((a) => a.step < first.step);
  return openAttempts(before, plan).find((a) => a.call.name !== first.call.name);
}

/**
 * The first write after which the goal is out of reach; else the first call of the last open chain;
 * else a write with wrong values; else the end. For a right write that came too early because an
 * earlier one failed, the earlier one is responsible. At worst O(writes^2) replayed calls.
 */
export async function findResponsible(
  trace: Trace,
  task: Task,
  environment: Environment,
  plan: Plan | undefined,
): Promise<Responsible> {
  const attempts = attemptsOf(trace);
  const end = Math.max(0, trace.steps.length - 1);
  const made = attempts.filter((a) => a.outcome === 'ok' && !a.readOnly);
  const wanted = plan ? writesOf(environment, plan) : [];
  const broken = (chained: Attempt, missing: readonly ToolCall[]): Responsible => {
    const goal = intended(chained.call, chained.readOnly ? (plan?.calls ?? []) : missing);
    const first = failedRead(trace, attempts, chained, goal, plan) ?? chained;
    return { step: first.step, how: 'open_chain', attempt: first, missing };
  };
  if (plan && canReplay(environment)) {
    const last = await lastGoodWrite(environment, task, plan, made, wanted);
    const attempt = made[last + 1];
    if (attempt !== undefined) {
      const rest = without(wanted, made.slice(0, last + 2));
      const before = attempts.filter((a) => a.step < attempt.step);
      const failed = isWanted(attempt, wanted) ? openChain(before, rest, plan).find((a) => !a.readOnly) : undefined;
      if (failed) return broken(failed, rest);
      return { step: attempt.step, how: 'wrong_write', attempt, missing: rest };
    }
  }
  const missing = without(wanted, made);
  if (plan && missing.length === 0) {
    // The value to report could not be known.
    const read = openAttempts(attempts, plan).find((a) => a.readOnly);
    if (read) return { step: read.step, how: 'open_chain', attempt: read, missing };
    return { step: end, how: 'report', missing };
  }
  const chained = openChain(attempts, missing, plan)[0];
  if (chained) return broken(chained, missing);
  const wrong = made.find((a) => !isWanted(a, wanted) && missing.some((c) => c.name === a.call.name));
  if (wrong) return { step: wrong.step, how: 'wrong_write', attempt: wrong, missing };
  return { step: end, how: 'end', missing };
}

const isWanted = (attempt: Attempt, wanted: readonly ToolCall[]): boolean =>
  wanted.some((c) => attemptKey(c) === attemptKey(attempt.call));

/** False if a refused call succeeds in a replay: then the environment caused the refusal. */
export async function failsAgain(
  trace: Trace,
  attempt: Attempt,
  task: Task,
  environment: Environment,
): Promise<boolean> {
  if (!canReplay(environment)) return true;
  const state = await environment.reset(task);
  for (const { call, step, outcome, readOnly } of attemptsOf(trace))
    if (step < attempt.step && outcome === 'ok' && !readOnly) await environment.execute(state, call);
  const { error } = await environment.execute(state, attempt.call);
  await environment.dispose?.(state);
  return error;
}

/** True if a run can be replayed on a separate state. */
const canReplay = ({ replayable, unscored }: Environment): boolean => replayable !== false && unscored !== true;

/** Index of the last write after which the plan can still be finished; -1 for none. */
async function lastGoodWrite(
  environment: Environment,
  task: Task,
  plan: Plan,
  made: readonly Attempt[],
  wanted: readonly ToolCall[],
): Promise<number> {
  const state = await environment.reset(task);
  let last = -1;
  for (const [index, { call }] of made.entries()) {
    await environment.execute(state, call);
    const rest = without(wanted, made.slice(0, index + 1));
    const past = made.slice(0, index + 1).map((attempt) => attempt.call);
    if (!(await canFinish(environment, task, plan, state, past, rest))) break;
    last = index;
  }
  await environment.dispose?.(state);
  return last;
}

async function canFinish(
  environment: Environment,
  task: Task,
  plan: Plan,
  state: unknown,
  past: readonly ToolCall[],
  rest: readonly ToolCall[],
): Promise<boolean> {
  const { fork } = environment;
  const copy = fork === undefined ? await environment.reset(task) : await fork.call(environment, state);
  for (const call of fork === undefined ? [...past, ...rest] : rest) await environment.execute(copy, call);
  const { reward } = await environment.score(task, copy, { reason: 'done', summary: plan.summary });
  await environment.dispose?.(copy);
  return reward >= 1;
}

/** Wanted calls minus those made; each made call removes one equal wanted call. */
function without(wanted: readonly ToolCall[], made: readonly Attempt[]): ToolCall[] {
  const left = [...wanted];
  for (const attempt of made) {
    const at = left.findIndex((c) => attemptKey(c) === attemptKey(attempt.call));
    if (at >= 0) left.splice(at, 1);
  }
  return left;
}
