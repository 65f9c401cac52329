/** Which texts are held back, and what several replies used together. */
import { isObject } from '../digest.ts';
import type { Compiled } from '../runtime/compile.ts';
import type { Json, JsonObject } from '../types.ts';

/** True where a text may be answered, or taken for a call: nobody may read it yet. */
export function holdsText({ answer, realization, monitors, environment }: Compiled): boolean {
  const final = answer.kind === 'text' || environment.user !== undefined;
  return (
    !final ||
    realization.rescue ||
    realization.protocol === 'text' ||
    monitors.some(({ kind }) => /finish|text/.test(kind))
  );
}

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
