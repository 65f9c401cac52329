/** Finds collections of records in a result: lists of objects, and maps from ids to objects. */
import { isObject } from '../../digest.ts';
import type { Json, JsonObject } from '../../types.ts';

/** Property names from the root of a value. */
export type Path = readonly string[];

export interface Collection {
  readonly path: Path;
  /** True for a map, false for a list. */
  readonly map: boolean;
  readonly records: readonly JsonObject[];
}

const identifier = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** A path that CEL can select with dots. */
export const isPlainPath = (path: Path): boolean => path.every((name) => identifier.test(name));

/** Collections of at least one object, at most `depth` properties deep, outermost first. */
export function collectionsIn(value: Json, depth = 3, path: Path = []): Collection[] {
  if (Array.isArray(value)) {
    const records = value.filter(isObject);
    return records.length > 0 && records.length === value.length ? [{ path, map: false, records }] : [];
  }
  if (!isObject(value) || depth < 0) return [];
  const own = mapRecords(value);
  if (own) return [{ path, map: true, records: own }];
  return Object.entries(value).flatMap(([name, inner]) => collectionsIn(inner, depth - 1, [...path, name]));
}

/** The records of a map keyed by id (with a digit, or repeated in its record); else undefined. */
function mapRecords(value: JsonObject): JsonObject[] | undefined {
  const entries = Object.entries(value);
  if (entries.length === 0) return undefined;
  const records: JsonObject[] = [];
  for (const [key, inner] of entries) {
    if (!isObject(inner)) return undefined;
    if (!Object.values(inner).includes(key) && !/[0-9]/.test(key)) return undefined;
    records.push(inner);
  }
  return records;
}

/** Scalars at fixed paths (no lists, no maps), as [path, value]. */
export function scalarsIn(value: Json, depth = 2, path: Path = []): [Path, string | number | boolean | null][] {
  if (value === null || typeof value !== 'object') return [[path, value]];
  if (!isObject(value) || depth < 0 || mapRecords(value)) return [];
  return Object.entries(value).flatMap(([name, inner]) => scalarsIn(inner, depth - 1, [...path, name]));
}

/** The value at a path; undefined when a step is missing. */
export function at(value: Json | undefined, path: Path): Json | undefined {
  let here = value;
  for (const name of path) here = isObject(here) ? here[name] : undefined;
  return here;
}

/** The collection at a path as a list of records. */
export function recordsAt(value: Json | undefined, path: Path): JsonObject[] {
  const found = at(value, path);
  if (Array.isArray(found)) return found.filter(isObject);
  return isObject(found) ? Object.values(found).filter(isObject) : [];
}
