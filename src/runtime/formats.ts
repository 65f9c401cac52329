/** Checks the shape of arguments in linear time; repairs it as the contract says, or refuses. */
import { RE2JS } from 're2js';
import { mapAt } from '../harness/argument-paths.ts';
import type { Format } from '../harness/schema.ts';
import type { Json, JsonObject } from '../types.ts';
import { describePattern } from './pattern-words.ts';
import type { Rewrite } from './shapes.ts';

export interface CompiledFormat {
  readonly format: Format;
  matches(value: string): boolean;
}

/** Throws the engine's error for a pattern that it cannot read. */
export function compileFormat(format: Format): CompiledFormat {
  const pattern = RE2JS.compile(format.pattern);
  return { format, matches: (value) => pattern.test(value) };
}

/** `value` with the missing part of `prefix`: '#W' and 'W12' give '#W12'. */
function* withPrefix(value: string, prefix: string): Generator<string> {
  for (let length = prefix.length; length > 0; length--) yield prefix.slice(0, length) + value;
}
function* withSuffix(value: string, suffix: string): Generator<string> {
  for (let start = 0; start < suffix.length; start++) yield value + suffix.slice(start);
}

/** The first repaired value that matches: strip, case, prefix, suffix; undefined if none does. */
export function repairValue(value: string, compiled: CompiledFormat): string | undefined {
  const { repair } = compiled.format;
  if (repair === undefined) return undefined;
  let bare = value.trim();
  const strip = repair.strip;
  if (strip !== undefined) bare = [...bare].filter((c) => !strip.includes(c)).join('');
  if (repair.case === 'lower') bare = bare.toLowerCase();
  if (repair.case === 'upper') bare = bare.toUpperCase();
  const heads = [bare, ...(repair.prefix ? withPrefix(bare, repair.prefix) : [])];
  for (const head of heads) {
    if (compiled.matches(head)) return head;
    for (const whole of repair.suffix ? withSuffix(head, repair.suffix) : []) if (compiled.matches(whole)) return whole;
  }
  return undefined;
}

export interface Formatted {
  readonly arguments: JsonObject;
  readonly rewrites: readonly Rewrite[];
  readonly refusal?: { readonly by: string; readonly message: string };
}

const quote = (value: string) => JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value);

/**
 * Applies the formats in order to texts and lists of texts. `looksUp(argument)` is true if a
 * `ground` replaces the argument: a text of another shape is then a description and not refused.
 */
export function applyFormats(
  given: JsonObject,
  formats: readonly CompiledFormat[],
  looksUp: (argument: string) => boolean,
): Formatted {
  let current = given;
  const rewrites: Rewrite[] = [];
  for (const compiled of formats) {
    const { argument, pattern } = compiled.format;
    const by = `format:${argument}`;
    let wrong: { readonly place: string; readonly item: string } | undefined;
    const fix = (item: Json, place: string): Json => {
      if (typeof item !== 'string' || compiled.matches(item)) return item;
      const repaired = repairValue(item, compiled);
      if (repaired === undefined) wrong ??= { place, item };
      return repaired ?? item;
    };
    current = mapAt(current, argument, (value, place) => {
      const fixed: Json = Array.isArray(value) ? value.map((item: Json) => fix(item, place)) : fix(value, place);
      const same = Array.isArray(fixed) ? fixed.every((item, i) => item === (value as Json[])[i]) : fixed === value;
      if (same) return value;
      rewrites.push({ by, what: place, before: value, after: fixed });
      return fixed;
    });
    if (wrong !== undefined && !looksUp(argument)) {
      const message = `${wrong.place} ${quote(wrong.item)} has the wrong shape: it must be ${describePattern(pattern)}.`;
      return { arguments: current, rewrites, refusal: { by, message } };
    }
  }
  return { arguments: current, rewrites };
}
