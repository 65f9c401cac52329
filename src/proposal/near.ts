/** Finds edits that say nearly the same. */
import { rulesOf } from '../edit/ops/index.ts';
import type { Edit } from '../edit/schema.ts';

/** From this similarity on, two edits of one kind on the same tools are one. */
const NEAR = 0.8;

/** The words that an edit adds for the model, or ''. */
export const editWords = ({ ops }: Edit): string =>
  ops
    .map((op) => rulesOf(op).words(op))
    .filter((text) => text !== '')
    .join(' ');

const placeOf = ({ ops }: Edit): string => ops.map((op) => `${op.op} ${rulesOf(op).place?.(op) ?? ''}`).join();

const tokens = (text: string): ReadonlySet<string> => new Set(text.toLowerCase().match(/[\p{L}\d_]+/gu) ?? []);

/** Jaccard similarity of the words, 0-1. */
function likeness(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  if (a.size === 0 || b.size === 0) return 0;
  const common = [...a].filter((word) => b.has(word)).length;
  return common / (a.size + b.size - common);
}

/** The edits that are near to none of `known` and to no earlier one. */
export function withoutNearDuplicates(edits: readonly Edit[], known: readonly Edit[]): Edit[] {
  const seen = known.map((edit) => ({ place: placeOf(edit), words: tokens(editWords(edit)) }));
  return edits.filter((edit) => {
    const one = { place: placeOf(edit), words: tokens(editWords(edit)) };
    if (seen.some((other) => other.place === one.place && likeness(other.words, one.words) >= NEAR)) return false;
    seen.push(one);
    return true;
  });
}
