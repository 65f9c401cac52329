/** The trace store: `traces/<env>/<day>.jsonl.gz`, one trace per line, outside of git. */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { UsageError } from '../errors.ts';
import { assertOwnFolder } from '../files.ts';
import { locked } from './lock.ts';
import type { StoredOutcome, StoredTrace } from './stored.ts';
import { type SummaryRow, summaryOf } from './summary.ts';

export type { StoredOutcome, StoredTrace } from './stored.ts';

const DAY = /^(\d{4}-\d{2}-\d{2})\.jsonl\.gz$/;

export interface TraceStore {
  /** Stores each id once: `known` counts those that were there before. */
  append(traces: readonly StoredTrace[]): { readonly added: number; readonly known: number };
  /** False for an unknown id. */
  setOutcome(id: string, outcome: StoredOutcome): boolean;
  /** The same for many, each file written once; returns the unknown ids. */
  setOutcomes(outcomes: ReadonlyMap<string, StoredOutcome>): readonly string[];
  /** Oldest day first; of `ids` alone if given. */
  read(ids?: ReadonlySet<string>): Iterable<StoredTrace>;
  /** What filters ask, without reading the traces. */
  summaries(): readonly SummaryRow[];
  /** Returns how many were there. */
  remove(ids: Iterable<string>): number;
}

