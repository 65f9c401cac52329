/** Tasks that are one task under several ids: the same request, start and right answer. */
import { canonicalJson } from '../digest.ts';
import type { Environment, Split, Task } from '../types.ts';
import { findForeign } from './plain.ts';

/** Upper case, blanks, marks at the end and widths of letters make no other request. */
const plainWords = (text: string): string =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/\s+/gu, ' ')
    .replace(/[\s.!?]+$/u, '')
    .trim();

/** As it stands, and without the task's own id, which copies have in other words. */
const bothForms = (text: string, id: string): readonly [string, string] => [
  plainWords(text),
  plainWords(text.replaceAll(JSON.stringify(id), '"<id>"')),
];

/** What a task says and means. */
const contentsOf = ({ id, request, target }: Task): readonly string[] =>
  bothForms(canonicalJson(target), id).map((form) => `${plainWords(request)}\n${form}`);

/** The tasks whose content is not among `known`, each content once. */
export function newTasks<T extends Task>(tasks: readonly T[], known: readonly Task[]): T[] {
  const seen = new Set(known.flatMap(contentsOf));
  return tasks.filter((task) => {
    const contents = contentsOf(task);
    const isNew = !contents.some((content) => seen.has(content));
    for (const content of contents) seen.add(content);
    return isNew;
  });
}

/** True if another seed gives no new world: at most half of its tasks are new. */
export const isFixedList = (tasks: readonly Task[], ofAnotherSeed: readonly Task[]): boolean =>
  2 * newTasks(ofAnotherSeed, tasks).length <= ofAnotherSeed.length;

const asJson = (_key: string, value: unknown): unknown =>
  value instanceof Map || value instanceof Set ? [...value] : typeof value === 'bigint' ? `${value}n` : value;

/** A state as text; '' if it cannot be read. */
export const stateText = (state: unknown): string =>
  findForeign(state, { containers: true }) === null ? (JSON.stringify(state, asJson) ?? '') : '';

async function startOf(environment: Environment, task: Task): Promise<string> {
  const state = await environment.reset(task);
  const text = await (environment.stateText?.(state) ?? stateText(state));
  await environment.dispose?.(state);
  return text;
}

/** Start and right answer; asked for tasks of one request alone. */
async function meaningOf(environment: Environment, task: Task): Promise<readonly [string, string]> {
  const start = await startOf(environment, task);
  const plan = await environment.oracle?.(task);
  const answer = plan === undefined ? task.target : [plan.calls, plan.summary];
  return bothForms(`${start}\n${JSON.stringify(answer)}`, task.id);
}

/** Lists of two or more tasks with one key. */
function sharing(tasks: readonly Task[], keyOf: (task: Task) => string | undefined): (readonly Task[])[] {
  const lists = new Map<string | undefined, Task[]>();
  for (const task of tasks) lists.set(keyOf(task), [...(lists.get(keyOf(task)) ?? []), task]);
  return [...lists.values()].filter(({ length }) => length > 1);
}

/** Lists of two or more equal tasks. */
export async function equalTasks(environment: Environment, tasks: readonly Task[]): Promise<(readonly Task[])[]> {
  const found: (readonly Task[])[] = [];
  for (const group of sharing(tasks, ({ request }) => plainWords(request))) {
    const meanings = new Map<Task, readonly [string, string]>();
    for (const task of group) meanings.set(task, await meaningOf(environment, task));
    const asTheyStand = sharing(group, (task) => meanings.get(task)?.[0]);
    found.push(...(asTheyStand.length > 0 ? asTheyStand : sharing(group, (task) => meanings.get(task)?.[1])));
  }
  return found;
}

/** Why equal tasks are no evidence: one sentence per kind, with an example. */
export function equalityProblems(groups: readonly (readonly Task[])[]): string[] {
  const splitsOf = (group: readonly Task[]): Split[] => [...new Set(group.map(({ split }) => split))];
  const across = groups.filter((group) => splitsOf(group).length > 1);
  const within = groups.filter(([first, ...others]) => {
    const isPanel = first?.split === 'dev' || first?.split === 'sealed';
    const isFamily = first?.family !== undefined && others.every(({ family }) => family === first.family);
    return isPanel && !isFamily && others.every(({ split }) => split === first.split);
  });
  const problems: string[] = [];
  const [first, same] = [across[0], within[0]];
  if (first !== undefined) {
    const shown = splitsOf(first).map((split) => `${first.find((task) => task.split === split)?.id} (${split})`);
    problems.push(
      `${across.length} tasks are in two splits under different ids, such as ${shown.join(' and ')}: the same request, start and answer, so an agent would be tested on what it learned from; leave one of each out`,
    );
  }
  if (same !== undefined)
    problems.push(
      `${within.flat().length} tasks of a split are only ${within.length} under different ids, such as ${same[0]?.id} and ${same[1]?.id} (${same[0]?.split}): copies are no evidence; leave out all but one of each, or give the copies one family`,
    );
  return problems;
}
