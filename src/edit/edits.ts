/** Edits on the files of a harness: apply, measure, show, compare, take back. */
import type { HarnessFiles } from '../types.ts';
import { applyEdit } from './apply.ts';
import { EditError } from './error.ts';
import { checkBoundsOf } from './measure.ts';
import type { Edit } from './schema.ts';
import { editYaml } from './yaml.ts';

export { applyEdit, applyEdits, invertEdit } from './apply.ts';
export { EditError, type EditReason } from './error.ts';
export { addedIds, editKey, removedIds, touchedIds } from './key.ts';
export { type EditSize, measureEdit, previewEdit } from './measure.ts';

/**
 * Why an edit may not be tried on these files: more than 4 operations, 40 changed lines or 1,500
 * added characters, or it does not apply. Null when it may.
 */
export function checkBounds(files: HarnessFiles, edit: Edit): string | null {
  try {
    const after = applyEdit(files, edit);
    const check = (before: HarnessFiles) => checkBoundsOf(edit.ops.length, before, after);
    return check(files) && check(laidOut(files, after));
  } catch (error) {
    if (error instanceof EditError) return error.message;
    throw error;
  }
}

/** `files` with the layout that an edit gives a document that it changes: that is no part of it. */
const laidOut = (files: HarnessFiles, after: HarnessFiles): HarnessFiles =>
  [...files.keys()]
    .filter((path) => path.endsWith('.yaml') && files.get(path) !== after.get(path))
    .reduce((all, path) => editYaml(all, path, () => true), files);
