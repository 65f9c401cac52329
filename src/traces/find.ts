/** Finds a trace that a report names, in the folders that runs leave. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { JOURNAL } from '../evaluation/journal.ts';
import type { Trace } from '../types.ts';

/** Ids of traces are 16 hex digits. */
export const isTraceId = (text: string): boolean => /^[0-9a-f]{16}$/.test(text);

/**
 * The trace of that id in the newest run that has it, under `<root>/runs`; undefined when none has.
 * Lines that are cut off are left out.
 */
export function findTrace(root: string, id: string): Trace | undefined {
  const runs = join(root, 'runs');
  const names = existsSync(runs) ? readdirSync(runs).sort().reverse() : [];
  for (const name of names) {
    const path = join(runs, name, JOURNAL);
    if (!existsSync(path)) continue;
    // A quick look before a line is parsed: journals hold thousands.
    const line = readFileSync(path, 'utf8')
      .split('\n')
      .find((text) => text.includes(`"id":"${id}"`) && text.endsWith('}'));
    if (line !== undefined) return (JSON.parse(line) as { trace: Trace }).trace;
  }
  return undefined;
}
