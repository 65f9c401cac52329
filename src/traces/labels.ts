/** Outcomes from a file of labels: JSON lines, a JSON list, or CSV with a header. */
import { isObject } from '../digest.ts';
import { UsageError } from '../errors.ts';
import type { Json } from '../types.ts';
import type { Refusal } from './formats/format.ts';
import { nameOf, wholeOf } from './formats/record.ts';
import { recordsOf } from './records.ts';
import { outcomeOf, type StoredOutcome, type StoredTrace } from './stored.ts';

export interface Labels {
  /** Null: no label is about it. */
  readonly of: (trace: Pick<StoredTrace, 'id' | 'task' | 'trial'>) => StoredOutcome | null;
  readonly refused: readonly Refusal[];
  readonly size: number;
}

/** `id`, or `task` with `trial`, and `reward` or `label`. Throws UsageError for no label at all. */
export function readLabels(text: string, where: string): Labels {
  const isJson = /^\uFEFF?\s*[[{]/.test(text);
  const { records, refused } = isJson ? recordsOf(text) : { records: rowsOf(text), refused: [] };
  const faults: Refusal[] = [...refused];
  const outcomes = new Map<string, StoredOutcome>();
  for (const { line, value } of records) {
    const read = isObject(value) ? readLabel(value) : `expected an object, found ${JSON.stringify(value)}`;
    if (typeof read === 'string') faults.push({ line, reason: read });
    else outcomes.set(read.key, read.outcome);
  }
  if (outcomes.size === 0)
    throw new UsageError(
      `expected labels with id, or task and trial, and reward or label; found none${faults[0] ? ` (line ${faults[0].line}: ${faults[0].reason})` : ''}`,
      { where },
    );
  return {
    of: ({ id, task, trial }) =>
      outcomes.get(keyOf(id)) ??
      (task === null ? null : (outcomes.get(keyOf(task, trial ?? 0)) ?? outcomes.get(keyOf(task, null)) ?? null)),
    refused: faults,
    size: outcomes.size,
  };
}

/** `trial` null: all trials of the task; absent: the first text is the id of a trace. */
const keyOf = (text: string, trial?: number | null): string =>
  JSON.stringify([text, ...(trial === undefined ? [] : [trial])]);

function readLabel(row: { readonly [key: string]: Json }): { key: string; outcome: StoredOutcome } | string {
  const { id, trial } = row;
  const trace = nameOf(id ?? row.trace ?? row.trace_id);
  const task = nameOf(row.task ?? row.task_id);
  if (trace === null && task === null) return `expected id, or task and trial, found ${Object.keys(row).join(', ')}`;
  const nth = trial === undefined || trial === null || trial === '' ? null : wholeOf(Number(trial));
  if (nth === null && trial !== undefined && trial !== null && trial !== '')
    return `expected a trial that is a whole number, found ${JSON.stringify(trial)}`;
  const outcome = outcomeOf(row.reward ?? row.score, row.label ?? row.outcome, 'file');
  if (typeof outcome === 'string') return outcome;
  if (outcome.by === null) return 'expected reward or label, found neither';
  return { key: trace !== null ? keyOf(trace) : keyOf(task ?? '', nth), outcome };
}

/** Rows of CSV (RFC 4180) as objects of texts, by the names of the first row. */
function rowsOf(text: string): { line: number; value: Json }[] {
  const [head, ...rows] = cellsOf(text.replace(/^\uFEFF/, ''));
  const names = head?.cells.map((name) => name.trim().toLowerCase()) ?? [];
  return rows.flatMap(({ line, cells }) =>
    cells.every((cell) => cell.trim() === '')
      ? []
      : [{ line, value: Object.fromEntries(names.map((name, at) => [name, (cells[at] ?? '').trim()])) }],
  );
}

function cellsOf(text: string): { line: number; cells: string[] }[] {
  const separator = /^[^\n"]*;/.test(text) && !/^[^\n"]*,/.test(text) ? ';' : /^[^\n",]*\t/.test(text) ? '\t' : ',';
  const rows: { line: number; cells: string[] }[] = [];
  let [cell, quoted, line, start]: [string, boolean, number, number] = ['', false, 1, 1];
  let cells: string[] = [];
  const endRow = (): void => {
    rows.push({ line: start, cells: [...cells, cell] });
    cells = [];
    cell = '';
    start = line;
  };
  for (let at = 0; at < text.length; at++) {
    const char = text[at] as string;
    if (char === '\n') line += 1;
    if (quoted) {
      if (char !== '"') cell += char;
      else if (text[at + 1] === '"') {
        cell += '"';
        at += 1;
      } else quoted = false;
    } else if (char === '"') quoted = true;
    else if (char === separator) {
      cells.push(cell);
      cell = '';
    } else if (char === '\n') endRow();
    else if (char !== '\r') cell += char;
  }
  if (cell !== '' || cells.length > 0) endRow();
  return rows;
}
