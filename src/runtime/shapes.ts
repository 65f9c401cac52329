/** What the layers need to know of a tool's JSON Schema, read once. */
import { isObject } from '../digest.ts';
import type { Json, JsonObject, Tool } from '../types.ts';

export interface ToolShape {
  readonly tool: Tool;
  /** Argument name -> its schema. */
  readonly properties: ReadonlyMap<string, JsonObject>;
}

/** A change of a call before it becomes a trace step. */
export interface Rewrite {
  readonly by: string;
  readonly what: string;
  readonly before: Json;
  readonly after: Json;
}

export function shapeOf(tool: Tool): ToolShape {
  const properties = isObject(tool.parameters.properties) ? tool.parameters.properties : {};
  return {
    tool,
    properties: new Map(Object.entries(properties).map(([name, schema]) => [name, isObject(schema) ? schema : {}])),
  };
}

/** The JSON Schema types that a value may have; [] = any. */
export function typesOf(schema: JsonObject): readonly string[] {
  if (typeof schema.type === 'string') return [schema.type];
  if (Array.isArray(schema.type)) return schema.type.filter((type): type is string => typeof type === 'string');
  return [];
}

export const isListArgument = (shape: ToolShape | undefined, argument: string): boolean =>
  typesOf(shape?.properties.get(argument) ?? {}).includes('array');

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
