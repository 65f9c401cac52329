/** The words that an edit writes, and the words that every edit may use. */

import type { Edit } from '../../edit/schema.ts';
import type { Tool } from '../../types.ts';
import { wordsIn } from '../../words.ts';

/** Keys whose values name parts of the program, never data. */
const NAMING = new Set(['op', 'evidence', 'tools', 'tool', 'call', 'as', 'key', 'tell', 'enforce', 'kind', 'then']);

/** All texts that an edit puts into a harness, one per line. */
export const harnessTextOf = (edit: Edit): string => strings(edit.ops).join('\n');

/** The same with hypothesis and risks, which enter the record. */
export const editText = (edit: Edit): string => [harnessTextOf(edit), edit.hypothesis, edit.predicts.risks].join('\n');

function strings(value: unknown): string[] {
  if (typeof value === 'string' || typeof value === 'number') return [String(value)];
  if (value === null || typeof value !== 'object') return [];
  if (Array.isArray(value)) return value.flatMap(strings);
  return Object.entries(value).flatMap(([key, entry]) => (NAMING.has(key) ? [] : strings(entry)));
}

/** Words of tool names, descriptions, schemas and the policy, which every edit may use. */
export interface FreeWords {
  readonly words: ReadonlySet<string>;
  /** The words joined by single spaces. */
  readonly text: string;
}

export function freeWords(tools: readonly Tool[], policy: string): FreeWords {
  const all = wordsIn(
    `${tools.map((t) => JSON.stringify([t.name, t.description, t.parameters])).join('\n')}\n${policy}`,
  );
  return { words: new Set(all), text: ` ${all.join(' ')} ` };
}
