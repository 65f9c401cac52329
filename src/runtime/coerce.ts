/** Turns an argument into the type of the tool's JSON Schema where only one reading is possible. */
import { isObject } from '../digest.ts';
import { itemSchema, joinPath, memberSchemas, typesOf } from '../harness/argument-paths.ts';
import type { Json, JsonObject } from '../types.ts';
import { parseJson, repairJson } from './repair.ts';
import type { Rewrite, ToolShape } from './shapes.ts';

function hasType(value: Json, type: string): boolean {
  switch (type) {
    case 'array':
      return Array.isArray(value);
    case 'object':
      return isObject(value);
    case 'integer':
      return typeof value === 'number' && Number.isInteger(value);
    case 'null':
      return value === null;
    default:
      // The scalar names of JSON Schema are those of typeof.
      return typeof value === type;
  }
}

const readJson = (text: string): Json | undefined => parseJson(text) ?? repairJson(text);

function toList(value: Json, schema: JsonObject): Json {
  if (value === null) return value;
  if (typeof value === 'string' && /^\s*\[[\s\S]*\]\s*$/.test(value)) {
    const list = readJson(value);
    if (Array.isArray(list)) return coerceValue(list, schema);
  }
  return coerceValue([value], schema);
}

/** The value in an allowed type; the same value if it fits already or has no single reading. */
export function coerceValue(value: Json, schema: JsonObject): Json {
  const types = typesOf(schema);
  if (Array.isArray(value) && types.includes('array')) {
    const items = itemSchema(schema);
    const list: Json[] = value.map((item: Json) => coerceValue(item, items));
    return list.some((item, i) => item !== value[i]) ? list : value;
  }
  if (types.length === 0 || types.some((type) => hasType(value, type))) return value;
  if (types.includes('array')) return toList(value, schema);
  if (Array.isArray(value)) {
    const [only] = value as readonly Json[];
    return value.length === 1 && only !== undefined && !isObject(only) ? coerceValue(only, schema) : value;
  }
  if (typeof value === 'string') {
    const text = value.trim();
    if (types.includes('object') && text.startsWith('{')) {
      const object = readJson(text);
      if (isObject(object)) return object;
    }
    if (/^-?\d+(\.\d+)?$/.test(text)) {
      const number = Number(text);
      const wanted = types.includes('number') || (types.includes('integer') && Number.isInteger(number));
      if (wanted && String(number).length <= 16) return number;
    }
    if (types.includes('boolean') && /^(true|false)$/i.test(text)) return text.toLowerCase() === 'true';
    return value;
  }
  // Beyond 2^53 the digits that the model wrote are already lost.
  if (typeof value === 'number' && types.includes('string') && (Math.abs(value) < 2 ** 53 || !Number.isInteger(value)))
    return String(value);
  return value;
}

/** Coerces a value and its content; each change is reported with its place. */
export function coerceInside(value: Json, schema: JsonObject, place: string, rewrites: Rewrite[]): Json {
  const after = coerceValue(value, schema);
  if (after !== value) rewrites.push({ by: 'realization:coerce', what: place, before: value, after });
  if (isObject(after)) return coerceMembers(after, new Map(memberSchemas(schema)), place, rewrites);
  const items = itemSchema(schema);
  if (!Array.isArray(after) || memberSchemas(items).length === 0) return after;
  const list: Json[] = after.map((item: Json, i) => coerceInside(item, items, `${place}[${i}]`, rewrites));
  return list.some((item, i) => item !== after[i]) ? list : after;
}

function coerceMembers(
  given: JsonObject,
  schemas: ReadonlyMap<string, JsonObject>,
  place: string,
  rewrites: Rewrite[],
): JsonObject {
  let changed: Record<string, Json> | undefined;
  for (const name in given) {
    const schema = schemas.get(name);
    if (schema === undefined) continue;
    const before = given[name] as Json;
    const after = coerceInside(before, schema, joinPath(place, name), rewrites);
    if (after === before) continue;
    changed ??= { ...given };
    changed[name] = after;
  }
  return changed ?? given;
}

/** An object where text belongs is left for `ground`. */
export function coerceArguments(
  given: JsonObject,
  shape: ToolShape,
): { arguments: JsonObject; rewrites: readonly Rewrite[] } {
  const rewrites: Rewrite[] = [];
  return { arguments: coerceMembers(given, shape.properties, '', rewrites), rewrites };
}
