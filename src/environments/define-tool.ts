/** Tools of a defined environment: a zod schema and a function on the state. */
import { z } from 'zod';
import { EnvironmentError, InfrastructureError, reasonOf } from '../errors.ts';
import { isPromise } from '../runtime/ask.ts';
import type { Json, JsonObject, MaybePromise, Tool, ToolCall, ToolResult } from '../types.ts';
import { faultOfSchema } from './schema-fault.ts';

/** A tool made by `tool`. */
export interface DefinedTool<State> {
  readonly description: string;
  readonly readOnly: boolean;
  readonly parameters: JsonObject;
  /** Why models cannot be told of it, with the remedy; absent for a sound tool. */
  readonly fault?: string;
  /** Checks the arguments, then runs and may change the state in place; throws on bad input. */
  run(state: State, given: JsonObject, name: string, signal?: AbortSignal): unknown;
}

/**
 * A tool of a defined environment. `run` may change the state in place and returns (or promises)
 * what the model reads: text as it is, other values as JSON, nothing as `ok`. What it throws
 * becomes an error result and undoes its changes. `readOnly` (default false) promises that it
 * changes nothing, so that the runtime may call it by itself.
 */
export function tool<State, Shape extends z.core.$ZodLooseShape>(
  description: string,
  schema: z.ZodObject<Shape>,
  run: (state: State, given: z.output<z.ZodObject<Shape>>, signal?: AbortSignal) => unknown,
  options: { readonly readOnly?: boolean } = {},
): DefinedTool<State> {
  const fault = faultOfSchema(schema);
  if (fault !== null) return { description, readOnly: options.readOnly ?? false, parameters: {}, fault, run: () => {} };
  // An unknown argument is an error unless the author allows it.
  const checked = schema.def.catchall === undefined ? schema.strict() : schema;
  const { $schema: _, ...parameters } = z.toJSONSchema(checked, { io: 'input' }) as Record<string, Json>;
  return {
    description,
    readOnly: options.readOnly ?? false,
    parameters: { type: 'object', properties: {}, required: [], ...parameters },
    run: (state, given, name, signal) => {
      const parsed = checked.safeParse(given);
      if (!parsed.success) throw new Error(whatIsWrong(name, schema, parsed.error.issues));
      const args = parsed.data as z.output<z.ZodObject<Shape>>;
      // Without a declared third parameter the function may have its own default there.
      return run.length < 3 ? run(state, args) : run(state, args, signal);
    },
  };
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
};

/** One sentence about the first fault; an unknown argument comes first. */
function whatIsWrong(name: string, { shape }: z.ZodObject, issues: readonly z.core.$ZodIssue[]): string {
  const unknown = issues.find((issue) => issue.code === 'unrecognized_keys' && issue.path.length === 0);
  if (unknown?.code === 'unrecognized_keys')
    return `${name} has no argument ${unknown.keys[0]}; it takes ${Object.keys(shape).join(', ') || 'none'}`;
  const issue = issues[0] as z.core.$ZodIssue;
  const path = issue.path.map(String).join('.');
  if (issue.code !== 'invalid_type') return path === '' ? issue.message : `${path} of ${name}: ${issue.message}`;
  if (issue.message.endsWith('received undefined')) return `${name} needs the argument ${path}`;
  // A wrong element is reported as a fault of the list, which the model has to write again.
  const list = /^(.+)\.\d+$/.exec(path)?.[1];
  if (list !== undefined) return `${list} of ${name} must be a list of ${issue.expected}s`;
  const own = shape[path];
  const element = own instanceof z.ZodArray ? own.element : undefined;
  if (element instanceof z.ZodString) return `${path} of ${name} must be a list of strings`;
  return `${path} of ${name} must be ${TYPES[issue.expected] ?? issue.expected}`;
}

/** Tools as the model sees them. */
export const toolsAsTold = (tools: Readonly<Record<string, Omit<DefinedTool<never>, 'run'>>>): readonly Tool[] =>
  Object.entries(tools).map(([name, { description, parameters, readOnly }]) => ({
    name,
    description,
    parameters,
    readOnly,
  }));

/** Runs one call; thrown errors, unknown tools and bad arguments become an error result. */
export function runTool<State>(
  {
    tools,
    isError,
  }: {
    readonly tools: Readonly<Record<string, DefinedTool<State>>>;
    isError?(content: string): boolean;
  },
  state: State,
  { name, arguments: given }: ToolCall,
  signal?: AbortSignal,
): MaybePromise<ToolResult> {
  const entry = Object.hasOwn(tools, name) ? tools[name] : undefined;
  if (!entry) return { content: `Error: There is no tool ${name}`, error: true };
  const shown = (value: unknown): ToolResult => {
    const content = contentOf(value, name);
    return { content, error: isError?.(content) ?? false };
  };
  const told = (error: unknown): ToolResult => {
    if (error instanceof InfrastructureError) throw error;
    return { content: `Error: ${reasonOf(error)}`, error: true };
  };
  let value: unknown;
  try {
    value = entry.run(state, given, name, signal);
  } catch (error) {
    return told(error);
  }
  return isPromise(value) ? value.then(shown, told) : shown(value);
}

/** A tool's value as text for the model. Throws EnvironmentError for a value that is not JSON. */
function contentOf(value: unknown, tool: string): string {
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
