/** Bundles of edits: the order in which they are tried and the halves of a bundle that failed. */
import type { Edit } from './edit-schema.ts';

/** Highest expected gain first; equal gains keep their order. A new array. */
export function byExpectedGain(edits: readonly Edit[]): Edit[] {
  return [...edits].sort((a, b) => b.predicts.fixes - a.predicts.fixes);
}

/** Two non-empty halves of a bundle of at least two edits, the first with the higher expected gain. Throws RangeError for fewer. */
export function bisect(edits: readonly Edit[]): [Edit[], Edit[]] {
  if (edits.length < 2) throw new RangeError(`bisect: expected at least 2 edits, got ${edits.length}`);
  const middle = Math.ceil(edits.length / 2);
  return [edits.slice(0, middle), edits.slice(middle)];
}
