/** Canonical JSON, digests and named random streams: the same bytes on every machine. */
import { createHash } from 'node:crypto';
import type { Json } from './types.ts';

/** SHA-256 of UTF-8 text, as 64 hex characters. */
export const sha256 = (text: string | Uint8Array): string => createHash('sha256').update(text).digest('hex');

/** Maximum depth of lists and objects in a text that becomes a value. */
export const MAX_DEPTH = 200;
/** The same for files of this program, which hold such values. */
export const STORED_DEPTH = 2 * MAX_DEPTH;

/** The value of a JSON text. Throws SyntaxError for others, and for one nested too deep. */
export function jsonOf(text: string, most = MAX_DEPTH): Json {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 34) at = stringEnd(text, at);
    else if (code === 91 || code === 123) depth += 1;
    else if (code === 93 || code === 125) depth -= 1;
    if (depth > most) throw new SyntaxError(`lists and objects nested more than ${most} deep`);
  }
  return JSON.parse(text) as Json;
}

/** The place of the quote that ends the string which begins at `from`. */
function stringEnd(text: string, from: number): number {
  for (let at = text.indexOf('"', from + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let slashes = 0;
    while (text.charCodeAt(at - 1 - slashes) === 92) slashes += 1;
    if (slashes % 2 === 0) return at;
  }
  return text.length;
}

/**
 * Sorted JSON without white space or undefined; TypeError for NaN, values outside JSON, and ones
 * nested far deeper than `jsonOf` reads.
 */
export const canonicalJson = (value: unknown): string => sortedJson(value, 0);

function sortedJson(value: unknown, depth: number): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError(`canonicalJson: expected a finite number, got ${value}`);
    return JSON.stringify(value);
  }
  if (depth > 5 * MAX_DEPTH) throw new TypeError(`canonicalJson: more than ${5 * MAX_DEPTH} levels deep`);
  if (Array.isArray(value)) return `[${value.map((item) => sortedJson(item, depth + 1)).join(',')}]`;
  if (typeof value === 'object') {
    const entries = Object.entries(value).filter(([, v]) => v !== undefined);
    entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    return `{${entries.map(([k, v]) => `${JSON.stringify(k)}:${sortedJson(v, depth + 1)}`).join(',')}}`;
  }
  throw new TypeError(`canonicalJson: expected a JSON value, got ${typeof value}`);
}

/** A deterministic stream of numbers in [0, 1). */
export type Random = () => number;

/** A 32-bit unsigned seed from any parts; different parts give independent seeds. */
export function seedOf(...parts: readonly (string | number)[]): number {
  return createHash('sha256').update(parts.join('\u0000'), 'utf8').digest().readUInt32LE(0);
}

/** sfc32 (Chris Doty-Humphrey's small fast counter generator), seeded by SHA-256 of the parts. */
export function randomOf(...parts: readonly (string | number)[]): Random {
  const hash = createHash('sha256').update(parts.join('\u0000'), 'utf8').digest();
  let a = hash.readInt32LE(0);
  let b = hash.readInt32LE(4);
  let c = hash.readInt32LE(8);
  let d = hash.readInt32LE(12);
  return () => {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return (t >>> 0) / 4294967296;
  };
}

/** A new array in random order (Fisher-Yates). */
export function shuffled<T>(items: readonly T[], random: Random): T[] {
  const out = [...items];
  for (let i = out.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [out[i], out[j]] = [out[j] as T, out[i] as T];
  }
  return out;
}

/** One of the items; throws RangeError on an empty list. */
export function pick<T>(items: readonly T[], random: Random): T {
  if (items.length === 0) throw new RangeError('pick: expected at least one item, got none');
  return items[Math.floor(random() * items.length)] as T;
}

/** Narrow `Json` to an object. */
export const isObject = (value: unknown): value is { readonly [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
