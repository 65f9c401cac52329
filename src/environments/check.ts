/**
 * What an environment must keep: solvable by its oracle, not by doing nothing, lookups without
 * effect, equal resets.
 */
import { isObject } from '../digest.ts';
import type { Environment, Plan, Split, Task } from '../types.ts';

export interface EnvironmentReport {
  readonly name: string;
  readonly tasks: number;
  readonly splits: Readonly<Record<Split, number>>;
  readonly tools: number;
  /** Mean score of the oracle, 0-1; null when there is none. */
  readonly oracle: number | null;
  /** Mean score of an agent that only says `done`, 0-1. */
  readonly idle: number;
  readonly ceiling: number;
  /** One sentence each; [] means that the environment is sound. */
  readonly problems: readonly string[];
}

/** Problems of one kind are told at most so often. */
const shown = 5;

/**
 * Plays the oracle and the idle agent on every task. Throws only what the environment throws where
 * it must not.
 */
export function checkEnvironment(environment: Environment): EnvironmentReport {
  const { tasks, ceiling } = environment;
  const problems = [...toolProblems(environment), ...taskProblems(tasks)];
  const byKind = new Map<string, string[]>();
  const report = (kind: string, text: string): void => {
    byKind.set(kind, [...(byKind.get(kind) ?? []), text]);
  };

  let idleSum = 0;
  let oracleSum = 0;
  for (const task of tasks) {
    idleSum += idleScore(environment, task, report);
    if (environment.oracle) oracleSum += oracleScore(environment, task, environment.oracle(task), report);
  }
  const idle = tasks.length > 0 ? idleSum / tasks.length : 0;
  if (idle > ceiling + 1e-9) {
    problems.push(`an agent that does nothing scores ${percent(idle)}, above the ceiling of ${percent(ceiling)}`);
  }
  for (const [kind, texts] of byKind) {
    problems.push(...texts.slice(0, shown));
    if (texts.length > shown) problems.push(`${kind}: ${texts.length - shown} more`);
  }
  return {
    name: environment.name,
    tasks: tasks.length,
    splits: countSplits(tasks),
    tools: environment.tools.length,
    oracle: environment.oracle && tasks.length > 0 ? oracleSum / tasks.length : null,
    idle,
    ceiling,
    problems,
  };
}

type Report = (kind: string, text: string) => void;

const percent = (fraction: number): string => `${(fraction * 100).toFixed(1)} %`;

function countSplits(tasks: readonly Task[]): Record<Split, number> {
  const counts: Record<Split, number> = { train: 0, dev: 0, sealed: 0 };
  for (const task of tasks) if (task.split in counts) counts[task.split]++;
  return counts;
}

function toolProblems({ tools }: Environment): string[] {
  const problems: string[] = [];
  if (tools.length === 0) problems.push('there is no tool');
  const names = new Set<string>();
  for (const { name, description, parameters } of tools) {
    if (names.has(name)) problems.push(`two tools have the name ${name}`);
    names.add(name);
    if (!/^[a-zA-Z][a-zA-Z0-9_-]{0,63}$/.test(name)) problems.push(`${name} is no name that model endpoints take`);
    if (name === 'done') problems.push('the tool done is added by the runtime and must not be defined');
    if (description.trim() === '') problems.push(`${name} has no description`);
    const { type, properties, required } = parameters;
    if (type !== 'object' || !isObject(properties)) {
      problems.push(`the parameters of ${name} must be a JSON Schema of type object with properties`);
      continue;
    }
    const listed = Array.isArray(required) ? required : [];
    const unknown = listed.find((key) => typeof key !== 'string' || !Object.hasOwn(properties, key));
    if (unknown !== undefined) problems.push(`${name} requires ${String(unknown)}, which is not among its properties`);
    const bare = Object.keys(properties).find((key) => !isObject(properties[key]));
    if (bare !== undefined) problems.push(`the argument ${bare} of ${name} has no JSON Schema`);
  }
  return problems;
}

function taskProblems(tasks: readonly Task[]): string[] {
  const problems: string[] = [];
  if (tasks.length === 0) problems.push('there is no task');
  const ids = new Set<string>();
  for (const { id, request } of tasks) {
    if (ids.has(id)) problems.push(`two tasks have the id ${id}`);
    ids.add(id);
    if (request.trim() === '') problems.push(`task ${id} has an empty request`);
  }
  const counts = countSplits(tasks);
  for (const split of ['train', 'dev', 'sealed'] as const) {
    if (tasks.length > 0 && counts[split] === 0) problems.push(`no task is in the split ${split}`);
  }
  return problems.slice(0, 3 * shown);
}

function idleScore(environment: Environment, task: Task, report: Report): number {
  const state = environment.reset(task);
  if (environment.changes(state).length > 0) report('reset', `${task.id}: a fresh state already shows changes`);
  const probe = environment.execute(state, { name: 'no_such_tool', arguments: {} });
  if (!probe.error) report('unknown tool', `${task.id}: a call of an unknown tool is no error`);
  if (environment.changes(state).length > 0) report('unknown tool', `${task.id}: a refused call changes the state`);
  const { reward } = environment.score(task, state, { reason: 'done', summary: 'done' });
  if (!(reward >= 0 && reward <= 1)) report('score', `${task.id}: expected a reward of 0-1, got ${reward}`);
  return reward;
}

function oracleScore(environment: Environment, task: Task, plan: Plan, report: Report): number {
  const readOnly = new Set(environment.tools.filter((tool) => tool.readOnly).map((tool) => tool.name));
  const original = environment.reset(task);
  const state = environment.fork(original);
  for (const call of plan.calls) {
    const before = readOnly.has(call.name) ? environment.changes(state).join('\n') : undefined;
    const result = environment.execute(state, call);
    if (result.error) report('oracle', `${task.id}: the oracle's ${call.name} fails: ${result.content}`);
    if (before !== undefined && before !== environment.changes(state).join('\n')) {
      report('read-only', `${task.id}: ${call.name} is marked read-only and changes the state`);
    }
  }
  if (environment.changes(original).length > 0) report('fork', `${task.id}: a fork shares state with its original`);
  const again = environment.reset(task);
  for (const call of plan.calls) environment.execute(again, call);
  if (environment.changes(again).join('\n') !== environment.changes(state).join('\n')) {
    report('reset', `${task.id}: the same calls lead to two different states`);
  }
  // One turn a call, and one for `done`.
  if (plan.calls.length + 1 > environment.maxTurns) {
    report('turns', `${task.id}: the oracle needs ${plan.calls.length + 1} turns of ${environment.maxTurns}`);
  }
  for (const words of Object.values(plan.mentions ?? {})) {
    if (!task.request.includes(words)) report('mentions', `${task.id}: the request does not hold "${words}"`);
  }
  const { reward } = environment.score(task, state, { reason: 'done', summary: plan.summary });
  if (reward !== 1) report('oracle', `${task.id}: the oracle scores ${reward}, expected 1`);
  return reward;
}
