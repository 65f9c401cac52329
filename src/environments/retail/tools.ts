/** The 16 tools of the shop, lookups first. */
import { isPromise } from '../../runtime/ask.ts';
import type { Tool, ToolCall, ToolResult } from '../../types.ts';
import { type DefinedTool, runTool, toolsAsTold } from '../define-tool.ts';
import { calculateTool } from './calculate.ts';
import { cancelTools, transferTool } from './cancel.ts';
import { modifyTools } from './modify.ts';
import { readTools } from './reads.ts';
import { returnExchangeTools } from './return-exchange.ts';
import type { Store } from './store.ts';

export const shopTools: Readonly<Record<string, DefinedTool<Store>>> = {
  ...readTools,
  ...calculateTool,
  ...cancelTools,
  ...modifyTools,
  ...returnExchangeTools,
  ...transferTool,
};

export const retailTools: readonly Tool[] = toolsAsTold(shopTools);

/** Runs one call. Each tool checks everything before its first write, so errors change nothing. */
export function executeRetail(store: Store, call: ToolCall): ToolResult {
  const result = runTool({ tools: shopTools }, store, call);
  if (isPromise(result)) throw new TypeError(`${call.name}: expected a tool that answers at once`);
  return result;
}
