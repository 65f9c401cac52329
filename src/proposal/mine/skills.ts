/** A skill for diagnosed procedural failures. */

import type { Edit } from '../../edit/schema.ts';
import type { Task } from '../../types.ts';
import type { MineContext } from './context.ts';
import { matching, toEdit } from './gains.ts';
import { collectSentence } from './grounds.ts';
import type { GoldWrite, Prober } from './probe.ts';
import type { Provenance } from './sources.ts';

/** `first` must come before `then` on the same target, else one of them is refused. */
export interface Precedence {
  readonly first: string;
  readonly then: string;
}

/** Swaps neighbouring oracle writes; an order needs 2 refusals and no success of the swap. */
export async function learnPrecedence(prober: Prober, golds: readonly GoldWrite[]): Promise<Precedence[]> {
  const votes = new Map<string, { order: Precedence; yes: number; no: number }>();
  for (const gold of golds) {
    const before = gold.before.at(-1);
    if (
      !before ||
      prober.spent ||
      before.name === gold.call.name ||
      !shareTarget(before.arguments, gold.call.arguments)
    )
      continue;
    const world = await prober.open(gold.task, gold.before.slice(0, -1));
    const swapped = !(await world.apply(gold.call)).error && !(await world.apply(before)).error;
    await world.close();
    const key = `${before.name}>${gold.call.name}`;
    const vote = votes.get(key) ?? { order: { first: before.name, then: gold.call.name }, yes: 0, no: 0 };
    if (swapped) vote.no += 1;
    else vote.yes += 1;
    votes.set(key, vote);
  }
  return [...votes.values()].filter((v) => v.yes >= 2 && v.no === 0).map((v) => v.order);
}

function shareTarget(a: GoldWrite['call']['arguments'], b: GoldWrite['call']['arguments']): boolean {
  return Object.entries(a).some(([name, value]) => typeof value === 'string' && /\d/.test(value) && b[name] === value);
}

export interface SkillInputs {
  readonly provenances: readonly Provenance[];
  readonly precedences: readonly Precedence[];
}

/** Failures that need a procedure; the contract answers wrong arguments and skipped reads. */
const PROCEDURAL = ['partial', 'wrong_order', 'missing_report'];

/**
 * One skill with a step per kind of failure. No step says to read first: clauses prepare calls, and
 * small models that are told to read read the wrong record.
 */
export function mineSkills(context: MineContext, inputs: SkillInputs): Edit[] {
  const { harness, diagnoses, tasks } = context;
  const failures = matching(diagnoses, PROCEDURAL);
  if (failures.length === 0 || harness.skills.some(({ name }) => name === 'whole-request')) return [];
  const words = frequentWords(tasks, tasks, 12);
  return [
    toEdit({
      ops: [
        {
          op: 'skill.add',
          id: 'whole-request',
          description: `Finishing a whole request that is about ${words.join(', ')}.`,
          lines: steps(inputs, new Set(failures.map(({ pattern }) => pattern))),
        },
      ],
      hypothesis:
        'Runs that stop half way, work in a blocking order or leave out what was asked finish when the procedure is written down.',
      answers: failures,
      risks: 'A longer prompt for requests with one simple change.',
    }),
  ];
}

function steps({ provenances, precedences }: SkillInputs, seen: ReadonlySet<string>): string[] {
  const lists = provenances.flatMap((p) => [...p.lists].slice(0, 1).map((list) => collectSentence(list, p)));
  const lines = [
    'List every change that the request asks for, for each record that it names, and every value that it wants to know.',
  ];
  if (seen.has('partial') && lists.length > 0) lines.push(`Collect before you call: ${lists.join(' ')}`.slice(0, 390));
  if (seen.has('wrong_order'))
    for (const order of precedences.slice(0, 6))
      lines.push(`On the same target call ${order.first} before ${order.then}.`);
  lines.push('Make every change of the list, one call after the other, and nothing that was not asked for.');
  if (seen.has('missing_report'))
    lines.push('In the summary of done, state every value that was asked for: amounts, totals, balances, numbers.');
  return lines.map((step, i) => `${i + 1}. ${step}`);
}

/** Words that many requests share, most telling first; no digits, so no ids. */
export function frequentWords(own: readonly Task[], all: readonly Task[], limit: number): string[] {
  const mine = counts(own);
  const others = counts(all);
  const scored = [...mine].flatMap(([word, n]) => {
    const share = n / Math.max(1, own.length);
    if (share < 0.25) return [];
    return [{ word, score: share - (0.5 * (others.get(word) ?? 0)) / Math.max(1, all.length) }];
  });
  scored.sort((a, b) => b.score - a.score || (a.word < b.word ? -1 : 1));
  return scored.slice(0, limit).map((s) => s.word);
}

/** In how many requests each word occurs. */
function counts(tasks: readonly Task[]): Map<string, number> {
  const out = new Map<string, number>();
  for (const task of tasks) {
    const words = new Set(task.request.toLowerCase().match(/[a-z][a-z'-]{2,}/g) ?? []);
    for (const word of words) if (!COMMON.has(word)) out.set(word, (out.get(word) ?? 0) + 1);
  }
  return out;
}

const COMMON = new Set(
  'the and for you your are was with that this from not but have has had will would can could should please its our all any also into just like want wants name email zip code said then than them they there here does did been being only each'.split(
    ' ',
  ),
);
