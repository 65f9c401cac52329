/** Edits on the files of a harness: apply, measure, show, compare, take back. */
import type { HarnessFiles } from '../types.ts';
import { applyEdit } from './apply.ts';
import { EditError } from './error.ts';
import { checkBoundsOf } from './measure.ts';
import type { Edit } from './schema.ts';

export { applyEdit, applyEdits } from './apply.ts';
export { EditError, type EditReason } from './error.ts';
export { invertEdit } from './invert.ts';
export { editKey, touchedIds } from './key.ts';
export { type EditSize, measureEdit, previewEdit } from './measure.ts';

/**
 * Why an edit may not be tried on these files: more than 4 operations, 40 changed lines or 1,500
 * added characters, or it does not apply. Null when it may.
 */
export function checkBounds(files: HarnessFiles, edit: Edit): string | null {
  try {
    return checkBoundsOf(edit.ops.length, files, applyEdit(files, edit));
  } catch (error) {
    if (error instanceof EditError) return error.message;
    throw error;
  }
}
