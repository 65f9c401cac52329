/** What edits may change: files and sections, as `editable` of harness.yaml lists them. */
import type { HarnessFiles } from '../types.ts';
import { withoutSections } from './sections.ts';

interface EditablePlace {
  /** A file, or all files that begin with this when it ends in `*`. */
  readonly path: string;
  /** The section's heading; null means the whole file. */
  readonly heading: string | null;
}

/** `skills/renewals#Steps` -> the section Steps of skills/renewals/SKILL.md. */
export function placeOfEntry(entry: string): EditablePlace {
  const at = entry.indexOf('#');
  const file = (at < 0 ? entry : entry.slice(0, at)).trim();
  const path = /^skills\/[^/*]+$/.test(file) ? `${file}/SKILL.md` : file;
  return { path, heading: at < 0 ? null : entry.slice(at + 1).trim() };
}

const covers = (place: EditablePlace, path: string): boolean =>
  place.path.endsWith('*') ? path.startsWith(place.path.slice(0, -1)) : place.path === path;

/** The part of a file that no edit may change; null if edits may change all of it. */
export function fixedText(path: string, text: string, editable: readonly string[]): string | null {
  const headings = editable.map(placeOfEntry).flatMap((place) => (covers(place, path) ? [place.heading] : []));
  return headings.includes(null) ? null : withoutSections(text, headings as readonly string[]);
}

/** The first file that differs outside of `editable`; null if there is none. */
export function changeOutside(before: HarnessFiles, after: HarnessFiles, editable: readonly string[]): string | null {
  const fixed = (files: HarnessFiles, path: string) => fixedText(path, files.get(path) ?? '', editable);
  const paths = [...new Set([...before.keys(), ...after.keys()])].sort();
  return paths.find((path) => fixed(before, path) !== fixed(after, path)) ?? null;
}

/** Entries of `after` that let edits change more than `before` did. */
export function moreEditable(before: readonly string[], after: readonly string[]): string[] {
  const places = before.map(placeOfEntry);
  return after.filter((entry) => {
    const { path, heading } = placeOfEntry(entry);
    return !places.some((place) => covers(place, path) && (place.heading === null || place.heading === heading));
  });
}
