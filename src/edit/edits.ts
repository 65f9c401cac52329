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

/** Why an edit exceeds `editBounds` or does not apply; null when it may be tried. */
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

/** `files` in the layout that an edit gives its documents, which is no part of the edit. */
const laidOut = (files: HarnessFiles, after: HarnessFiles): HarnessFiles =>
  [...files.keys()]
    .filter((path) => path.endsWith('.yaml') && files.get(path) !== after.get(path))
    .reduce((all, path) => editYaml(all, path, () => true), files);
