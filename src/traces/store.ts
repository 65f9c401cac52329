/** Keeps the traces of a run as JSON lines, appended and never rewritten. */
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { InfrastructureError, UsageError } from '../errors.ts';
import type { Split, Trace } from '../types.ts';

/** The file of one split inside a run's folder. */
export const traceFile = (folder: string, split: Split): string => join(folder, 'traces', `${split}.jsonl`);

/** Appends traces to the file of their split; makes the folder. Throws InfrastructureError when the disk refuses. */
export function writeTraces(folder: string, traces: readonly Trace[]): void {
  const bySplit = new Map<Split, string[]>();
  for (const trace of traces) bySplit.set(trace.split, [...(bySplit.get(trace.split) ?? []), JSON.stringify(trace)]);
  for (const [split, lines] of bySplit) {
    const file = traceFile(folder, split);
    try {
      mkdirSync(dirname(file), { recursive: true });
      appendFileSync(file, `${lines.join('\n')}\n`);
    } catch (cause) {
      throw new InfrastructureError(`cannot write traces to ${file}: ${(cause as Error).message}`, { cause });
    }
  }
}

/**
 * The traces of one split in the order written; [] without a file. A last line that was cut off by a crash is left out;
 * any other line that is no trace throws UsageError with its number.
 */
export function readTraces<S extends Split>(folder: string, split: S): Trace<S>[] {
  const file = traceFile(folder, split);
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.flatMap((line, index): Trace<S>[] => {
    if (line === '') return [];
    try {
      return [JSON.parse(line) as Trace<S>];
    } catch (cause) {
      if (index === lines.length - 1) return [];
      throw new UsageError('expected one trace in JSON', { where: `${file}:${index + 1}`, cause });
    }
  });
}
