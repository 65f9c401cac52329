/** What a check of records says: what is not as it must be, and what it could not look at. */
import { canonicalJson } from '../../digest.ts';

/** Something that is not what the rest of the record says it must be. */
export interface LedgerFinding {
  /** Commit in which it was found; '' for a ref or a file outside git. */
  readonly commit: string;
  readonly file: string;
  /** Path of the field, `bytes` for a whole file. */
  readonly field: string;
  readonly expected: string;
  readonly found: string;
}

/** Something that a level asks for and that could not be checked here, so it is no success. */
export interface Unchecked {
  readonly file: string;
  readonly why: string;
}

/** Says that a field is not what it must be. */
export type Note = (field: string, expected: unknown, found: unknown) => void;

/** Adds findings about one file of a commit; values other than text become canonical JSON. */
export const notesOn =
  (findings: LedgerFinding[], commit: string, file: string): Note =>
  (field, expected, found) =>
    void findings.push({ commit, file, field, expected: show(expected), found: show(found) });

const show = (value: unknown): string => (typeof value === 'string' ? value : canonicalJson(value ?? null));

/** Notes a field whose canonical JSON differs from what is expected. */
export function hold(note: Note, field: string, expected: unknown, found: unknown): void {
  if (canonicalJson(expected ?? null) !== canonicalJson(found ?? null)) note(field, expected, found);
}
