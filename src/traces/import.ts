/** Import: a file of traces, its labels, and what is removed at the door, into the store. */
import type { ReadContext, Refusal, TraceFormat } from './formats/format.ts';
import { readLabels } from './labels.ts';
import { readText, recordsOf } from './records.ts';
import { atTheDoor, type Door } from './redact.ts';
import type { TraceStore } from './store.ts';
import type { StoredOutcome } from './stored.ts';

export interface ImportRequest {
  readonly file: string;
  readonly format: TraceFormat;
  readonly context: ReadContext;
  readonly door: Door;
  /** A file of labels. */
  readonly labels?: string | undefined;
}

export interface Imported {
  /** Records that became traces, also of ids that were there before. */
  readonly imported: number;
  readonly added: number;
  readonly known: number;
  readonly refused: readonly Refusal[];
  /** Rows of labels that are no label. */
  readonly refusedLabels: readonly Refusal[];
  readonly labelled: number;
  readonly warnings: readonly string[];
}

/** Throws UsageError for a file that cannot be read; a bad record is refused alone. */
export function importTraces(store: TraceStore, request: ImportRequest): Imported {
  const { format, context, door } = request;
  const { records, refused } = recordsOf(readText(request.file));
  const read = format.read(records, context);
  const labels = request.labels === undefined ? null : readLabels(readText(request.labels), request.labels);
  const traces = read.traces.map((trace) => {
    const outcome = labels?.of(trace);
    return atTheDoor(outcome ? { ...trace, outcome } : trace, door);
  });
  const { added, known } = store.append(traces);
  // A label may come later than its trace.
  const told = new Map<string, StoredOutcome>();
  if (labels !== null && known > 0)
    for (const { id, outcome } of traces) if (outcome.by === 'file') told.set(id, outcome);
  if (told.size > 0) store.setOutcomes(told);
  return {
    imported: traces.length,
    added,
    known,
    refused: [...refused, ...read.refused].sort((a, b) => a.line - b.line),
    refusedLabels: labels?.refused ?? [],
    labelled: traces.filter(({ outcome }) => outcome.reward !== null).length,
    warnings: read.warnings,
  };
}
