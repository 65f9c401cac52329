/** How one record is checked: by what it must be and what it is. */
import { canonicalJson } from '../digest.ts';

/** Says that a field is not what it must be. */
export type Note = (field: string, expected: unknown, found: unknown) => void;

/** Notes a field whose canonical JSON differs from what is expected. */
export function hold(note: Note, field: string, expected: unknown, found: unknown): void {
  if (canonicalJson(expected ?? null) !== canonicalJson(found ?? null)) note(field, expected, found);
}
