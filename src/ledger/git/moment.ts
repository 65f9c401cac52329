/** Dates and times as a person writes them. */
import { UsageError } from '../../errors.ts';

const MOMENT = /^(\d{4}-\d\d-\d\d)(T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)?(Z|[+-]\d\d:\d\d)?$/;

/**
 * Milliseconds since 1970 of `2026-03-03` or `2026-03-03T12:00:00Z`, by default in UTC; a date
 * alone means the given edge of its day. `asks` names the question in errors. Throws `UsageError`
 * otherwise.
 */
export function momentOf(text: string, edge: 'start' | 'end', asks: string): number {
  const [, day, time, zone] = MOMENT.exec(text) ?? [];
  const expected = `${asks}: expected a date such as 2026-03-03 or 2026-03-03T12:00:00Z, got "${text}"`;
  if (day === undefined || (time === undefined && zone !== undefined)) throw new UsageError(expected);
  const midnight = Date.parse(`${day}T00:00:00Z`);
  if (!Number.isFinite(midnight) || new Date(midnight).toISOString().slice(0, 10) !== day)
    throw new UsageError(`${expected}; there is no such day`);
  if (time === undefined) return edge === 'start' ? midnight : midnight + 86_400_000 - 1;
  const moment = Date.parse(`${day}${time}${zone ?? 'Z'}`);
  if (!Number.isFinite(moment)) throw new UsageError(`${expected}; there is no such time`);
  return moment;
}
