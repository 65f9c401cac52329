/** The rollouts of a run on disk: append-only lines that an interrupted run reads again. */
import {
  appendFileSync,
  closeSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { jsonOf, STORED_DEPTH } from '../digest.ts';
import { linesOf } from '../files.ts';
import type { Trace } from '../types.ts';

/** What a cached rollout must return. `trace` holds all steps if they are kept, else none. */
export interface JournalEntry {
  readonly key: string;
  readonly trace: Trace;
}

/** File name in a run's folder. */
export const JOURNAL = 'rollouts.jsonl';

export interface Journal {
  get(key: string): Trace | undefined;
  put(entry: JournalEntry): void;
  /** Writes what is buffered. */
  flush(): void;
  /** Writes all entries sorted by key: equal rollouts then give equal bytes, in any order. */
  seal(): void;
  readonly size: number;
}

/** A journal in memory only. */
export function memoryJournal(): Journal {
  const entries = new Map<string, Trace>();
  return {
    get: (key) => entries.get(key),
    put: ({ key, trace }) => void entries.set(key, trace),
    flush: () => {},
    seal: () => {},
    get size() {
      return entries.size;
    },
  };
}

/**
 * A journal in `<directory>/rollouts.jsonl`. With `keepSteps` false only train traces keep steps,
 * as a simulated rollout can be replayed for free. A last line cut off by a kill is dropped. A kill
 * loses at most `bufferLines` rollouts: 1 where they cost money.
 */
export function fileJournal(directory: string, options: { keepSteps: boolean; bufferLines: number }): Journal {
  mkdirSync(directory, { recursive: true });
  const path = join(directory, JOURNAL);
  const entries = new Map<string, Trace>();
  for (const { key, trace } of readEntries(path)) entries.set(key, trace);
  const limit = options.bufferLines;
  let buffer: string[] = [];
  const flush = () => {
    if (buffer.length === 0) return;
    try {
      appendFileSync(path, `${buffer.join('\n')}\n`);
    } catch (error) {
      // The error of a failed write has no path, but a person needs to know which disk is full.
      throw Object.assign(error as Error, { path });
    }
    buffer = [];
  };
  return {
    get: (key) => entries.get(key),
    put({ key, trace }) {
      const kept = options.keepSteps || trace.split === 'train' ? trace : { ...trace, steps: [] };
      entries.set(key, kept);
      const stored = { ...kept, prompt: { ...kept.prompt, tools: [] } };
      buffer.push(JSON.stringify({ key, trace: stored }));
      if (buffer.length >= limit) flush();
    },
    flush,
    seal() {
      flush();
      sortLines(path);
    },
    get size() {
      return entries.size;
    },
  };
}

/** Reads whole lines and cuts the file after the last one that parses. */
function readEntries(path: string): JournalEntry[] {
  const entries: JournalEntry[] = [];
  let good = 0;
  for (const { text, end } of linesOf(path)) {
    try {
      const entry = jsonOf(text, STORED_DEPTH) as object as JournalEntry;
      // Written before scores were checked: JSON has no NaN. Such a rollout is played again.
      const { score } = entry.trace;
      if (score === null || typeof score.reward === 'number') entries.push(entry);
    } catch {
      break;
    }
    good = end + 1;
  }
  if (good < (statSync(path, { throwIfNoEntry: false })?.size ?? 0)) truncateSync(path, good);
  return entries;
}

/** Lines begin with their key: the file is copied line by line in that order, whatever its size. */
function sortLines(path: string): void {
  const lines = [...linesOf(path)].map(({ text, start, end }) => ({ key: text.slice(0, KEY), start, end }));
  lines.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : a.start - b.start));
  const beside = `${path}.new`;
  rmSync(beside, { force: true });
  const [from, to] = [openSync(path, 'r'), openSync(beside, 'wx')];
  try {
    for (const { start, end } of lines) {
      const bytes = Buffer.allocUnsafe(end + 1 - start);
      readSync(from, bytes, 0, bytes.length, start);
      writeSync(to, bytes);
    }
  } finally {
    closeSync(from);
    closeSync(to);
  }
  renameSync(beside, path);
}

/** Characters of `{"key":"` and 64 hex digits. */
const KEY = 72;
