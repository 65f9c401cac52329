/** The 16 retail tools and the call layer in front of them. */
import type { Json, Tool, ToolCall, ToolResult } from '../../types.ts';
import { calculateTool } from './calculate.ts';
import { cancelTools, transferTool } from './cancel.ts';
import { modifyTools } from './modify.ts';
import { readTools } from './reads.ts';
import { returnExchangeTools } from './return-exchange.ts';
import type { Store } from './store.ts';
import { failed, type Given, type RetailMode, type RetailTool, succeeded, ToolError } from './tool-kit.ts';

export type { RetailMode } from './tool-kit.ts';

const all: readonly RetailTool[] = [
  ...readTools,
  calculateTool,
  ...cancelTools,
  ...modifyTools,
  ...returnExchangeTools,
  transferTool,
];
const byName: ReadonlyMap<string, RetailTool> = new Map(all.map((entry) => [entry.tool.name, entry]));

/** All tools as a model is told of them, lookups first. */
export const retailTools: readonly Tool[] = all.map((entry) => entry.tool);

/** Tools that never change the store. */
export const isReadOnly = (name: string): boolean => byName.get(name)?.tool.readOnly ?? false;

const isTextList = (value: Json | undefined): value is readonly string[] =>
  Array.isArray(value) && value.every((element) => typeof element === 'string');

/** Why the arguments do not fit the tool's schema; undefined when they do. */
function misfit(tool: Tool, given: ToolCall['arguments']): string | undefined {
  const properties = tool.parameters.properties as Readonly<Record<string, { readonly type: string }>>;
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(properties, name)) {
      const known = Object.keys(properties).join(', ');
      return `${tool.name} has no argument ${name}; it takes ${known || 'none'}`;
    }
  }
  for (const [name, { type }] of Object.entries(properties)) {
    const value = given[name];
    if (value === undefined) return `${tool.name} needs the argument ${name}`;
    if (type === 'string' && typeof value !== 'string') return `${name} of ${tool.name} must be a string`;
    if (type === 'array' && !isTextList(value)) return `${name} of ${tool.name} must be a list of strings`;
  }
  return undefined;
}

/**
 * Runs one call on the store. An unknown tool, a missing or extra argument, a wrong type or a
 * broken rule gives an error result and leaves the store as it was; never throws for bad input.
 */
export function executeRetail(store: Store, call: ToolCall, mode: RetailMode): ToolResult {
  const entry = byName.get(call.name);
  if (!entry) return failed(`There is no tool ${call.name}`);
  const wrong = misfit(entry.tool, call.arguments);
  if (wrong !== undefined) return failed(wrong);
  const given: Given = {
    text: (name) => call.arguments[name] as string,
    list: (name) => call.arguments[name] as readonly string[],
  };
  try {
    return succeeded(entry.run(store, given, mode));
  } catch (error) {
    if (error instanceof ToolError) return failed(error.message);
    throw error;
  }
}
