/** Refuses an edit outside of what harness.yaml lets edits change. */
import { changeOutside } from '../../harness/editable.ts';
import type { Harness } from '../../types.ts';

/** Why the step from parent to child may not be made by an edit; null when it may. */
export function editableRefusal(parent: Harness, child: Harness): string | null {
  const { editable } = parent.settings;
  const path = changeOutside(parent.files, child.files, editable);
  if (path === null) return null;
  return `${path} changes outside of what harness.yaml lets edits change: ${editable.join(', ') || 'nothing'}`;
}
