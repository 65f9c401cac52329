/** Tools of a defined environment: a zod schema and a function on the state. */
import { z } from 'zod';
import type { Json, JsonObject } from '../types.ts';

/** A tool made by `tool`. */
export interface DefinedTool<State> {
  readonly description: string;
  readonly readOnly: boolean;
  readonly parameters: JsonObject;
  /** Checks the arguments, then runs; throws on bad input. The state may be changed in place. */
  run(state: State, given: JsonObject): unknown;
}

/**
 * A tool of a defined environment. `run` may change the state in place and returns what the model
 * reads: text as it is, other values as JSON, nothing as `ok`; what it throws becomes an error
 * result and undoes its changes. `readOnly` (default false) promises that it changes nothing: the
 * runtime may then call it by itself.
 */
export function tool<State, Shape extends z.core.$ZodLooseShape>(
  description: string,
  schema: z.ZodObject<Shape>,
  run: (state: State, given: z.output<z.ZodObject<Shape>>) => unknown,
  options: { readonly readOnly?: boolean } = {},
): DefinedTool<State> {
  // An argument that the tool does not know is an error unless the author allows it.
  const checked = schema.def.catchall === undefined ? schema.strict() : schema;
  const { $schema: _, ...parameters } = z.toJSONSchema(checked, { io: 'input' }) as Record<string, Json>;
  return {
    description,
    readOnly: options.readOnly ?? false,
    parameters: { properties: {}, required: [], ...parameters },
    run: (state, given) => {
      const parsed = checked.safeParse(given);
      if (!parsed.success) throw new Error(whatIsWrong(parsed.error));
      return run(state, parsed.data as z.output<z.ZodObject<Shape>>);
    },
  };
}

const whatIsWrong = (error: z.ZodError): string =>
  error.issues.map(({ path, message }) => (path.length > 0 ? `${path.join('.')}: ${message}` : message)).join('; ');

/** What the model reads of a tool's value. */
export function contentOf(value: unknown): string {
  if (value === undefined) return 'ok';
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? 'ok');
}
