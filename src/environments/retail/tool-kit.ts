/** What every retail tool is made of: its schema, its checks and its effect. */
import type { Json, Tool, ToolResult } from '../../types.ts';
import { pythonJson } from './python-json.ts';
import { type Order, type PaymentMethod, type RetailUser, readMethod, readUser, type Store } from './store.ts';
import { orderRecord } from './store-digest.ts';

/**
 * compat copies upstream's quirk Q1 (every changed line gets the last pair's price and options);
 * fixed corrects it.
 */
export type RetailMode = 'compat' | 'fixed';

/** A refused call; the message is what the model reads after `Error: `. */
export class ToolError extends Error {
  override readonly name = 'ToolError';
}

/**
 * Argument name -> its description; names in `lists` take a list of strings, all others a string.
 */
interface Arguments {
  readonly texts?: Readonly<Record<string, string>>;
  readonly lists?: Readonly<Record<string, string>>;
}

/** Checked arguments: `text` and `list` read one by name. */
export interface Given {
  text(name: string): string;
  list(name: string): readonly string[];
}

export interface RetailTool {
  readonly tool: Tool;
  /**
   * Makes all checks before its first write, so that a refused call changes nothing. Throws
   * ToolError.
   */
  run(store: Store, given: Given, mode: RetailMode): string;
}

export function retailTool(
  name: string,
  description: string,
  readOnly: boolean,
  { texts = {}, lists = {} }: Arguments,
  run: RetailTool['run'],
): RetailTool {
  const properties: Record<string, Json> = {};
  for (const [key, text] of Object.entries(texts)) properties[key] = { type: 'string', description: text };
  for (const [key, text] of Object.entries(lists)) {
    properties[key] = { type: 'array', items: { type: 'string' }, description: text };
  }
  const parameters = { type: 'object', properties, required: Object.keys(properties), additionalProperties: false };
  return { tool: { name, description, parameters, readOnly }, run };
}

/** A user or an order as tools print it. */
export const userLabel = (user: RetailUser): string => pythonJson(user, false);
export const orderText = (order: Order): string => pythonJson(orderRecord(order), false);

/** The method of that id in the profile of the order's user. */
export function paymentMethodOf(store: Store, userId: string, methodId: string): PaymentMethod {
  const user = readUser(store, userId);
  if (!user) throw new ToolError('User not found');
  const method = readMethod(user, methodId);
  if (!method) throw new ToolError('Payment method not found');
  return method;
}

/** How often each id occurs. */
export function countsOf(ids: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
  return counts;
}

/** The first asked id that the order holds less often than it is asked for. */
export function missingItem(order: Order, asked: readonly string[]): string | undefined {
  const held = countsOf(order.items.map((item) => item.item_id));
  const wanted = countsOf(asked);
  return asked.find((id) => (wanted.get(id) ?? 0) > (held.get(id) ?? 0));
}

export const succeeded = (content: string): ToolResult => ({ content, error: false });
export const failed = (message: string): ToolResult => ({ content: `Error: ${message}`, error: true });
