/** How large an edit is, and how a person sees it. */
import { createTwoFilesPatch, structuredPatch } from 'diff';
import type { HarnessFiles } from '../types.ts';

export interface EditSize {
  readonly ops?: number;
  /** Added plus removed lines, over all files. */
  readonly changedLines: number;
  /** Characters of added lines, without those shared with lines removed in the same place. */
  readonly addedCharacters: number;
}

/** Bounds of one edit (`docs/design.md#bounds-of-an-edit`). */
export const editBounds = { ops: 4, changedLines: 40, addedCharacters: 1500 } as const;

const changedPaths = (before: HarnessFiles, after: HarnessFiles): string[] =>
  [...new Set([...before.keys(), ...after.keys()])].filter((path) => before.get(path) !== after.get(path)).sort();

/** Length of the common start and end of two texts. */
function shared(a: string, b: string): number {
  const most = Math.min(a.length, b.length);
  let start = 0;
  while (start < most && a[start] === b[start]) start++;
  let end = 0;
  while (end < most - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  return start + end;
}

/** Lines and characters that differ between two sets of files. */
export function measureEdit(before: HarnessFiles, after: HarnessFiles): EditSize {
  let changedLines = 0;
  let addedCharacters = 0;
  for (const path of changedPaths(before, after)) {
    const patch = structuredPatch(path, path, before.get(path) ?? '', after.get(path) ?? '', '', '', { context: 0 });
    for (const { lines } of patch.hunks) {
      const removed = lines.filter((line) => line.startsWith('-')).map((line) => line.slice(1));
      const added = lines.filter((line) => line.startsWith('+')).map((line) => line.slice(1));
      changedLines += removed.length + added.length;
      const [text, old] = [added.join('\n'), removed.join('\n')];
      addedCharacters += text.length - shared(text, old);
    }
  }
  return { changedLines, addedCharacters };
}

/** Why a change is too large, or null. */
export function checkBoundsOf(ops: number, before: HarnessFiles, after: HarnessFiles): string | null {
  const { changedLines, addedCharacters } = measureEdit(before, after);
  const sizes = { ops, changedLines, addedCharacters };
  const names = { ops: 'operations', changedLines: 'changed lines', addedCharacters: 'added characters' };
  for (const bound of ['ops', 'changedLines', 'addedCharacters'] as const) {
    if (sizes[bound] > editBounds[bound]) {
      return `expected at most ${editBounds[bound]} ${names[bound]}, found ${sizes[bound]}; split the edit`;
    }
  }
  return null;
}

/** A unified diff of all files that differ; '' when none does. */
export function previewEdit(before: HarnessFiles, after: HarnessFiles): string {
  return changedPaths(before, after)
    .map((path) => {
      const from = before.has(path) ? `a/${path}` : '/dev/null';
      const to = after.has(path) ? `b/${path}` : '/dev/null';
      const patch = createTwoFilesPatch(from, to, before.get(path) ?? '', after.get(path) ?? '', '', '', {
        context: 3,
      });
      return patch.replace(/^=+\n/, '').replace(/^(---|\+\+\+) (.*?)\t?$/gm, '$1 $2');
    })
    .join('');
}
