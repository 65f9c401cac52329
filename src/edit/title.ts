/** Names of edits for a person: one short line per edit. */
import { rulesOf } from './ops/index.ts';
import type { Edit } from './schema.ts';

/** Such as `add clause renew-once (renew_loan)`. */
export const editTitle = ({ ops }: Edit): string => ops.map((op) => rulesOf(op).title(op)).join('; ');

/** The first three titles of a bundle and how many more there are. */
export function bundleTitle(edits: readonly Edit[]): string {
  if (edits.length === 0) return 'an edit whose words are not kept';
  if (edits.length === 1) return editTitle(edits[0] as Edit);
  const shown = edits.slice(0, 3).map(editTitle).join(', ');
  return edits.length > 3 ? `${shown} and ${edits.length - 3} more` : shown;
}
