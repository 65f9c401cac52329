/** Why a zod schema cannot be told to a model: the argument, and what to write instead. */
import { z } from 'zod';

/** What to write instead of a type that JSON does not have. */
const INSTEAD: Readonly<Record<string, string>> = {
  date: 'use z.iso.date() or z.iso.datetime() and make the Date in run',
  bigint: 'use z.int(), or z.string() for larger numbers',
  map: 'use z.record(z.string(), ...)',
  set: 'use z.array(...)',
  undefined: 'leave the argument out, or use .optional()',
  void: 'leave the argument out',
  function: 'a model sends data only; leave it out',
  custom: 'use z.string(), z.number(), z.array() or z.object()',
};

const isSchema = (value: unknown): value is z.ZodType =>
  typeof value === 'object' && value !== null && '_zod' in value && 'def' in value;

function fits(schema: z.ZodType): boolean {
  try {
    z.toJSONSchema(schema, { io: 'input' });
    return true;
  } catch {
    return false;
  }
}

/** The schemas inside of a schema, each with its name; '' where a wrapper adds none. */
function partsOf(schema: z.ZodType): readonly (readonly [name: string, part: z.ZodType])[] {
  if ('shape' in schema)
    return Object.entries(schema.shape as object).filter((entry): entry is [string, z.ZodType] => isSchema(entry[1]));
  const own = new Map<string, unknown>(Object.entries(schema.def));
  const inner = ['element', 'innerType', 'in', 'valueType', 'items', 'options'].flatMap((key) => own.get(key) ?? []);
  return inner.filter(isSchema).map((part) => ['', part]);
}

/** The innermost part without a JSON form. */
function misfitOf(schema: z.ZodType, path: readonly string[] = []): { readonly path: string; readonly type: string } {
  for (const [name, part] of partsOf(schema)) {
    if (!fits(part)) return misfitOf(part, name === '' ? path : [...path, name]);
  }
  return { path: path.join('.'), type: schema.def.type };
}

/** E.g. `argument day: z.date() has no JSON form; use ...`; null for a schema that fits. */
export function faultOfSchema(schema: unknown): string | null {
  if (!isSchema(schema))
    return "expected z.object({...}) as its arguments; import z from 'harness-optimizer', or from zod 4";
  const { type } = schema.def;
  if (type !== 'object' || !('strict' in schema))
    return `expected z.object({...}) as its arguments, found z.${type}(); endpoints take one object, so name every argument in it (z.enum for a kind, .optional() for what not every kind has)`;
  if (fits(schema)) return null;
  const { path, type: found } = misfitOf(schema);
  return `argument ${path}: z.${found}() has no JSON form; ${INSTEAD[found] ?? 'use text, numbers, true or false, lists or objects'}`;
}
