/** Reads a reply as the JSON answer that an environment asks for. */
import { z } from 'zod';
import { isObject } from '../digest.ts';
import { UsageError } from '../errors.ts';
import type { Realization } from '../harness/schema.ts';
import type { Json, JsonObject } from '../types.ts';
import { coerceInside } from './coerce.ts';
import { parseJson, repairJson, stripFences } from './repair.ts';
import type { Rewrite } from './shapes.ts';

export type ReadAnswer =
  | { readonly value: Json; readonly rewrites: readonly Rewrite[] }
  /** One sentence for the model. */
  | { readonly problem: string };

const checkers = new WeakMap<JsonObject, z.ZodType>();

/** Throws UsageError for a value that is not a JSON Schema or that cannot be checked. */
export function answerChecker(schema: JsonObject): z.ZodType {
  let checker = checkers.get(schema);
  if (checker === undefined) {
    try {
      checker = z.fromJSONSchema(schema as z.core.JSONSchema.JSONSchema);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new UsageError(`answer.schema: expected a JSON Schema that can be checked, found: ${why}; simplify it`);
    }
    checkers.set(schema, checker);
  }
  return checker;
}

/** The JSON in a text, fixed and without fences and words around it. */
function repairedJson(text: string): Json | undefined {
  const inside = stripFences(text);
  const start = inside.search(/[[{]/);
  if (start < 0) return undefined;
  const end = Math.max(inside.lastIndexOf('}'), inside.lastIndexOf(']'));
  return repairJson(end > start ? inside.slice(start, end + 1) : inside.slice(start));
}

/** Maximum faults that one message names. */
const NAMED = 10;

/** `repair` fixes broken JSON; `coerce` turns values into the schema's types. */
export function readAnswer(
  text: string,
  schema: JsonObject,
  { repair, coerce }: Pick<Realization, 'repair' | 'coerce'>,
): ReadAnswer {
  const rewrites: Rewrite[] = [];
  let value = parseJson(text.trim());
  if (repair && (value === undefined || !isObject(value))) {
    const repaired = repairedJson(text);
    if (repaired !== undefined && repaired !== value) {
      value = repaired;
      rewrites.push({ by: 'realization:repair', what: 'answer', before: text, after: repaired });
    }
  }
  if (value === undefined) return { problem: 'The answer is no JSON. Answer with one JSON value and nothing else.' };
  if (coerce) value = coerceInside(value, schema, 'answer', rewrites);
  const checked = answerChecker(schema).safeParse(value);
  if (checked.success) return { value, rewrites };
  const faults = checked.error.issues
    .slice(0, NAMED)
    .map(({ path, message }) => (path.length === 0 ? message : `${path.join('.')}: ${message}`));
  return {
    problem: `The answer does not meet the schema: ${faults.join('; ')}. Answer with the corrected JSON alone.`,
  };
}
