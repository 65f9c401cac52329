/** What differs between equal rollouts of a program: it stands in no request and in no record. */
import { redacted } from '../secrets.ts';

export interface Normal {
  /** For the model and the record: a rollout's own folders, times and process ids are replaced. */
  out<T>(value: T): T;
  /** For the program: its folders as they are. */
  in<T>(value: T): T;
}

export interface NormalOptions {
  /** Real path -> what stands for it, such as `/rollout/work`. */
  readonly paths: readonly (readonly [real: string, shown: string])[];
  /** Other words of this rollout, such as its token -> what stands for them. */
  readonly words: readonly (readonly [real: string, shown: string])[];
  /** Patterns of the environment. */
  readonly volatile: readonly string[];
  readonly startedMs: number;
}

/** Ends every AGENTS.md; the id differs between harnesses that say the same. */
export const MARK = /harness-optimizer: [0-9a-z-]+ [0-9a-f]{12}/g;
const TIME = /\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?/g;
/** A day is a time only where somebody says so; a task may name days of its own. */
const DAY = /(\b(?:today|date|now|time)\b[^\n\d]{0,24})(\d{4}-\d\d-\d\d)\b(?![T ]\d\d:)/gi;
const PROCESS = /\b(pid\b\W{0,3})\d+/gi;
const DAY_MS = 86_400_000;

export function normalizing({ paths, words, volatile, startedMs }: NormalOptions): Normal {
  const patterns = volatile.map((source) => new RegExp(source, 'g'));
  const isNow = (text: string): boolean => {
    const at = Date.parse(text.replace(' ', 'T').replace(',', '.'));
    return !Number.isNaN(at) && Math.abs(at - startedMs) < DAY_MS;
  };
  const replaced = (text: string, pairs: NormalOptions['paths'], back: boolean): string =>
    pairs.reduce((left, [real, shown]) => {
      const [from, to] = back ? [shown, real] : [real, shown];
      return left.includes(from) ? left.replaceAll(from, to) : left;
    }, text);
  const shown = (text: string): string => {
    const own = replaced(replaced(text, paths, false), words, false)
      .replace(MARK, 'harness-optimizer')
      .replace(TIME, (time) => (isNow(time) ? '2000-01-01T00:00:00Z' : time))
      .replace(DAY, (all, before: string, day: string) => (isNow(day) ? `${before}2000-01-01` : all))
      .replace(PROCESS, (_, before: string) => `${before}1`);
    return patterns.reduce((left, pattern) => left.replace(pattern, '(varies)'), own);
  };
  return {
    out: (value) => redacted(value, shown),
    in: (value) => redacted(value, (text) => replaced(text, paths, true)),
  };
}
