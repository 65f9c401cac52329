/** Parses tool results once: equal texts give the same value, which nobody changes. */
import { jsonOf } from '../digest.ts';
import type { Json } from '../types.ts';

const LIMIT = 2_000;
const memo = new Map<string, Json>();

/** The JSON value of a result's text, or the text itself if it is not JSON. */
export function parseResult(content: string): Json {
  const known = memo.get(content);
  if (known !== undefined) return known;
  let value: Json;
  try {
    value = jsonOf(content);
  } catch {
    value = content;
  }
  if (memo.size >= LIMIT) memo.delete(memo.keys().next().value as string);
  memo.set(content, value);
  return value;
}
