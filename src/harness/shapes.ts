/** The shape of a tool's results, merged from recorded ones, to check paths before a rollout. */
import { isObject, jsonOf } from '../digest.ts';
import type { Json } from '../types.ts';

/**
 * Tool -> merged sample of its JSON results. A list has one merged element; a map keyed by ids has
 * the one key `*`; null and [] mean that nothing is known below.
 */
export type Shapes = ReadonlyMap<string, Json>;

/** The key that stands for every key of a map. */
export const anyKey = '*';

/** Objects with more keys than this always count as maps. */
const recordKeys = 60;

/** Merges two samples; the richer kind wins, since text may be given where an object may stand. */
function merge(a: Json, b: Json): Json {
  if (Array.isArray(a) && Array.isArray(b)) return a.length === 0 ? b : b.length === 0 ? a : [merge(a[0], b[0])];
  if (isObject(a) && isObject(b)) {
    const result: Record<string, Json> = { ...a };
    for (const [key, value] of Object.entries(b))
      result[key] = key in result ? merge(result[key] ?? null, value) : value;
    return result;
  }
  const rank = (value: Json) => (value === null ? 0 : typeof value === 'object' ? 2 : 1);
  return rank(b) > rank(a) ? b : a;
}

/** The samples merged into one. */
export const mergeShapes = (values: readonly Json[]): Json => values.reduce(merge, null);

/** Reduces each list to one merged element; maps are detected later, in the merged result. */
function condense(value: Json): Json {
  if (Array.isArray(value)) return value.length === 0 ? [] : [mergeShapes(value.map(condense))];
  if (!isObject(value)) return value;
  const entries = Object.entries(value).map(([key, entry]) => [key, condense(entry)] as const);
  if (entries.length > recordKeys) return { [anyKey]: mergeShapes(entries.map(([, entry]) => entry)) };
  return Object.fromEntries(entries);
}

/** Letters -> a, digits -> 9, runs shortened: `paypal_123` -> `a_9`. */
const silhouette = (text: string): string => text.replace(/[A-Za-z]+/g, 'a').replace(/[0-9]+/g, '9');

/** True if values could replace each other: objects with a common key, texts of one silhouette. */
function alike(values: readonly Json[]): boolean {
  const [first] = values;
  if (isObject(first)) {
    return Object.keys(first).some((key) => values.every((value) => isObject(value) && key in value));
  }
  if (typeof first !== 'string' || !/[0-9]/.test(first)) return false;
  return values.every((value) => typeof value === 'string' && silhouette(value) === silhouette(first));
}

/** True for a map: keys are ids, or more than three keys have values that are alike. */
function isMap(entries: readonly (readonly [string, Json])[]): boolean {
  const keys = entries.map(([key]) => key);
  if (keys.includes(anyKey)) return true;
  const values = entries.map(([, value]) => value);
  if (entries.length > 3 && alike(values)) return true;
  const idLike = keys.filter((key) => /[0-9]{3}/.test(key));
  return keys.length > 0 && idLike.length * 2 > keys.length;
}

function findMaps(value: Json): Json {
  if (Array.isArray(value)) return value.map(findMaps);
  if (!isObject(value)) return value;
  const entries = Object.entries(value);
  if (isMap(entries)) return { [anyKey]: findMaps(mergeShapes(entries.map(([, entry]) => entry))) };
  return Object.fromEntries(entries.map(([key, entry]) => [key, findMaps(entry)]));
}

function parseJson(content: string): Json | undefined {
  try {
    return jsonOf(content);
  } catch {
    return undefined;
  }
}

/** Merges recorded results per tool; results other than JSON objects or lists are ignored. */
export function shapesOf(results: Iterable<{ readonly tool: string; readonly content: string }>): Shapes {
  const merged = new Map<string, Json>();
  const seen = new Set<string>();
  for (const { tool, content } of results) {
    const id = `${tool} ${content}`;
    if (seen.has(id)) continue;
    seen.add(id);
    const value = parseJson(content);
    if (value === undefined || value === null || typeof value !== 'object') continue;
    merged.set(tool, merge(merged.get(tool) ?? null, condense(value)));
  }
  return new Map([...merged].map(([tool, value]) => [tool, findMaps(value)]));
}

/** Members of a path: `order.items[].id` -> order, items, [], id. */
export const membersOf = (path: string): string[] => path.replaceAll('[]', '.[]').split('.');

/** The first member of a path that the shape lacks; undefined if the path fits or is unknown. */
export function unknownMember(shape: Json, members: readonly string[]): string | undefined {
  let at: Json | undefined = shape;
  for (const member of members) {
    if (at === null || at === undefined) return undefined;
    if (Array.isArray(at)) {
      if (member !== '[]') return member;
      at = at[0];
    } else if (isObject(at)) {
      if (anyKey in at) at = at[anyKey];
      else if (member === '[]') at = mergeShapes(Object.values(at));
      else if (member in at) at = at[member];
      else return member;
    } else {
      return member === '[]' && typeof at === 'string' ? undefined : member;
    }
  }
  return undefined;
}
