/** The readable difference of two plain values. */

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/**
 * One line per changed leaf, in key order of `before`, new keys last: `orders.A1: "a" -> "b"`, with
 * `(none)` for a missing value; [] when both are equal.
 */
export function differences(before: unknown, after: unknown, path = ''): string[] {
  if (Object.is(before, after)) return [];
  if (before instanceof Map && after instanceof Map)
    return differences(Object.fromEntries(before), Object.fromEntries(after), path);
  if (before instanceof Set && after instanceof Set) return differences([...before], [...after], path);
  if (before instanceof Date && after instanceof Date && before.getTime() === after.getTime()) return [];
  if (isRecord(before) && isRecord(after) && Array.isArray(before) === Array.isArray(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return keys.flatMap((key) => differences(before[key], after[key], path === '' ? key : `${path}.${key}`));
  }
  return [`${path || 'state'}: ${shown(before)} -> ${shown(after)}`];
}

const shown = (value: unknown): string => (value === undefined ? '(none)' : (JSON.stringify(value) ?? String(value)));
