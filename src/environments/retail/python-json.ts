/** Python's `json.dumps` for the retail records, where every number is a float. */
import { pythonFloat } from './python-number.ts';

/** A number that is an int in Python, so that it prints without a decimal point. */
export interface PythonInt {
  readonly pythonInt: number;
}

const isPythonInt = (value: object): value is PythonInt => 'pythonInt' in value;

const escaped = (text: string): string =>
  JSON.stringify(text).replace(
    /[\u007f-\uffff]/g,
    // DEL is ASCII for Python, which prints it as it is.
    (unit) => (unit === '\u007f' ? unit : `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  );

/** Text with `", "` and `": "`, non-ASCII as \uXXXX, no undefined properties. */
export function pythonJson(value: unknown, sortKeys: boolean): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return escaped(value);
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return pythonFloat(value);
  if (Array.isArray(value)) return `[${value.map((element) => pythonJson(element, sortKeys)).join(', ')}]`;
  if (typeof value !== 'object') throw new TypeError(`pythonJson: expected a JSON value, got ${typeof value}`);
  if (isPythonInt(value)) return String(value.pythonInt);
  const entries = Object.entries(value).filter(([, field]) => field !== undefined);
  if (sortKeys) entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return `{${entries.map(([key, field]) => `${escaped(key)}: ${pythonJson(field, sortKeys)}`).join(', ')}}`;
}
