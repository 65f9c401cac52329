/** Skills from diagnosed procedural failures: numbered steps with the tools' names, retrieved by words of the requests. */
import type { Diagnosis, Environment, Task, Trace } from '../../types.ts';
import type { Edit } from '../edit-schema.ts';
import type { MineContext } from './context.ts';
import { matching, toEdit } from './gains.ts';
import { collectSentence } from './grounds.ts';
import { idOf } from './names.ts';
import type { GoldWrite, Prober } from './probe.ts';
import type { Provenance } from './sources.ts';

/** `first` must come before `then` on the same target: the other way round one of the two is refused. */
export interface Precedence {
  readonly first: string;
  readonly then: string;
}

/** Swaps neighbouring oracle writes and sees which order is refused; needs 2 agreeing cases and none against. */
export function learnPrecedence(prober: Prober, golds: readonly GoldWrite[]): Precedence[] {
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
    const world = prober.open(gold.task, gold.before.slice(0, -1));
    const swapped = !world.apply(gold.call).error && !world.apply(before).error;
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
  readonly golds: readonly GoldWrite[];
  readonly precedences: readonly Precedence[];
}

const PROCEDURAL = ['partial', 'wrong_order', 'missing_report', 'unasked_write', 'write_before_read', 'invented_id'];

/** One skill for the whole procedure and one a write tool that procedural failures name. */
export function mineSkills(context: MineContext, inputs: SkillInputs): Edit[] {
  const { harness, diagnoses, tasks } = context;
  const has = new Set(harness.skills.map((s) => s.name));
  const edits: Edit[] = [];
  const general = matching(diagnoses, ['partial', 'wrong_order', 'missing_report', 'unasked_write', 'claim']);
  if (general.length > 0 && !has.has('whole-request')) {
    const words = frequentWords(tasks, tasks, 12);
    edits.push(
      toEdit({
        ops: [
          {
            op: 'skill.add',
            id: 'whole-request',
            description: `Finishing a whole request that is about ${words.join(', ')}.`,
            lines: generalSteps(context.environment, inputs, general),
          },
        ],
        hypothesis:
          'Runs that stop half way, work in a blocking order or leave out what was asked finish when the procedure is written down.',
        answers: general,
        risks: 'A longer prompt for requests with one simple change.',
      }),
    );
  }
  for (const provenance of inputs.provenances) {
    const answers = matching(diagnoses, PROCEDURAL, { tool: provenance.tool });
    const id = idOf(provenance.tool);
    if (answers.length < 2 || has.has(id)) continue;
    const own = new Set(inputs.golds.filter((g) => g.call.name === provenance.tool).map((g) => g.task.id));
    const words = frequentWords(
      tasks.filter((t) => own.has(t.id)),
      tasks,
      10,
    );
    edits.push(
      toEdit({
        ops: [
          {
            op: 'skill.add',
            id,
            description: `Calling ${provenance.tool} (${provenance.tool.replace(/_/g, ' ')}) for requests about ${words.join(', ')}.`,
            lines: toolSteps(provenance, inputs.precedences),
          },
        ],
        hypothesis: `${answers.length} runs used ${provenance.tool} too early, in part or unasked; its steps are written down.`,
        answers,
        risks: 'A longer prompt.',
      }),
    );
  }
  return edits;
}

function numbered(steps: readonly string[]): string[] {
  return steps.map((step, i) => `${i + 1}. ${step}`);
}

function generalSteps(environment: Environment, inputs: SkillInputs, failures: readonly Diagnosis[]): string[] {
  const reads = new Map<string, number>();
  for (const p of inputs.provenances) for (const r of p.reads) reads.set(r.tool, (reads.get(r.tool) ?? 0) + p.cases);
  const readers = [...reads]
    .sort((a, b) => b[1] - a[1])
    .slice(0, 3)
    .map(([tool]) => tool);
  const lists = inputs.provenances.flatMap((p) => [...p.lists].slice(0, 1).map((list) => collectSentence(list, p)));
  const steps = [
    'List every change that the request asks for, for each record that it names, and every value that it wants to know.',
  ];
  if (readers.length > 0) steps.push(`Read each record concerned with ${readers.join(' and ')} before you change it.`);
  if (lists.length > 0) steps.push(`Collect before you call: ${lists.join(' ')}`.slice(0, 400));
  for (const order of inputs.precedences.slice(0, 6))
    steps.push(`On the same target call ${order.first} before ${order.then}.`);
  steps.push('Make every change of the list, one call after the other, and nothing that was not asked for.');
  if (failures.some((d) => d.pattern === 'missing_report') || environment.tools.length > 0)
    steps.push('In the summary of done, state every value that was asked for: amounts, totals, balances, numbers.');
  return numbered(steps);
}

function toolSteps(provenance: Provenance, precedences: readonly Precedence[]): string[] {
  const { tool } = provenance;
  const steps = provenance.reads.map((r) => `Read the ${r.as} with ${r.tool} before you call ${tool}.`);
  for (const [argument, origin] of provenance.origins)
    steps.push(
      `Take ${argument} from ${[origin.binding, ...origin.path].join('.')} of what you read; never invent a value.`,
    );
  for (const list of [...provenance.lists].slice(0, 1))
    steps.push(`Collect everything first. ${collectSentence(list, provenance)}`);
  for (const order of precedences.filter((p) => p.first === tool || p.then === tool))
    steps.push(`On the same target call ${order.first} before ${order.then}.`);
  steps.push('Only make the change that the request asks for; then go on with its next part, or call done.');
  return numbered(steps);
}

/** Words that many of the requests share, most telling first; no digits, so no ids. */
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

/** Tool names of passing traces in order, the most frequent first; for environments without an oracle. */
export function passingSequences(traces: readonly Trace[]): { tools: readonly string[]; count: number }[] {
  const out = new Map<string, { tools: readonly string[]; count: number }>();
  for (const trace of traces) {
    if (trace.score === null || trace.score.reward < 1) continue;
    const tools = trace.steps.flatMap((s) => (s.kind === 'call' && s.call.name !== 'done' ? [s.call.name] : []));
    if (tools.length === 0) continue;
    const key = tools.join(' ');
    const entry = out.get(key) ?? { tools, count: 0 };
    entry.count += 1;
    out.set(key, entry);
  }
  return [...out.values()].sort((a, b) => b.count - a.count);
}
