/** What several replies of upstream used together. */
import { isObject } from '../digest.ts';
import type { Json, JsonObject } from '../types.ts';

/** Sums numbers, also inside of details. */
export function sumOf(usages: readonly JsonObject[]): JsonObject | null {
  const [first, ...others] = usages;
  if (first === undefined) return null;
  return others.reduce<JsonObject>((sum, usage) => added(sum, usage), first);
}

function added(a: JsonObject, b: JsonObject): JsonObject {
  const sum: Record<string, Json> = { ...a };
  for (const [name, value] of Object.entries(b)) {
    const known = sum[name];
    if (typeof value === 'number' && typeof known === 'number') sum[name] = known + value;
    else
      sum[name] =
        isObject(value) && isObject(known) ? added(known as JsonObject, value as JsonObject) : (value as Json);
  }
  return sum;
}
