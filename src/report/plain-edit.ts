/** An edit in plain words, for the page and the summary. */
import { editKey } from '../edit/key.ts';
import type { Edit } from '../edit/schema.ts';
import { editTitle } from '../edit/title.ts';
import { riskOf } from '../proposal/checks/risk.ts';
import { editWords } from '../proposal/near.ts';
import type { Vocabulary } from '../types.ts';

export interface PlainEdit {
  readonly key: string;
  readonly title: string;
  readonly risk: string;
  /** What it says to the model or requires; else why it should help. */
  readonly says: string;
  /** Train traces whose failures it addresses. */
  readonly traces: readonly string[];
}

/** Edits that were proposed, and that nothing has tested. */
export interface Unproven {
  /** Why nothing tested them. */
  readonly why: string;
  /** Most failures first. */
  readonly edits: readonly PlainEdit[];
}

/** Most failures first. */
export const inPlainWords = (edits: readonly Edit[], vocabulary?: Vocabulary): PlainEdit[] =>
  [...edits]
    .sort((a, b) => b.addresses.length - a.addresses.length)
    .map((edit) => ({
      key: editKey(edit),
      title: editTitle(edit),
      risk: riskOf(edit, vocabulary).risk,
      says: saidBy(edit),
      traces: edit.addresses,
    }));

function saidBy(edit: Edit): string {
  const required = edit.ops.flatMap((op) => ('clause' in op && op.clause.require) || []);
  const said = editWords(edit).trim() || required.map((text) => `requires ${text}`).join(' ');
  return said || edit.hypothesis;
}
