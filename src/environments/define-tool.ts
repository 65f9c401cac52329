/** Tools of a defined environment: a zod schema and a function on the state. */
import { z } from 'zod';
import { EnvironmentError } from '../errors.ts';
import type { Json, JsonObject } from '../types.ts';

/** A tool made by `tool`. */
export interface DefinedTool<State> {
  readonly description: string;
  readonly readOnly: boolean;
  readonly parameters: JsonObject;
  /** Checks the arguments, then runs; throws on bad input. The state may be changed in place. */
  run(state: State, given: JsonObject, signal?: AbortSignal): unknown;
}

/**
 * A tool of a defined environment. `run` may change the state in place and returns what the model
 * reads: text as it is, other values as JSON, nothing as `ok`, or a promise of it; what it throws
 * becomes an error result and undoes its changes. `readOnly` (default false) promises that it
 * changes nothing: the runtime may then call it by itself.
 */
export function tool<State, Shape extends z.core.$ZodLooseShape>(
  description: string,
  schema: z.ZodObject<Shape>,
  run: (state: State, given: z.output<z.ZodObject<Shape>>, signal?: AbortSignal) => unknown,
  options: { readonly readOnly?: boolean } = {},
): DefinedTool<State> {
  // An argument that the tool does not know is an error unless the author allows it.
  const checked = schema.def.catchall === undefined ? schema.strict() : schema;
  const { $schema: _, ...parameters } = z.toJSONSchema(checked, { io: 'input' }) as Record<string, Json>;
  return {
    description,
    readOnly: options.readOnly ?? false,
    parameters: { properties: {}, required: [], ...parameters },
    run: (state, given, signal) => {
      const parsed = checked.safeParse(given);
      if (!parsed.success) throw new Error(whatIsWrong(parsed.error));
      return run(state, parsed.data as z.output<z.ZodObject<Shape>>, signal);
    },
  };
}

const whatIsWrong = (error: z.ZodError): string =>
  error.issues.map(({ path, message }) => (path.length > 0 ? `${path.join('.')}: ${message}` : message)).join('; ');

/** What the model reads of a tool's value. Throws EnvironmentError for one that is no JSON. */
export function contentOf(value: unknown, tool: string): string {
  if (value === undefined) return 'ok';
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (cause) {
    throw new EnvironmentError(`the tool ${tool} returned a value that is no JSON: ${String(cause)}`, { cause });
  }
  if (text === undefined)
    throw new EnvironmentError(`the tool ${tool} returned a ${typeof value}; expected a text or JSON`);
  return text;
}
