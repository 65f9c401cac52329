/** Finds a trace by id in the folders of runs. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { JOURNAL } from '../evaluation/journal.ts';
import type { Trace } from '../types.ts';

/** Ids of traces are 16 hex digits. */
export const isTraceId = (text: string): boolean => /^[0-9a-f]{16}$/.test(text);

/** The newest trace with that id in `<root>/runs`, or undefined; skips incomplete lines. */
export function findTrace(root: string, id: string): Trace | undefined {
  const runs = join(root, 'runs');
  const names = existsSync(runs) ? readdirSync(runs).sort().reverse() : [];
  for (const name of names) {
    const path = join(runs, name, JOURNAL);
    if (!existsSync(path)) continue;
    // A quick test before parsing: journals hold thousands of lines.
    const line = readFileSync(path, 'utf8')
      .split('\n')
      .find((text) => text.includes(`"id":"${id}"`) && text.endsWith('}'));
    if (line !== undefined) return (JSON.parse(line) as { trace: Trace }).trace;
  }
  return undefined;
}
