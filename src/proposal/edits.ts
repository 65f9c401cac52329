/** Edits on the files of a harness: apply, measure, show, compare, take back. */
import type { HarnessFiles } from '../types.ts';
import { applyEdit } from './edit-apply.ts';
import { EditError } from './edit-error.ts';
import { checkBoundsOf } from './edit-measure.ts';
import type { Edit } from './edit-schema.ts';

export { applyEdit, applyEdits } from './edit-apply.ts';
export { EditError, type EditReason } from './edit-error.ts';
export { invertEdit } from './edit-invert.ts';
export { editKey, touchedIds } from './edit-key.ts';
export { type EditSize, measureEdit, previewEdit } from './edit-measure.ts';

/**
 * Why an edit may not be tried on these files: more than 4 operations, 40 changed lines or 1,500 added characters, or it
 * does not apply. Null when it may.
 */
export function checkBounds(files: HarnessFiles, edit: Edit): string | null {
  try {
    return checkBoundsOf(edit.ops.length, files, applyEdit(files, edit));
  } catch (error) {
    if (error instanceof EditError) return error.message;
    throw error;
  }
}
