/** A file of records: JSON, JSON lines, or either in gzip. */
import { readFileSync, statSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { isObject, jsonOf, STORED_DEPTH } from '../digest.ts';
import { reasonOf, UsageError } from '../errors.ts';
import type { Json } from '../types.ts';
import type { Refusal, TraceRecord } from './formats/format.ts';

/** Characters of a text; a JavaScript string cannot be much longer. */
const LONGEST = 512 * 2 ** 20 - 32;

/** The text of a file. Throws UsageError for one that cannot be read as UTF-8. */
export function readText(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) throw new UsageError('expected a file, found none', { where: path });
  if (!stat.isFile()) throw new UsageError('expected a file, found a folder or device', { where: path });
  let bytes: Buffer = readFileSync(path);
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) {
    try {
      bytes = gunzipSync(bytes, { maxOutputLength: LONGEST });
    } catch (error) {
      throw new UsageError(`expected gzip that can be unpacked to at most 512 MB, found: ${reasonOf(error)}`, {
        where: path,
        cause: error,
      });
    }
  }
  if (bytes.length > LONGEST) throw new UsageError('expected at most 512 MB; split the file', { where: path });
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new UsageError('expected UTF-8 text, found other bytes; save it as UTF-8', { where: path });
  }
}

export interface Records {
  readonly records: readonly TraceRecord[];
  readonly refused: readonly Refusal[];
}

/** The values of a text: the items of its one list, its one value, or one per line. */
export function recordsOf(text: string): Records {
  const lines = text.split('\n');
  const filled = lines.filter((line) => line.trim() !== '').length;
  if (filled === 0) return { records: [], refused: [] };
  const byLine = filled > 1 ? readLines(lines) : null;
  // Lines of a pretty-printed file are no records of their own.
  if (byLine !== null && byLine.refused.length === 0) return byLine;
  try {
    return { records: itemsOf(parse(text)), refused: [] };
  } catch (error) {
    if (byLine?.records.some(({ value }) => isObject(value) && Object.keys(value).length > 0)) return byLine;
    return { records: [], refused: [{ line: 1, reason: faultOf(error) }] };
  }
}

function readLines(lines: readonly string[]): Records {
  const records: TraceRecord[] = [];
  const refused: Refusal[] = [];
  for (const [at, line] of lines.entries()) {
    if (line.trim() === '') continue;
    try {
      records.push({ line: at + 1, value: parse(line) });
    } catch (error) {
      refused.push({ line: at + 1, reason: faultOf(error) });
    }
  }
  return { records, refused };
}

const parse = (text: string): Json => jsonOf(text.replace(/^\uFEFF/, ''), STORED_DEPTH);
const faultOf = (error: unknown): string => `expected JSON, found: ${reasonOf(error).slice(0, 160)}`;

/** A list of messages is one conversation, any other list holds records. */
function itemsOf(value: Json): TraceRecord[] {
  const isConversation =
    Array.isArray(value) && value.length > 0 && value.every((one) => isObject(one) && 'role' in one);
  if (!Array.isArray(value) || isConversation) return [{ line: 1, value }];
  return value.map((one: Json, at: number) => ({ line: at + 1, value: one }));
}
