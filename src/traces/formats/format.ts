/** The interface of trace formats. */
import type { Json } from '../../types.ts';
import type { StoredTrace } from '../stored.ts';

/** One JSON value of a file. */
export interface TraceRecord {
  /** Its line; in a file that is one JSON list, its position, from 1. */
  readonly line: number;
  readonly value: Json;
}

export interface Refusal {
  readonly line: number;
  /** What was expected and what was found. */
  readonly reason: string;
}

export interface ReadContext {
  readonly env: string;
  /** Tools of the environment that never change its state; for others the name decides. */
  readonly isReadOnly: (tool: string) => boolean;
  readonly isError: (content: string) => boolean;
}

export interface ReadTraces {
  readonly traces: readonly StoredTrace[];
  readonly refused: readonly Refusal[];
  /** What was left out or guessed, one sentence each, with how often. */
  readonly warnings: readonly string[];
}

export interface TraceFormat {
  readonly name: 'openai' | 'otel' | 'atif' | 'tau';
  /** Never throws: what is no record of this format is refused, with the reason. */
  read(records: readonly TraceRecord[], context: ReadContext): ReadTraces;
  /** One record per trace, such that `read` of them gives the same traces again. */
  write(traces: readonly StoredTrace[]): readonly Json[];
}

/** What is wrong with one record. */
export class RecordFault extends Error {
  override readonly name = 'RecordFault';
}

/** Reads record by record; one that is at fault is refused, whatever its fault. */
export function readEach<R extends { readonly line: number }>(
  records: readonly R[],
  read: (record: R) => StoredTrace | readonly StoredTrace[],
): Pick<ReadTraces, 'traces' | 'refused'> {
  const traces: StoredTrace[] = [];
  const refused: Refusal[] = [];
  for (const record of records) {
    try {
      traces.push(...[read(record)].flat());
    } catch (error) {
      if (!(error instanceof RecordFault)) throw error;
      refused.push({ line: record.line, reason: error.message });
    }
  }
  return { traces, refused };
}

/** How a value is named in a reason. */
export const kindOf = (value: unknown): string => {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `${typeof value} ${JSON.stringify(value).slice(0, 40)}`;
};
