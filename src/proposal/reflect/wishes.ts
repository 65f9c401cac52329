/** What the model is asked for, one kind of edit per call, and how an answer becomes an edit. */
import { z } from 'zod';
import type { Cluster } from '../../diagnosis/clusters.ts';
import type { Op } from '../../edit/schema.ts';
import { fixedText } from '../../harness/editable.ts';
import { clauseOf, Monitor, type Skill } from '../../harness/schema.ts';
import type { Harness, JsonObject, Trace } from '../../types.ts';

export type WishKind = 'rule' | 'skill' | 'monitor' | 'line';

const sentence = (most: number) =>
  z
    .string()
    .trim()
    .min(8)
    .max(most)
    .transform((text) => text.replace(/\s+/g, ' '));

const answers = {
  rule: z.object({ say: sentence(320) }),
  skill: z.object({ description: sentence(300), steps: z.array(sentence(300)).min(2).max(8) }),
  monitor: z.object({ message: sentence(320) }),
  line: z.object({ how: z.enum(['insert', 'replace']), line: z.int().min(1), text: sentence(320) }),
};

/** JSON Schema of the answer, for endpoints that enforce one. */
export const schemaOf = (kind: WishKind): JsonObject => {
  const text = { type: 'string' };
  const properties: Record<WishKind, JsonObject> = {
    rule: { say: text },
    skill: { description: text, steps: { type: 'array', items: text } },
    monitor: { message: text },
    line: { how: { type: 'string', enum: ['insert', 'replace'] }, line: { type: 'integer' }, text },
  };
  return {
    type: 'object',
    properties: properties[kind],
    required: Object.keys(properties[kind]),
    additionalProperties: false,
  };
};

/** Failures that a monitor can see. */
const WATCHED: Readonly<Record<string, { kind: Monitor['kind']; symptom: string }>> = {
  loop: { kind: 'duplicate_call', symptom: 'makes the same call again and again' },
  gave_up: { kind: 'consecutive_failures', symptom: 'gives up after calls that failed' },
  claim: { kind: 'premature_finish', symptom: 'says that it is done although nothing was changed' },
};
/** Failures of a single call, which a sentence beside the tool can fix. */
const CALLS = new Set([
  'name_for_id',
  'invented_id',
  'wrong_value',
  'wrong_state',
  'wrong_type',
  'unasked_write',
  'missing_prefix',
  'write_before_read',
]);

export const symptomOf = (cluster: Cluster): string => WATCHED[cluster.pattern]?.symptom ?? '';

/** The editable skill that failing runs with a wrong answer saw most often, or null. */
export function skillBehind(cluster: Cluster, { skills, settings }: Harness, traces: readonly Trace[]): Skill | null {
  if (cluster.pattern !== 'wrong_answer') return null;
  const failing = traces.filter(({ id }) => cluster.traces.includes(id));
  const shown = ({ name }: Skill): number =>
    settings.skills.show === 'always'
      ? 1
      : failing.filter(({ steps }) => steps.some((step) => step.kind === 'note' && step.by === name)).length;
  const free = skills.filter(
    ({ name, body }) => fixedText(`skills/${name}/SKILL.md`, body, settings.editable) !== body,
  );
  return free.filter((skill) => shown(skill) > 0).sort((a, b) => shown(b) - shown(a))[0] ?? null;
}

/** The non-blank lines of a skill, which an edit can name. */
export const linesOf = (skill: Skill): readonly string[] => skill.body.split('\n').filter((line) => line.trim() !== '');

/** A new line with the list mark of the line that it follows or replaces. */
const marked = (text: string, anchor: string, how: 'insert' | 'replace'): string => {
  const [, indent = '', number, mark = ''] = /^(\s*)(?:(\d+)[.)]|([-*+]))\s/.exec(anchor) ?? [];
  const bare = text.replace(/^\d+[.)]\s*|^[-*+]\s+/, '');
  if (number === undefined) return mark === '' ? bare : `${indent}${mark} ${bare}`;
  return `${indent}${Number(number) + (how === 'insert' ? 1 : 0)}. ${bare}`;
};

/** The kind of edit that can answer a cluster, or null. `skill`: from `skillBehind`. */
export function kindFor(cluster: Cluster, skill: Skill | null = null): WishKind | null {
  if (skill !== null) return 'line';
  if (WATCHED[cluster.pattern] !== undefined) return 'monitor';
  if (cluster.tool !== undefined && CALLS.has(cluster.pattern)) return 'rule';
  return ['text_call', 'cut', 'empty'].includes(cluster.pattern) ? null : 'skill';
}

/** The operation of an answer, under a new id. Throws ZodError and RangeError for a bad answer. */
export function opOf(
  kind: WishKind,
  value: unknown,
  cluster: Cluster,
  harness: Harness,
  proposed: ReadonlySet<string> = new Set(),
  skill: Skill | null = null,
): Op {
  if (kind === 'line' && skill !== null) {
    const { how, line, text } = answers.line.parse(value);
    const anchor = linesOf(skill)[line - 1];
    if (anchor === undefined) throw new RangeError(`the skill ${skill.name} has no line ${line}`);
    const lines = [marked(text, anchor, how)];
    return how === 'insert'
      ? { op: 'skill.insert', id: skill.name, after: anchor, lines }
      : { op: 'skill.replace', id: skill.name, anchor, lines };
  }
  if (kind === 'rule') {
    const { say } = answers.rule.parse(value);
    const tool = cluster.tool as string;
    const id = freeId(`learnt-${cluster.pattern}-${tool}`, harness, proposed);
    return { op: 'clause.add', clause: clauseOf({ id, tools: [tool], say }) };
  }
  if (kind === 'skill') {
    const { description, steps } = answers.skill.parse(value);
    const lines = steps.map((step, i) => `${i + 1}. ${step.replace(/^\d+[.)]\s*/, '')}`);
    return {
      op: 'skill.add',
      id: freeId(`learnt-${cluster.pattern}${cluster.tool ? `-${cluster.tool}` : ''}`, harness, proposed),
      description,
      lines,
    };
  }
  const { message } = answers.monitor.parse(value);
  const watched = WATCHED[cluster.pattern];
  return {
    op: 'monitor.add',
    monitor: Monitor.parse({
      id: freeId(`learnt-${cluster.pattern}`, harness, proposed),
      kind: watched?.kind,
      message,
    }),
  };
}

/** A free id: `learnt-wrong-value-cancel-order`, then `...-2`. */
function freeId(wanted: string, { contract, skills, regulation }: Harness, proposed: ReadonlySet<string>): string {
  const base = wanted
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 58)
    .replace(/-+$/, '');
  const taken = new Set([
    ...proposed,
    ...contract.clauses.map(({ id }) => id),
    ...skills.map(({ name }) => name),
    ...regulation.monitors.map(({ id }) => id),
  ]);
  if (!taken.has(base)) return base;
  for (let n = 2; ; n++) if (!taken.has(`${base}-${n}`)) return `${base}-${n}`;
}
