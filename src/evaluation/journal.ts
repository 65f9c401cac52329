/** The rollouts of a run on disk: append-only lines that an interrupted run reads again. */
import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
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
  if (existsSync(path)) for (const entry of readLines(path)) entries.set(entry.key, entry.trace);
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
      const lines = readFileSync(path, 'utf8').trimEnd().split('\n').sort();
      writeFileSync(`${path}.new`, `${lines.join('\n')}\n`);
      renameSync(`${path}.new`, path);
    },
    get size() {
      return entries.size;
    },
  };
}

/** Reads whole lines and cuts the file after the last one that parses. */
function readLines(path: string): JournalEntry[] {
  const text = readFileSync(path, 'utf8');
  const entries: JournalEntry[] = [];
  let good = 0;
  for (let start = 0; start < text.length; ) {
    const end = text.indexOf('\n', start);
    if (end < 0) break;
    try {
      entries.push(JSON.parse(text.slice(start, end)) as JournalEntry);
    } catch {
      break;
    }
    good = end + 1;
    start = good;
  }
  if (good < text.length) truncateSync(path, Buffer.byteLength(text.slice(0, good), 'utf8'));
  return entries;
}
