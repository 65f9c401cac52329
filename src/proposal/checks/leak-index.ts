/** The values of tasks that no harness may hold: ids, names, addresses, results to report. */
import { isObject } from '../../digest.ts';
import { parseResult } from '../../runtime/results.ts';
import type { Environment, Json, JsonObject, ToolCall } from '../../types.ts';
import { wordsIn } from '../../words.ts';
import { requiredArguments } from '../mine/probe.ts';
import { type FreeWords, freeWords } from './text-of.ts';

/** Built over all splits; its content must never reach a proposer. */
export interface LeakIndex {
  /** Values as lower-case words joined by single spaces. */
  readonly phrases: ReadonlySet<string>;
  /** First words of the phrases, to skip most positions. */
  readonly starts: ReadonlySet<string>;
  /** Words in the longest phrase. */
  readonly longest: number;
  readonly free: FreeWords;
  /** Removes secrets of this process, which no harness may hold either. */
  readonly redact?: ((text: string) => string) | undefined;
}

/** Share of tasks above which a value without digits is common knowledge. */
const SHARED = 0.1;

/** The reads of a plan, and all readers that one of its arguments fits by name. */
function readsOf(environment: Environment, calls: readonly ToolCall[]): ToolCall[] {
  const readers = environment.tools.filter((t) => t.readOnly);
  const names = new Set(readers.map((t) => t.name));
  const fitting = calls.flatMap((call) =>
    readers.flatMap((reader): ToolCall[] => {
      const [parameter, ...more] = requiredArguments(reader);
      const value = parameter === undefined || more.length > 0 ? undefined : call.arguments[parameter];
      return typeof value === 'string' ? [{ name: reader.name, arguments: { [parameter as string]: value } }] : [];
    }),
  );
  return [...calls.filter((c) => names.has(c.name)), ...fitting];
}

/** Fields that are personal in any domain. */
export const PERSONAL = ['name', 'address\\d?', 'street', 'city', 'email', 'phone', 'zip', 'postcode'];

/** Indexes targets, oracle arguments and the records behind them. `policy`: exempt words. */
export async function buildLeakIndex(environment: Environment, policy = ''): Promise<LeakIndex> {
  const free = freeWords(environment.tools, policy);
  /** Phrase -> the last task that holds it, and how many do. */
  const found = new Map<string, { task: string; tasks: number }>();
  let current = '';
  const add = (value: string): void => {
    const words = wordsIn(value);
    if (words.length === 0 || words.length > 12 || isCommon(words, free)) return;
    const phrase = words.join(' ');
    const entry = found.get(phrase);
    if (!entry) found.set(phrase, { task: current, tasks: 1 });
    else if (entry.task !== current) found.set(phrase, { task: current, tasks: entry.tasks + 1 });
  };
  const fields = [...PERSONAL, ...(environment.vocabulary?.personalFields ?? [])];
  const personal = new RegExp(`(^|_)(${fields.join('|')})(_|$)`);
  const seen = new Set<string>();
  for (const task of environment.tasks) {
    current = task.id;
    everyValue(task.target, add);
    const plan = await environment.oracle?.(task);
    if (!plan) continue;
    for (const call of plan.calls) everyValue(call.arguments, add);
    const state = await environment.reset(task);
    const open = readsOf(environment, plan.calls);
    for (let read = open.shift(); read !== undefined; read = open.shift()) {
      const result = await environment.execute(state, read);
      if (result.error || seen.has(result.content)) continue;
      seen.add(result.content);
      const record = parseResult(result.content);
      recordValues(record, '', personal, add);
      // A record that names its owner leads to the owner's record.
      if (isObject(record)) open.push(...readsOf(environment, [{ name: '', arguments: record }]));
    }
    await environment.dispose?.(state);
  }
  // Words that many tasks share, such as legal values, identify none of them.
  const many = Math.max(5, environment.tasks.length * SHARED);
  const phrases = new Set(
    [...found].flatMap(([phrase, { tasks }]) => (tasks >= many && !/\d/.test(phrase) ? [] : [phrase])),
  );
  const lengths = [...phrases].map((p) => p.split(' ').length);
  return {
    phrases,
    starts: new Set([...phrases].map((p) => p.split(' ')[0] as string)),
    longest: lengths.reduce((a, b) => Math.max(a, b), 1),
    free,
    redact: environment.redact,
  };
}

/** True if the words identify nothing: too short, or common in tools and policy. */
function isCommon(words: readonly string[], free: FreeWords): boolean {
  if (words.every((w) => free.words.has(w))) return true;
  const joined = words.join('');
  if (/^[0-9]+$/.test(joined)) return joined.length < 4;
  return joined.length < 4 || (words.length === 1 && EVERYDAY.has(joined));
}

/** Words of plain advice that may also be a value. */
const EVERYDAY = new Set(
  'true false none null same other each every first last next call tool request order value name item user number read list make done only with from that this when must have more less than then them they your black white blue green small large medium long short'.split(
    ' ',
  ),
);

function everyValue(value: Json, add: (text: string) => void): void {
  if (typeof value === 'string') add(value);
  else if (typeof value === 'number') add(String(value));
  else if (Array.isArray(value)) for (const v of value) everyValue(v as Json, add);
  else if (isObject(value)) {
    wholeName(value, add);
    for (const [key, v] of Object.entries(value)) {
      if (/\d/.test(key)) add(key);
      everyValue(v, add);
    }
  }
}

/** Parts of a name may be too short to identify anyone; the whole name does. */
function wholeName(record: JsonObject, add: (text: string) => void): void {
  const parts = Object.entries(record).flatMap(([key, v]) => (/_name$/.test(key) && typeof v === 'string' ? [v] : []));
  if (parts.length > 1) add(parts.join(' '));
}

/** Adds what identifies someone or something in a record: ids and personal fields. */
function recordValues(value: Json, key: string, personal: RegExp, add: (text: string) => void): void {
  if (typeof value === 'string') {
    const isId = /\d/.test(value) && value.length >= 5 && !/\s/.test(value) && /(^|_)ids?$|^$/.test(key);
    if (isId || personal.test(key)) add(value);
  } else if (Array.isArray(value)) for (const v of value) recordValues(v as Json, key, personal, add);
  else if (isObject(value)) {
    wholeName(value, add);
    for (const [name, v] of Object.entries(value)) {
      if (/\d{4}/.test(name)) add(name);
      recordValues(v, name, personal, add);
    }
  }
}

/** The first value of a task, or a secret of this process, in a text; or null. */
export function findLeak(text: string, index: LeakIndex): string | null {
  if (index.redact !== undefined && index.redact(text) !== text) return 'secret';
  for (const line of text.split('\n')) {
    const words = wordsIn(line);
    for (let i = 0; i < words.length; i++) {
      if (!index.starts.has(words[i] as string)) continue;
      for (let n = Math.min(index.longest, words.length - i); n > 0; n--) {
        const phrase = words.slice(i, i + n).join(' ');
        if (index.phrases.has(phrase)) return phrase;
      }
    }
  }
  return null;
}
