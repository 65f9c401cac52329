/** What an environment must satisfy: its oracle scores, idling does not, reads change nothing. */
import { isObject } from '../digest.ts';
import { EnvironmentError, UsageError } from '../errors.ts';
import { isPromise } from '../runtime/ask.ts';
import { guarded } from '../runtime/guard.ts';
import type { Environment, Plan, Split, Task } from '../types.ts';
import { CAPABILITIES, type Capability, has, limitsOf } from './capabilities.ts';
import { assertScorer } from './define.ts';
import { equalityProblems, equalTasks } from './equal-tasks.ts';
import { endsBy, type FreshPlay, isolationProblems, playFresh } from './isolation.ts';

export interface EnvironmentReport {
  readonly name: string;
  readonly tasks: number;
  readonly splits: Readonly<Record<Split, number>>;
  readonly tools: number;
  /** Mean score of the oracle, 0-1; null if there is none. */
  readonly oracle: number | null;
  /** Mean score of an agent that only says `done`, 0-1. */
  readonly idle: number;
  readonly ceiling: number;
  /** What it can do beyond playing and scoring. */
  readonly can: readonly Capability[];
  /** One sentence per missing capability. */
  readonly limits: readonly string[];
  /** One sentence each; [] means that the environment is sound. */
  readonly problems: readonly string[];
}

/** Maximum problems that are reported per kind. */
const shown = 5;

/** Faults of the environment after which the check stops: each may have cost a whole time limit. */
const FAULTS = 3;

/** Plays these tasks where nothing ran before; [] if the environment has no file. */
export type PlayFreshly = (ids: readonly string[]) => Promise<readonly FreshPlay[]>;
const notFreshly: PlayFreshly = async () => [];

/**
 * Plays the oracle and the idle agent on every task until the third fault of the environment, then
 * train and dev in several orders, to see that no rollout depends on another.
 */
