/** Finds a trace by id in the folders of runs. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { jsonOf, STORED_DEPTH } from '../digest.ts';
import { JOURNAL } from '../evaluation/journal.ts';
import { linesOf } from '../files.ts';
import type { Trace } from '../types.ts';

/** Ids of traces are 16 hex digits. */
export const isTraceId = (text: string): boolean => /^[0-9a-f]{16}$/.test(text);

/** The newest trace with that id in `<root>/runs`, or undefined; skips incomplete lines. */
export function findTrace(root: string, id: string): Trace | undefined {
  const runs = join(root, 'runs');
  const names = existsSync(runs) ? readdirSync(runs).sort().reverse() : [];
  // A quick test before parsing: journals hold thousands of lines.
  for (const name of names)
    for (const { text } of linesOf(join(runs, name, JOURNAL)))
      if (text.includes(`"id":"${id}"`) && text.endsWith('}'))
        return (jsonOf(text, STORED_DEPTH) as object as { trace: Trace }).trace;
  return undefined;
}
