/** What an edit says and touches, whatever its wording and order. */
import { canonicalJson, sha256 } from '../digest.ts';
import { rulesOf } from './ops/index.ts';
import type { Edit, Op } from './schema.ts';

const plainWords = (text: string): string => text.trim().replace(/\s+/g, ' ');

function normalized(value: unknown, proseKeys: readonly string[], prose = false): unknown {
  if (typeof value === 'string') return prose ? plainWords(value).toLowerCase() : plainWords(value);
  if (Array.isArray(value)) return value.map((item) => normalized(item, proseKeys, prose));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([key]) => key !== 'evidence');
  return Object.fromEntries(
    entries.map(([key, entry]) => [key, normalized(entry, proseKeys, prose || proseKeys.includes(key))]),
  );
}

/**
 * sha256 (hex) of the sorted operations, without evidence, white space and the letter case of
 * prose. Edits with equal keys are the same attempt.
 */
export function editKey(edit: Edit): string {
  const ops = edit.ops.map((op) => canonicalJson(normalized(op, rulesOf(op).prose ?? []))).sort();
  return sha256(canonicalJson(ops));
}

/** Ids of the parts that an edit adds, changes or removes, each once, as traces name them. */
export const touchedIds = (edit: Edit): string[] => [
  ...new Set(edit.ops.flatMap((op) => [...rulesOf(op).touched(op)])),
];

/** Ids of the clauses, skills and monitors that an operation adds: at most one. */
export const addedIds = (op: Op): string[] => [rulesOf(op).added?.(op) ?? []].flat();

/** Ids of the clauses, skills and monitors that an operation removes: at most one. */
export const removedIds = (op: Op): string[] => [rulesOf(op).removed?.(op) ?? []].flat();
