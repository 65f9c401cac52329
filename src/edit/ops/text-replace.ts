/** Replaces lines of one file as text, for what no other operation says; `[]` for no lines. */
import { z } from 'zod';
import { EditError } from '../error.ts';
import { defineOp } from '../op.ts';
import { silent } from './families.ts';

const lines = z.array(z.string().regex(/^[^\n]*$/, 'expected one line')).max(400);

/** `old` has to stand once in the file; no old lines make a new file, no lines at all remove it. */
export const textReplace = defineOp({
  ...silent,
  prose: ['old', 'lines'],
  schema: z.strictObject({ op: z.literal('text.replace'), path: z.string().min(1).max(200), old: lines, lines }),
  apply(files, { path, old, lines: fresh }) {
    const body = files.get(path)?.split('\n') ?? [];
    const places = body.flatMap((_, at) => (old.every((line, index) => body[at + index] === line) ? [at] : []));
    const [at, second] = old.length === 0 ? [files.has(path) ? undefined : 0] : places;
    if (at === undefined)
      throw new EditError(
        'anchor_missing',
        old.length === 0
          ? `expected no ${path}, found one`
          : `expected the line "${old[0]}" in ${path}, with those after it, found none`,
      );
    if (second !== undefined)
      throw new EditError(
        'anchor_ambiguous',
        `expected the line "${old[0]}", with those after it, once in ${path}, found it ${places.length} times`,
      );
    const text = body.toSpliced(at, old.length, ...fresh).join('\n');
    const result = new Map(files);
    if (text === '') result.delete(path);
    else result.set(path, text);
    return result;
  },
  invert: ({ path, old, lines: fresh }) => [{ op: 'text.replace', path, old: fresh, lines: old }],
  title: ({ path, old, lines: fresh }) => `change ${Math.max(old.length, fresh.length)} line(s) of ${path} as text`,
  risk: { risk: 'R2', why: 'text.replace changes a file as text' },
  words: ({ lines: fresh }) => fresh.join(' '),
  place: ({ path }) => path,
  touched: ({ path }) => [path],
  mayBlock: () => true,
});