export async function checkEnvironment(
  given: Environment,
  progress: (done: number, total: number) => void = () => {},
  freshly: PlayFreshly = notFreshly,
): Promise<EnvironmentReport> {
  assertScorer(given);
  const environment = guarded(given);
  const { tasks, ceiling, oracle } = environment;
  const problems = [...toolProblems(environment), ...taskProblems(tasks)];
  try {
    problems.push(...equalityProblems(await equalTasks(environment, tasks)));
  } catch (error) {
    // Playing below finds the same fault and names the task.
    if (!(error instanceof EnvironmentError || error instanceof UsageError)) throw error;
  }
  const byKind = new Map<string, string[]>();
  const report = (kind: string, text: string): void => {
    byKind.set(kind, [...(byKind.get(kind) ?? []), text]);
  };

  let idleSum = 0;
  let oracleSum = 0;
  let faults = 0;
  for (const [played, task] of tasks.entries()) {
    progress(played, tasks.length);
    try {
      idleSum += await idleScore(environment, task, report);
      if (oracle) oracleSum += await oracleScore(environment, task, await oracle.call(environment, task), report);
    } catch (error) {
      if (!(error instanceof EnvironmentError || error instanceof UsageError)) throw error;
      faults += 1;
      const where = error instanceof UsageError ? '' : `environment ${environment.name}, task ${task.id}: `;
      problems.push(`${where}${error.message}`);
      if (faults < FAULTS) continue;
      problems.push(`stopped after ${FAULTS} faults of the environment, at task ${played + 1} of ${tasks.length}`);
      break;
    }
  }
  if (faults === 0) problems.push(...(await isolationOf(environment, tasks.filter(isOpen), freshly, progress)));
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
    can: CAPABILITIES.filter((capability) => has(environment, capability)),
    limits: limitsOf(environment),
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

/**
 * Throws UsageError for what would make a night's figures worth nothing and costs nothing to find:
 * tools that no endpoint takes, requests without words, tasks that are equal under different ids,
 * and rollouts of a few tasks that depend on each other.
 */
export async function assertFit(
  environment: Environment,
  tasks: readonly Task[],
  // Nothing has been played yet, so this process is as good as a fresh one.
  freshly: PlayFreshly = (ids) => playFresh(environment, ids),
  // Its rollouts are known to be independent.
  { isolated = false }: { readonly isolated?: boolean } = {},
): Promise<void> {
  const problems = [
    ...toolProblems(environment),
    ...requestProblems(tasks),
    ...equalityProblems(await equalTasks(environment, tasks)),
    // What this package brings was checked with it.
    ...(environment.file === undefined || isolated
      ? []
      : await isolationOf(environment, await sampleOf(environment, tasks), freshly)),
  ];
  if (problems.length === 0) return;
  const more = problems.length > shown ? `; and ${problems.length - shown} more` : '';
  throw new UsageError(
    `${environment.name} is not fit for a night: ${problems.slice(0, shown).join('; ')}${more}. See: npx optimize env check ${environment.name}`,
  );
}

/** A proposer sees train, a race plays dev: no check plays sealed tasks. */
const isOpen = ({ split }: Task): boolean => split !== 'sealed';

/** Tasks per split that a night plays: few where a reset takes time. */
const SAMPLE = { quick: 12, slow: 2 };

async function sampleOf(environment: Environment, tasks: readonly Task[]): Promise<Task[]> {
  const [first] = tasks;
  if (first === undefined) return [];
  try {
    const state = environment.reset(first);
    const size = isPromise(state) ? SAMPLE.slow : SAMPLE.quick;
    await environment.dispose?.(await state);
    const of = (split: Split) => tasks.filter((task) => task.split === split).slice(0, size);
    return [...of('train'), ...of('dev')];
  } catch (error) {
    // A reset that fails makes rollouts void, which a night counts.
    if (error instanceof EnvironmentError) return [];
    throw error;
  }
}

/** A thread that does not load the environment is a problem of it too. */
async function isolationOf(
  environment: Environment,
  tasks: readonly Task[],
  freshly: PlayFreshly,
  progress?: (done: number, total: number) => void,
): Promise<string[]> {
  try {
    return await isolationProblems(environment, tasks, await freshly(tasks.map(({ id }) => id)), progress);
  } catch (error) {
    if (error instanceof EnvironmentError || error instanceof UsageError) return [error.message];
    throw error;
  }
}

function toolProblems({ tools }: Environment): string[] {
  const problems: string[] = [];
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

const requestProblems = (tasks: readonly Task[]): string[] =>
  tasks.filter(({ request }) => request.trim() === '').map(({ id }) => `task ${id} has an empty request`);

function taskProblems(tasks: readonly Task[]): string[] {
  const problems: string[] = [];
  if (tasks.length === 0) problems.push('there is no task');
  const ids = new Set<string>();
  const twice = new Set<string>();
  for (const { id } of tasks) {
    if (ids.has(id)) twice.add(id);
    ids.add(id);
  }
  problems.push(...requestProblems(tasks));
  const [first] = twice;
  if (first !== undefined)
    problems.unshift(`ids that more than one task has: ${twice.size}, such as ${first} (of ${tasks.length} tasks)`);
  const counts = countSplits(tasks);
  for (const split of ['train', 'dev', 'sealed'] as const) {
    if (tasks.length > 0 && counts[split] === 0) problems.push(`no task is in the split ${split}`);
  }
  return problems.slice(0, 3 * shown);
}

/** The changes as one text; '' if the environment cannot list them. */
const changesOf = ({ changes }: Environment, state: unknown): string => changes?.(state).join('\n') ?? '';

async function idleScore(environment: Environment, task: Task, report: Report): Promise<number> {
  const state = await environment.reset(task);
  if (changesOf(environment, state) !== '') report('reset', `${task.id}: a fresh state already shows changes`);
  const probe = await environment.execute(state, { name: 'no_such_tool', arguments: {} });
  if (!probe.error) report('unknown tool', `${task.id}: a call of an unknown tool is no error`);
  if (changesOf(environment, state) !== '') report('unknown tool', `${task.id}: a refused call changes the state`);
  const { reward } = await environment.score(task, state, endsBy(environment.answer, 'done'));
  await environment.dispose?.(state);
  return reward;
}

async function oracleScore(environment: Environment, task: Task, plan: Plan, report: Report): Promise<number> {
  const readOnly = new Set(environment.tools.filter((tool) => tool.readOnly).map((tool) => tool.name));
  const original = await environment.reset(task);
  const { fork } = environment;
  const state = fork === undefined ? original : await fork.call(environment, original);
  for (const call of plan.calls) {
    const before = readOnly.has(call.name) ? changesOf(environment, state) : undefined;
    const result = await environment.execute(state, call);
    if (result.error) report('oracle', `${task.id}: the oracle's ${call.name} fails: ${result.content}`);
    if (before !== undefined && before !== changesOf(environment, state)) {
      report('read-only', `${task.id}: ${call.name} is marked read-only and changes the state`);
    }
  }
  if (fork !== undefined && changesOf(environment, original) !== '')
    report('fork', `${task.id}: a fork shares state with its original`);
  if (environment.replayable !== false) {
    const again = await environment.reset(task);
    for (const call of plan.calls) await environment.execute(again, call);
    if (changesOf(environment, again) !== changesOf(environment, state))
      report('reset', `${task.id}: the same calls lead to two different states`);
    await environment.dispose?.(again);
  }
  // One turn per call, and one for `done`.
  if (plan.calls.length + 1 > environment.maxTurns) {
    report('turns', `${task.id}: the oracle needs ${plan.calls.length + 1} turns of ${environment.maxTurns}`);
  }
  for (const words of Object.values(plan.mentions ?? {})) {
    if (!task.request.includes(words)) report('mentions', `${task.id}: the request does not hold "${words}"`);
  }
  const { reward } = await environment.score(task, state, endsBy(environment.answer, plan.summary));
  if (reward !== 1) report('oracle', `${task.id}: the oracle scores ${reward}, expected 1`);
  await environment.dispose?.(state);
  if (state !== original) await environment.dispose?.(original);
  return reward;
}
