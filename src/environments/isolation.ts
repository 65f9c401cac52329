/**
 * Is a rollout its own world? Equal calls are played first in a fresh process, again, after another
 * task, in another order and interleaved: results, changes and score must be equal.
 */
import { EnvironmentError, reasonOf } from '../errors.ts';
import { readAnswer } from '../runtime/answer.ts';
import { guarded } from '../runtime/guard.ts';
import type { AnswerForm, Ending, Environment, Plan, Task, ToolCall } from '../types.ts';
import { probeOf } from './probe.ts';

/** The ending of an agent that says `summary`. */
export function endsBy(answer: AnswerForm = { kind: 'tool' }, summary: string): Ending {
  if (answer.kind === 'tool') return { reason: 'done', summary };
  const read = answer.kind === 'json' ? readAnswer(summary, answer.schema, { repair: false, coerce: false }) : null;
  return { reason: 'text', summary, ...(read !== null && 'value' in read ? { value: read.value } : {}) };
}

/** What a play gave, in order; equal plays give equal lines. */
export type PlayLines = readonly (readonly [what: string, text: string])[];

/** Plays of a fresh process: each task's calls twice, then an agent that does nothing. */
export interface FreshPlay {
  readonly task: string;
  readonly solved: PlayLines;
  readonly again: PlayLines;
  readonly idle: PlayLines;
}

const NOTHING: Plan = { calls: [], summary: 'done' };
/** Without an oracle, calls that try the tools. */
const solutionOf = async (environment: Environment, task: Task): Promise<Plan> =>
  environment.oracle === undefined ? probeOf(environment, task) : environment.oracle(task);

/** One play, call by call, so that two of them can be interleaved; a fault is an outcome too. */
async function* playing(
  environment: Environment,
  task: Task,
  { calls, summary }: Plan,
): AsyncGenerator<void, PlayLines> {
  const masks = (environment.volatile ?? []).map((pattern) => new RegExp(pattern, 'gu'));
  const shown = (text: string): string => masks.reduce((left, mask) => left.replace(mask, '<volatile>'), text);
  const lines: [string, string][] = [];
  try {
    const state = await environment.reset(task);
    try {
      for (const call of calls) {
        yield;
        const { content, error } = await environment.execute(state, call as ToolCall);
        lines.push([`the result of ${call.name}`, shown(`${error ? 'an error: ' : ''}${content}`)]);
      }
      yield;
      if (environment.changes) lines.push(['the changes', shown(environment.changes(state).join('\n'))]);
      if (environment.unscored) return lines;
      const score = await environment.score(task, state, endsBy(environment.answer, summary));
      lines.push(['the score', shown(JSON.stringify(score))]);
    } finally {
      await environment.dispose?.(state);
    }
  } catch (error) {
    // A tool that hangs at what nobody said is right would hang again in each of many plays.
    const isTried = environment.oracle === undefined && calls.length > 0;
    if (!(error instanceof EnvironmentError) || (isTried && / gave no answer within /.test(error.message))) throw error;
    lines.push(['the score', `a fault: ${shown(reasonOf(error))}`]);
  }
  return lines;
}

async function play(environment: Environment, task: Task, plan: Plan): Promise<PlayLines> {
  const steps = playing(environment, task, plan);
  for (;;) {
    const step = await steps.next();
    if (step.done) return step.value;
  }
}

/** Both plays call by call in turn. */
async function playInterleaved(plays: readonly [AsyncGenerator<void, PlayLines>, AsyncGenerator<void, PlayLines>]) {
  const outcomes: (PlayLines | undefined)[] = [undefined, undefined];
  while (outcomes.includes(undefined)) {
    for (const [at, steps] of plays.entries()) {
      if (outcomes[at] !== undefined) continue;
      const step = await steps.next();
      if (step.done) outcomes[at] = step.value;
    }
  }
  return outcomes as [PlayLines, PlayLines];
}

/** What a fresh process plays, in the order of the tasks. */
export async function playFresh(given: Environment, ids: readonly string[]): Promise<FreshPlay[]> {
  const environment = guarded(given);
  const plays: FreshPlay[] = [];
  for (const id of ids) {
    const task = environment.tasks.find((one) => one.id === id);
    if (task === undefined) continue;
    const plan = await solutionOf(environment, task);
    const [solved, again] = [await play(environment, task, plan), await play(environment, task, plan)];
    plays.push({ task: id, solved, again, idle: await play(environment, task, NOTHING) });
  }
  return plays;
}

const WHEN = {
  first: 'at their first uses in a process',
  again: 'when they were played again',
  other: "after another task's calls",
  reverse: 'in another order of the tasks',
  interleaved: 'while another task was played',
} as const;
type Moment = keyof typeof WHEN;

interface Played {
  readonly moment: Moment;
  /** Its place among all plays of the process; null in a fresh one. */
  readonly at: number | null;
  readonly outcome: PlayLines;
}

/** The outcomes of equal plays, and what most of them gave. */
class Plays {
  readonly #played = new Map<string, Played[]>();
  add(key: string, played: Played): void {
    this.#played.set(key, [...(this.#played.get(key) ?? []), played]);
  }

