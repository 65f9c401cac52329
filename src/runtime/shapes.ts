/** What the layers need to know about a tool's JSON Schema, read once. */
import { argumentSchemas, memberSchemas, typesOf } from '../harness/argument-paths.ts';
import type { Json, JsonObject, Tool } from '../types.ts';

export interface ToolShape {
  readonly tool: Tool;
  /** Argument name -> its schema. */
  readonly properties: ReadonlyMap<string, JsonObject>;
  /** Argument path (`slot.date`, `payments[].cents`) -> schema; includes the plain names. */
  readonly paths: ReadonlyMap<string, JsonObject>;
}

/** A change of a call before it becomes a trace step. */
export interface Rewrite {
  readonly by: string;
  readonly what: string;
  readonly before: Json;
  readonly after: Json;
}

export function shapeOf(tool: Tool): ToolShape {
  return { tool, properties: new Map(memberSchemas(tool.parameters)), paths: argumentSchemas(tool.parameters) };
}

export const isListArgument = (shape: ToolShape | undefined, argument: string): boolean =>
  typesOf(shape?.paths.get(argument) ?? {}).includes('array');

const EXAMPLES: Readonly<Record<string, string>> = {
  string: '"..."',
  number: '0',
  integer: '0',
  boolean: 'true',
  array: '[]',
  object: '{}',
};

/** The form of a tool's arguments, e.g. `{"order_id": "...", "item_ids": []}`. */
export const exampleOf = ({ properties }: ToolShape): string =>
  `{${[...properties].map(([name, schema]) => `"${name}": ${EXAMPLES[typesOf(schema)[0] ?? ''] ?? '"..."'}`).join(', ')}}`;
