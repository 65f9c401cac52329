/** Applies edits to the files of a harness and takes them back: pure, all or nothing. */
import { z } from 'zod';
import { hiddenCharacter } from '../harness/text-checks.ts';
import type { HarnessFiles } from '../types.ts';
import { EditError } from './error.ts';
import { Op, rulesOf } from './ops/index.ts';
import type { Edit } from './schema.ts';

/**
 * The files after all operations of an edit. Never changes policy.md, front matter, YAML comments
 * or the order of keys; creates files that are needed and removes empty ones. Throws EditError.
 */
export function applyEdit(files: HarnessFiles, edit: Edit): HarnessFiles {
  const found = hiddenCharacter(stringsIn(edit.ops));
  if (found) throw new EditError('invalid', `expected visible text, found the invisible character ${found.name}`);
  return edit.ops.reduce((before: HarnessFiles, op) => rulesOf(op).apply(before, op), files);
}

/** The files after several edits, in order. Throws EditError. */
export const applyEdits = (files: HarnessFiles, edits: readonly Edit[]): HarnessFiles => edits.reduce(applyEdit, files);

/** All strings at any depth, one per line: JSON would escape control characters. */
function stringsIn(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return '';
  return Object.entries(value)
    .map(([key, entry]) => `${key}\n${stringsIn(entry)}`)
    .join('\n');
}

/**
 * An edit that takes `edit` back from `files`. Null when `edit` lacks what it removed, when it
 * would need more than 4 operations, or when it no longer applies.
 */
export function invertEdit(files: HarnessFiles, edit: Edit): Edit | null {
  const ops = edit.ops.toReversed().map((op) => rulesOf(op).invert(op));
  if (ops.includes(null) || ops.flat().length > 4) return null;
  const result: Edit = {
    ops: z.array(Op).parse(ops.flat()),
    hypothesis: `Without it: ${edit.hypothesis}`.slice(0, 400),
    addresses: edit.addresses,
    predicts: { fixes: 0, risks: 'what it cured may come back' },
    proposer: edit.proposer,
  };
  try {
    applyEdit(files, result);
    return result;
  } catch (error) {
    if (error instanceof EditError) return null;
    throw error;
  }
}
