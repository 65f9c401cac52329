/** Built-in scorers: exact values, fields of an answer, a judge, several together. */
import { canonicalJson, isObject } from '../digest.ts';
import { checkedScore } from '../runtime/checked-score.ts';
import type { Ending, Json, MaybePromise, Score, ScoreContext } from '../types.ts';

/** Scores an episode; may be async. What it throws is the environment's fault: a void rollout. */
export type Scorer<Task, State = unknown> = (
  task: Task,
  state: State,
  ending: Ending,
  context: ScoreContext,
) => MaybePromise<Score>;

/** The value of a JSON answer; otherwise the text. */
const answerOf = ({ value, summary }: Ending): Json => (value === undefined ? summary.trim() : value);

const same = (a: Json, b: Json): boolean => canonicalJson(a) === canonicalJson(b);

/** 1 for exactly the expected answer, else 0. */
export function exactAnswer<Task>(expected: (task: Task) => Json): Scorer<Task> {
  return (task, _state, ending) => {
    const passed = same(answerOf(ending), expected(task));
    return { reward: passed ? 1 : 0, checks: [{ name: 'answer', passed }] };
  };
}

/**
 * Compares the fields of a JSON answer; the reward is the share of right ones. A check's detail
 * gives the expected and the found value; proposers see it for train tasks only.
 */
export function fieldsOf<Task>(
  expected: (task: Task) => Readonly<Record<string, Json>>,
  equal: (found: Json, wanted: Json, field: string) => boolean = same,
): Scorer<Task> {
  return (task, _state, ending) => {
    const answer = answerOf(ending);
    const checks = Object.entries(expected(task)).map(([name, wanted]) => {
      const found: Json = isObject(answer) ? (answer[name] ?? null) : null;
      const passed = equal(found, wanted, name);
      const detail = `${name}: expected ${JSON.stringify(wanted)}, found ${JSON.stringify(found)}`;
      return passed ? { name, passed } : { name, passed, detail };
    });
    const right = checks.filter(({ passed }) => passed).length;
    return { reward: checks.length === 0 ? 0 : right / checks.length, checks };
  };
}

export interface JudgeSettings<Task, State> {
  /** The question for the judge about one episode. */
  question(task: Task, state: State, ending: Ending): string;
  /** Asks a model, a person or a service. Equal questions should get equal answers. */
  ask(question: string, signal?: AbortSignal): MaybePromise<string>;
  /** 0-1. @default 1 when the first word of the answer is yes, 0 when it is no */
  reward?(answer: string): number;
}

function yesOrNo(answer: string): number {
  const word = /[a-z]+/i.exec(answer)?.[0].toLowerCase();
  if (word === 'yes') return 1;
  if (word === 'no') return 0;
  throw new Error(`expected a judge's answer that begins with yes or no, found "${answer.slice(0, 80)}"; give reward`);
}

/** Lets a judge decide; its answer is the check's detail. */
export function judged<Task, State>({
  question,
  ask,
  reward = yesOrNo,
}: JudgeSettings<Task, State>): Scorer<Task, State> {
  return async (task, state, ending, context) => {
    const answer = await ask(question(task, state, ending), context.signal);
    const given = reward(answer);
    return { reward: given, checks: [{ name: 'judge', passed: given >= 1, detail: answer.slice(0, 200) }] };
  };
}

const whose = (task: unknown, at: number, all: number): string =>
  `scorer ${at + 1} of ${all}${isObject(task) && 'id' in task ? ` on task ${task.id}` : ''}`;

/** Runs all scorers in order: mean reward, all checks, a violation if any reports one. */
export function scoredByAll<Task, State>(scorers: readonly Scorer<Task, State>[]): Scorer<Task, State> {
  return async (task, state, ending, context) => {
    const scores: Score[] = [];
    for (const [at, scorer] of scorers.entries())
      scores.push(checkedScore(await scorer(task, state, ending, context), whose(task, at, scorers.length)));
    const sum = scores.reduce((total, { reward }) => total + reward, 0);
    return {
      reward: scores.length === 0 ? 0 : sum / scores.length,
      checks: scores.flatMap(({ checks }) => checks),
      ...(scores.some(({ violation }) => violation) ? { violation: true } : {}),
    };
  };
}
