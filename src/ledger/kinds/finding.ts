/** What a check of records reports: what is wrong, and what it could not look at. */
import { canonicalJson } from '../../digest.ts';

/** A field that differs from what the rest of the records demands. */
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

/** Reports that a field is not what it must be. */
export type Note = (field: string, expected: unknown, found: unknown) => void;

/** Adds findings about one file of a commit; values other than text become canonical JSON. */
export const notesOn =
  (findings: LedgerFinding[], commit: string, file: string): Note =>
  (field, expected, found) =>
    void findings.push({ commit, file, field, expected: show(expected), found: show(found) });

const show = (value: unknown): string => (typeof value === 'string' ? value : canonicalJson(value ?? null));

/** Notes a field whose canonical JSON differs from the expected one. */
export function hold(note: Note, field: string, expected: unknown, found: unknown): void {
  if (canonicalJson(expected ?? null) !== canonicalJson(found ?? null)) note(field, expected, found);
}
