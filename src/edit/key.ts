/** What an edit says and touches, whatever its wording, order and reasons. */
import { canonicalJson, sha256 } from '../digest.ts';
import type { Edit, Op } from './schema.ts';

/** Texts that people and models read: their letter case and spacing do not make another edit. */
const proseKeys = new Set(['say', 'otherwise', 'message', 'description', 'lines', 'after', 'anchor']);

const plainWords = (text: string): string => text.trim().replace(/\s+/g, ' ');

function normalized(value: unknown, prose: boolean): unknown {
  if (typeof value === 'string') return prose ? plainWords(value).toLowerCase() : plainWords(value);
  if (Array.isArray(value)) return value.map((item) => normalized(item, prose));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([key]) => key !== 'evidence');
  return Object.fromEntries(entries.map(([key, entry]) => [key, normalized(entry, prose || proseKeys.has(key))]));
}

/**
 * sha256 (hex) of the operations alone, sorted, with evidence left out and white space and the
 * letter case of texts made equal. Two edits with one key are the same attempt.
 */
export function editKey(edit: Edit): string {
  const ops = edit.ops.map((op) => canonicalJson(normalized(op, false))).sort();
  return sha256(canonicalJson(ops));
}

function idOf(op: Op): readonly string[] {
  switch (op.op) {
    case 'clause.add':
      return [op.clause.id];
    case 'clause.replace':
      return [op.id, op.clause.id];
    case 'monitor.add':
      return [op.monitor.id];
    case 'monitor.replace':
      return [op.id, op.monitor.id];
    case 'alias.add':
    case 'alias.remove':
      return [`alias:${op.tool}.${op.from}`];
    case 'format.add':
      return [`format:${op.format.argument}`];
    case 'format.remove':
      return [`format:${op.argument}`];
    case 'switch.set':
      return [`realization:${op.key}`];
    default:
      return [op.id];
  }
}

/**
 * Ids of the parts that an edit adds, changes or removes, as traces name them; each once, in order.
 */
export const touchedIds = (edit: Edit): string[] => [...new Set(edit.ops.flatMap(idOf))];

/** Ids of the clauses, skills and monitors that an operation adds: at most one. */
export const addedIds = (op: Op): string[] =>
  op.op === 'clause.add'
    ? [op.clause.id]
    : op.op === 'skill.add'
      ? [op.id]
      : op.op === 'monitor.add'
        ? [op.monitor.id]
        : [];
