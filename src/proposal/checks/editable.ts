/** Rejects edits of files that `editable` in harness.yaml does not name. */
import { changeOutside } from '../../harness/editable.ts';
import type { Harness } from '../../types.ts';

/** Why an edit may not lead from parent to child; null when it may. */
export function editableRefusal(parent: Harness, child: Harness): string | null {
  const { editable } = parent.settings;
  const path = changeOutside(parent.files, child.files, editable);
  if (path === null) return null;
  return `${path} changes outside of what harness.yaml lets edits change: ${editable.join(', ') || 'nothing'}`;
}
