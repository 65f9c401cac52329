/** Which values are plain data, that can be copied, compared and stored. */

/** A value that is not plain data. */
export interface ForeignValue {
  /** e.g. `orders.A1`; '' for the value itself. */
  readonly path: string;
  /** e.g. `a function`, `an instance of Client`. */
  readonly what: string;
}

const kindOf = (value: object): string => value.constructor?.name || 'an unnamed class';

const isPlainObject = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype || kindOf(value) === 'Object';
};

/** The first value that is not plain data; null if none. `containers` allows Map, Set and Date. */
export function findForeign(
  value: unknown,
  { containers }: { readonly containers: boolean },
  path = '',
  above: readonly object[] = [],
): ForeignValue | null {
  if (typeof value === 'function') return { path, what: 'a function' };
  if (typeof value === 'symbol') return { path, what: 'a symbol' };
  // A state may hold numbers that JSON does not have.
  const isNumber = typeof value === 'bigint' || (typeof value === 'number' && !Number.isFinite(value));
  if (isNumber && !containers) return { path, what: `the number ${value}` };
  if (typeof value !== 'object' || value === null) return null;
  if (above.includes(value)) return { path, what: 'a value that holds itself' };
  const isContainer = value instanceof Map || value instanceof Set || value instanceof Date;
  if (isContainer && !containers) return { path, what: `a ${kindOf(value)}` };
  if (!isContainer && !Array.isArray(value) && !isPlainObject(value))
    return { path, what: value instanceof Promise ? 'a promise' : `an instance of ${kindOf(value)}` };
  const inside = [...above, value];
  const entries =
    value instanceof Map ? [...value] : value instanceof Set ? [...value].entries() : Object.entries(value);
  for (const [key, item] of entries) {
    const found = findForeign(item, { containers }, path === '' ? String(key) : `${path}.${String(key)}`, inside);
    if (found !== null) return found;
  }
  return null;
}
