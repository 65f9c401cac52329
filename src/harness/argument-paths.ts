/** Paths into a call's arguments: `slot.date`, `payments[].cents`. Names with dots come first. */
import { isObject } from '../digest.ts';
import type { Json, JsonObject } from '../tool.ts';
import { nearestName } from './near-name.ts';
import { membersOf } from './shapes.ts';

export interface PlacedValue {
  /** Its place in this call, e.g. `payments[1].cents`. */
  readonly place: string;
  readonly value: Json;
}

const membersIn = (object: JsonObject, path: string): readonly string[] =>
  Object.hasOwn(object, path) ? [path] : membersOf(path);

/** `slot` and `date` -> `slot.date`; `payments` and `[]` -> `payments[]`. */
export const joinPath = (base: string, member: string): string =>
  base === '' || member.startsWith('[') ? `${base}${member}` : `${base}.${member}`;

/** Maps the values at the path; the same object when nothing changes. */
function mapMembers(
  value: Json,
  members: readonly string[],
  place: string,
  change: (value: Json, place: string) => Json,
): Json {
  const [member, ...rest] = members;
  if (member === undefined) return change(value, place);
  if (member === '[]') {
    // A single value where a list belongs counts as a list of one: a limit must not miss it.
    if (!Array.isArray(value)) return mapMembers(value, rest, place, change);
    const list = (value as readonly Json[]).map((item, i) => mapMembers(item, rest, `${place}[${i}]`, change));
    return list.some((item, i) => item !== value[i]) ? list : value;
  }
  if (!isObject(value) || !Object.hasOwn(value, member)) return value;
  const before = value[member] as Json;
  const after = mapMembers(before, rest, joinPath(place, member), change);
  return after === before ? value : { ...value, [member]: after };
}

/** The arguments with each value at the path replaced; the same object when none changes. */
export const mapAt = (given: JsonObject, path: string, change: (value: Json, place: string) => Json): JsonObject =>
  mapMembers(given, membersIn(given, path), '', change) as JsonObject;

/** All values at a path, in order; [] when there is none. */
export function valuesAt(given: JsonObject, path: string): readonly PlacedValue[] {
  // Most paths are one name.
  if (Object.hasOwn(given, path)) return [{ place: path, value: given[path] as Json }];
  const found: PlacedValue[] = [];
  mapAt(given, path, (value, place) => {
    found.push({ place, value });
    return value;
  });
  return found;
}

/** The JSON Schema types that a value may have; [] = any. */
export function typesOf(schema: JsonObject): readonly string[] {
  if (typeof schema.type === 'string') return [schema.type];
  if (Array.isArray(schema.type)) return schema.type.filter((type): type is string => typeof type === 'string');
  return [];
}

/** Schemas of an object's members; [] for an object that may hold anything. */
export const memberSchemas = (schema: JsonObject): readonly (readonly [name: string, schema: JsonObject])[] =>
  isObject(schema.properties)
    ? Object.entries(schema.properties).map(([name, inner]) => [name, isObject(inner) ? inner : {}] as const)
    : [];

/** The schema of a list's elements; {} when the schema says nothing about them. */
export const itemSchema = (schema: JsonObject): JsonObject => (isObject(schema.items) ? schema.items : {});

/** Path -> schema, for every path of a tool's parameters, outer paths first. */
export function argumentSchemas(parameters: JsonObject): ReadonlyMap<string, JsonObject> {
  const found = new Map<string, JsonObject>();
  const visit = (schema: JsonObject, base: string, depth: number): void => {
    if (base !== '') found.set(base, schema);
    // A schema that refers to itself never ends.
    if (depth > 8) return;
    for (const [name, inner] of memberSchemas(schema)) visit(inner, joinPath(base, name), depth + 1);
    if (typesOf(schema).includes('array')) visit(itemSchema(schema), `${base}[]`, depth + 1);
  };
  visit(parameters, '', 0);
  return found;
}

/** A value's shape according to its schema, as `unknownMember` reads it; null = unknown. */
export function shapeOfSchema(schema: JsonObject): Json {
  const [type, ...others] = typesOf(schema);
  if (others.length > 0) return null;
  if (type === 'array') return [shapeOfSchema(itemSchema(schema))];
  if (type === 'string') return '';
  if (type !== 'object' || schema.additionalProperties === true) return null;
  const members = memberSchemas(schema);
  return members.length === 0 ? null : Object.fromEntries(members.map(([name, inner]) => [name, shapeOfSchema(inner)]));
}

const lastMember = (path: string): string => membersOf(path).findLast((member) => member !== '[]') ?? path;

/** The only known path with nearly the same spelling, or with the same name at another depth. */
export function nearestPath(wrong: string, known: Iterable<string>): string | undefined {
  const paths = [...known];
  const near = nearestName(wrong, paths);
  if (near !== undefined) return near;
  const same = paths.filter((path) => !path.endsWith('[]') && lastMember(path) === lastMember(wrong));
  return same.length === 1 ? same[0] : undefined;
}
