/** Reads the JSON text of a call's arguments and fixes it if the harness says so. */
import { jsonrepair } from 'jsonrepair';
import { isObject, jsonOf } from '../digest.ts';
import type { Json, JsonObject } from '../types.ts';
import type { ToolShape } from './shapes.ts';

/** The inside of a Markdown fence, or the text itself; the closing fence may be missing. */
export function stripFences(text: string): string {
  const open = /^\s*```[a-zA-Z_]*[ \t]*\n?/.exec(text);
  const inside = open ? text.slice(open[0].length) : text;
  return inside.replace(/\n?\s*```\s*$/, '').trim();
}

export function parseJson(text: string): Json | undefined {
  try {
    return jsonOf(text);
  } catch {
    return undefined;
  }
}

/** The value of broken JSON (quotes, commas, Python words, fences, truncation), or undefined. */
export function repairJson(text: string): Json | undefined {
  const inside = stripFences(text);
  if (inside === '') return undefined;
  try {
    return jsonOf(jsonrepair(inside));
  } catch {
    return undefined;
  }
}

export interface ParsedArguments {
  readonly value: JsonObject;
  readonly repaired: boolean;
}

/**
 * Null if the text is not a JSON object; empty text means no arguments. With `repair` broken JSON
 * is fixed, and a value that is not an object becomes the only argument of a tool with just one.
 */
export function parseArguments(
  text: string,
  { repair, shape }: { readonly repair: boolean; readonly shape?: ToolShape | undefined },
): ParsedArguments | null {
  if (text.trim() === '') return { value: {}, repaired: false };
  const strict = parseJson(text);
  if (isObject(strict)) return { value: strict, repaired: false };
  if (!repair) return null;
  const fixed = repairJson(typeof strict === 'string' ? strict : text);
  if (isObject(fixed)) return { value: fixed, repaired: true };
  const [only, ...others] = [...(shape?.properties.keys() ?? [])];
  if (only === undefined || others.length > 0 || /^\s*\{/.test(text)) return null;
  return { value: { [only]: strict ?? text.trim() }, repaired: true };
}
