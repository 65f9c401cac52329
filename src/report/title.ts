/** Names of edits for a person: one short line an edit. */
import type { Edit, Op } from '../edit/schema.ts';

/** e.g. `add clause renew-once (renew_loan)`. */
export const editTitle = (edit: Edit): string => edit.ops.map(opTitle).join('; ');

function opTitle(op: Op): string {
  switch (op.op) {
    case 'clause.add':
      return `add clause ${op.clause.id} (${op.clause.tools.join(', ')})`;
    case 'clause.replace':
      return `rewrite clause ${op.id}`;
    case 'clause.remove':
      return `remove clause ${op.id}`;
    case 'alias.add':
      return `rename ${op.tool}.${op.from} to ${op.to}`;
    case 'alias.remove':
      return `no longer rename ${op.tool}.${op.from}`;
    case 'format.add':
      return `format of ${op.format.argument}: ${op.format.pattern}`;
    case 'format.remove':
      return `no format for ${op.argument}`;
    case 'monitor.add':
      return `add monitor ${op.monitor.id}`;
    case 'monitor.replace':
      return `rewrite monitor ${op.id}`;
    case 'monitor.remove':
      return `remove monitor ${op.id}`;
    case 'switch.set':
      return `set ${op.key}: ${op.value}`;
    case 'skill.add':
      return `add skill ${op.id}`;
    case 'skill.remove':
      return `remove skill ${op.id}`;
    case 'skill.insert':
      return `add ${op.lines.length} line(s) to skill ${op.id}`;
    case 'skill.replace':
      return `rewrite a line of skill ${op.id}`;
    case 'skill.delete':
      return `delete a line of skill ${op.id}`;
  }
}

/** The first three titles of a bundle and how many more there are. */
export function bundleTitle(edits: readonly Edit[]): string {
  if (edits.length === 1) return editTitle(edits[0] as Edit);
  const shown = edits.slice(0, 3).map(editTitle).join(', ');
  return edits.length > 3 ? `${shown} and ${edits.length - 3} more` : shown;
}