  /** Each list of equal plays that differ: the usual outcome, and the plays with another one. */
  *differing(): Generator<{ key: string; usual: PlayLines; others: readonly Played[] }> {
    for (const [key, plays] of this.#played) {
      const texts = plays.map(({ outcome }) => JSON.stringify(outcome));
      const counts = new Map<string, number>();
      for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
      if (counts.size < 2) continue;
      const [usual] = [...counts].reduce((most, one) => (one[1] > most[1] ? one : most));
      const others = plays.filter((_, at) => texts[at] !== usual);
      yield { key, usual: (plays[texts.indexOf(usual)] as Played).outcome, others };
    }
  }
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));

/** The m of which all distances are multiples, as at every mth play; null if there is none. */
function periodOf(places: readonly number[]): number | null {
  const sorted = [...new Set(places)].sort((a, b) => a - b);
  const period = sorted.slice(1).reduce((m, place, at) => gcd(place - (sorted[at] as number), m), 0);
  return sorted.length >= 3 && period > 1 ? period : null;
}

const cut = (text: string): string => (text.length > 120 ? `${text.slice(0, 120)}...` : text);

/** The first line in which two outcomes differ. */
function differenceOf(usual: PlayLines, other: PlayLines): string {
  const at = usual.findIndex((line, index) => JSON.stringify(line) !== JSON.stringify(other[index]));
  const [what, text] = usual[Math.max(0, at)] ?? ['the score', 'none'];
  return `${what} was ${cut(other[Math.max(0, at)]?.[1] ?? 'none')}, else ${cut(text)}`;
}

/** One sentence per kind of difference, with an example; [] for isolated rollouts. */
function problemsOf(plays: Plays): string[] {
  const found = [...plays.differing()];
  const all = found.flatMap(({ others }) => others);
  const isOneMoment = new Set(all.map(({ moment }) => moment)).size === 1;
  const period = isOneMoment ? null : periodOf(all.flatMap(({ at }) => at ?? []));
  const byMoment = new Map<string, { count: number; example: string }>();
  for (const { key, usual, others } of found) {
    const moments = [...new Set(others.map(({ moment }) => moment))];
    const [moment = 'again'] = moments;
    const when = period === null ? (moments.length === 1 ? WHEN[moment] : WHEN.again) : `at every ${period}th play`;
    const example = `${key}, ${differenceOf(usual, (others[0] as Played).outcome)}`;
    const known = byMoment.get(when);
    byMoment.set(when, { count: (known?.count ?? 0) + 1, example: known?.example ?? example });
  }
  return [...byMoment].map(
    ([when, { count, example }]) =>
      `the same calls gave something else ${when} (${count} of the plays compared; ${example}): rollouts share something, so an arm of a comparison could win by its place alone; keep all state in what reset returns, or declare what may differ as volatile`,
  );
}

/**
 * Plays each task alone, in both orders, and in pairs; `fresh` are plays of a fresh process, [] for
 * none. Throws what is not the environment's fault.
 */
export async function isolationProblems(
  given: Environment,
  tasks: readonly Task[],
  fresh: readonly FreshPlay[] = [],
  progress: (done: number, total: number) => void = () => {},
): Promise<string[]> {
  const environment = guarded(given);
  const plans = new Map<Task, Plan>();
  for (const task of tasks) plans.set(task, await solutionOf(environment, task));
  const planOf = (task: Task): Plan => plans.get(task) ?? NOTHING;
  const plays = new Plays();
  for (const { task, solved, again, idle } of fresh) {
    plays.add(`task ${task}`, { moment: 'first', at: null, outcome: solved });
    plays.add(`task ${task}`, { moment: 'first', at: null, outcome: again });
    plays.add(`task ${task} without a call`, { moment: 'first', at: null, outcome: idle });
  }
  let count = 0;
  const one = async (task: Task, solving: boolean, moment: Moment) => {
    const outcome = await play(environment, task, solving ? planOf(task) : NOTHING);
    count += 1;
    plays.add(solving ? `task ${task.id}` : `task ${task.id} without a call`, { moment, at: count, outcome });
  };
  const total = 3 * tasks.length;
  let done = 0;
  for (const order of ['again', 'reverse'] as const) {
    const ordered = order === 'again' ? tasks : [...tasks].reverse();
    for (const [at, task] of ordered.entries()) {
      const neighbour = ordered[(at + 1) % ordered.length] as Task;
      await one(task, false, order);
      await one(task, true, order);
      await one(task, true, order);
      // Another task's calls here, or this task's cut after the first.
      const { calls, summary } = planOf(neighbour === task ? task : neighbour);
      await play(environment, task, { calls: neighbour === task ? calls.slice(0, 1) : calls, summary });
      count += 1;
      await one(task, true, 'other');
      await one(task, false, 'other');
      await one(task, true, order);
      progress(++done, total);
    }
  }
  for (const [at, task] of tasks.entries()) {
    const neighbour = tasks[(at + 1) % tasks.length] as Task;
    const steps = (of: Task) => playing(environment, of, planOf(of));
    const outcomes = await playInterleaved([steps(task), steps(neighbour)]);
    for (const [which, of] of [task, neighbour].entries()) {
      count += 1;
      plays.add(`task ${of.id}`, { moment: 'interleaved', at: count, outcome: outcomes[which] as PlayLines });
    }
    progress(++done, total);
  }
  return problemsOf(plays);
}