/** Throws UsageError for a name that is no folder name. */
export function openStore(root: string, env: string, now: () => Date = () => new Date()): TraceStore {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$/.test(env))
    throw new UsageError(`expected a name of letters, digits, ".", "_" and "-", found ${JSON.stringify(env)}`);
  const folder = join(root, 'traces', env);
  assertOwnFolder(root, 'traces/.');
  assertOwnFolder(root, `traces/${env}`);
  const days = (): string[] => {
    try {
      return readdirSync(folder)
        .flatMap((name) => DAY.exec(name)?.[1] ?? [])
        .sort();
    } catch {
      return [];
    }
  };
  const pathOf = (day: string): string => join(folder, `${day}.jsonl.gz`);
  const indexOf = (day: string): string => join(folder, `${day}.index.json`);

  const linesOf = (day: string): string[] => {
    const text = gunzipSync(readFileSync(pathOf(day))).toString('utf8');
    return text.split('\n').filter((line) => line !== '');
  };
  const tracesOf = (day: string): StoredTrace[] =>
    linesOf(day).map((line, at) => {
      try {
        return JSON.parse(line) as StoredTrace;
      } catch {
        const where = `traces/${env}/${day}.jsonl.gz`;
        throw new UsageError(`expected a trace in line ${at + 1}, found other text; remove the line`, { where });
      }
    });
  const writeWhole = (path: string, bytes: string | Buffer): void => {
    const beside = `${path}.${process.pid}.new`;
    try {
      writeFileSync(beside, bytes, { mode: 0o600 });
      renameSync(beside, path);
    } finally {
      rmSync(beside, { force: true });
    }
  };
  /** The file itself says whether its index is still about it. */
  const stampOf = (day: string): string => {
    const { size, mtimeMs } = statSync(pathOf(day));
    return `${size} ${mtimeMs}`;
  };
  const writeIndex = (day: string, rows: readonly SummaryRow[]): void =>
    writeWhole(indexOf(day), JSON.stringify({ v: 1, stamp: stampOf(day), rows }));
  const rowsOf = (day: string): readonly SummaryRow[] => {
    try {
      const index = JSON.parse(readFileSync(indexOf(day), 'utf8')) as { v: 1; stamp: string; rows: SummaryRow[] };
      if (index.v === 1 && index.stamp === stampOf(day)) return index.rows;
    } catch {
      // No index, or half of one: it is made again.
    }
    const rows = tracesOf(day).map((trace) => summaryOf(trace, day));
    writeIndex(day, rows);
    return rows;
  };
  const linesText = (traces: readonly StoredTrace[]): Buffer =>
    gzipSync(traces.map((trace) => `${JSON.stringify(trace)}\n`).join(''));
  const rewrite = (day: string, traces: readonly StoredTrace[]): void => {
    if (traces.length === 0) {
      rmSync(pathOf(day), { force: true });
      rmSync(indexOf(day), { force: true });
      return;
    }
    writeWhole(pathOf(day), linesText(traces));
    writeIndex(
      day,
      traces.map((trace) => summaryOf(trace, day)),
    );
  };
  /** One writer at a time; the first one makes the folder. */
  const writing = <T>(work: () => T): T => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const ignore = join(root, 'traces', '.gitignore');
    try {
      if (readFileSync(ignore, 'utf8') !== '*\n') writeWhole(ignore, '*\n');
    } catch {
      writeWhole(ignore, '*\n');
    }
    return locked(join(folder, '.lock'), () => {
      // What a killed writer left.
      for (const name of readdirSync(folder)) if (name.endsWith('.new')) rmSync(join(folder, name), { force: true });
      return work();
    });
  };

  const store: TraceStore = {
    append: (traces) =>
      writing(() => {
        const known = new Set(days().flatMap((day) => rowsOf(day).map(({ id }) => id)));
        const fresh = new Map<string, StoredTrace[]>();
        let added = 0;
        for (const trace of traces) {
          if (known.has(trace.id)) continue;
          known.add(trace.id);
          const day = dayOf(trace.time ?? now().toISOString()) ?? now().toISOString().slice(0, 10);
          const there = fresh.get(day);
          if (there === undefined) fresh.set(day, [trace]);
          else there.push(trace);
          added += 1;
        }
        for (const [day, more] of fresh) {
          const old = days().includes(day) ? { rows: rowsOf(day), bytes: readFileSync(pathOf(day)) } : null;
          // Members of gzip may follow each other: nothing old is compressed again.
          writeWhole(pathOf(day), Buffer.concat([...(old === null ? [] : [old.bytes]), linesText(more)]));
          writeIndex(day, [...(old?.rows ?? []), ...more.map((trace) => summaryOf(trace, day))]);
        }
        return { added, known: traces.length - added };
      }),
    setOutcome: (id, outcome) => store.setOutcomes(new Map([[id, outcome]])).length === 0,
    setOutcomes: (outcomes) =>
      writing(() => {
        const left = new Set(outcomes.keys());
        for (const day of days()) {
          const own = rowsOf(day).filter(({ id }) => outcomes.has(id));
          if (own.length === 0) continue;
          for (const { id } of own) left.delete(id);
          rewrite(
            day,
            tracesOf(day).map((trace) => ({ ...trace, outcome: outcomes.get(trace.id) ?? trace.outcome })),
          );
        }
        return [...left];
      }),
    *read(ids) {
      for (const day of days()) {
        if (ids !== undefined && !rowsOf(day).some(({ id }) => ids.has(id))) continue;
        for (const trace of tracesOf(day)) if (ids === undefined || ids.has(trace.id)) yield trace;
      }
    },
    summaries: () => days().flatMap(rowsOf),
    remove: (given) =>
      writing(() => {
        const ids = new Set(given);
        let removed = 0;
        for (const day of days()) {
          const gone = rowsOf(day).filter(({ id }) => ids.has(id)).length;
          if (gone === 0) continue;
          removed += gone;
          rewrite(
            day,
            tracesOf(day).filter(({ id }) => !ids.has(id)),
          );
        }
        return removed;
      }),
  };
  return store;
}

/** The day of a time, in UTC; null for what is no time. */
function dayOf(time: string): string | null {
  const at = new Date(time);
  if (Number.isNaN(at.getTime())) return null;
  const day = at.toISOString().slice(0, 10);
  return /^\d{4}-\d{2}-\d{2}$/.test(day) ? day : null;
}
