/** What is deleted: the traces that hold a value of a person, and those that are too old. */
import { isObject, jsonOf } from '../digest.ts';
import type { StoredTrace } from './stored.ts';
import type { SummaryRow } from './summary.ts';

/** Accents, width and case do not count. */
const folded = (text: string): string =>
  text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().replace(/\s+/gu, ' ').trim();

/** True for a trace that holds the value as whole words, also in JSON within texts. */
export function holds(value: string): (trace: StoredTrace) => boolean {
  const wanted = folded(value);
  const words = new RegExp(
    `(?<![\\p{L}\\p{N}_])${wanted.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?![\\p{L}\\p{N}_])`,
    'u',
  );
  const inText = (text: string): boolean => words.test(folded(text));
  const inValue = (given: unknown, depth: number): boolean => {
    if (typeof given === 'number') return inText(String(given));
    if (typeof given === 'string') return inText(given) || (depth < 4 && inJson(given, depth));
    if (Array.isArray(given)) return given.some((one) => inValue(one, depth)) || inText(joined(given));
    // The parts of a name may be members of their own.
    return (
      isObject(given) &&
      (inText(joined(Object.values(given))) ||
        Object.entries(given).some(([key, one]) => inText(key) || inValue(one, depth)))
    );
  };
  const inJson = (text: string, depth: number): boolean => {
    if (!/^\s*[{["]/.test(text)) return false;
    try {
      return inValue(jsonOf(text), depth + 1);
    } catch {
      return false;
    }
  };
  return (trace) => inValue(trace, 0);
}

const joined = (parts: readonly unknown[]): string => parts.filter((one) => typeof one === 'string').join(' ');

const DAY_MS = 86_400_000;

/** Days of a text such as `90d`; null for any other. */
export function daysOf(text: string): number | null {
  const days = /^(\d{1,6})d?$/.exec(text.trim())?.[1];
  return days === undefined ? null : Number(days);
}

/** The traces of days that are more than `days` before `now`, in UTC. */
export function olderThan<T extends Pick<SummaryRow, 'day'>>(rows: readonly T[], days: number, now: Date): T[] {
  const first = new Date(now.getTime() - days * DAY_MS).toISOString().slice(0, 10);
  return rows.filter(({ day }) => day < first);
}
