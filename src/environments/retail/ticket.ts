/** The grammar of the public train instructions: which words of a ticket mean which gold item. */
import type { ToolCall } from '../../types.ts';
import { type Order, readOrder, type Store } from './store.ts';

/** One item of a clause: `Notebook {'size': 'A6'}` and, for a change, the new `{'size': 'A5'}`. */
interface Named {
  readonly product: string;
  readonly words: string;
  readonly options: string;
  readonly wanted: string | undefined;
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** The items of the clause behind the write, in order; [] if the request has no such clause. */
function clauseOf(request: string, write: ToolCall): Named[] {
  const order = escaped(String(write.arguments.order_id));
  const method = escaped(String(write.arguments.payment_method_id));
  if (write.name === 'return_delivered_order_items') {
    const list = new RegExp(`Return ${order} via ${method}: ((?:[^;.]+; ?)+)`).exec(request)?.[1] ?? '';
    // Only the last semicolon ends the list: a following clause starts with its own verb.
    const names = list.split(';').map((name) => name.trim());
    const end = names.findIndex((name) => name === '' || /^(?:Return|For|Cancel) /.test(name));
    return names
      .slice(0, end < 0 ? names.length : end)
      .map((name) => ({ product: name, words: name, options: '{}', wanted: undefined }));
  }
  const verb = write.name === 'exchange_delivered_order_items' ? 'exchange' : 'modify';
  const clause = new RegExp(`For ${order}, ${verb} (.*?); via ${method}\\.`).exec(request)?.[1] ?? '';
  const pairs = clause.matchAll(/(?:^|; )([^{;]+) (\{[^}]*\}) to (\{[^}]*\})/g);
  return [...pairs].map(([, product = '', options = '', wanted = '']) => ({
    product,
    words: `${product} ${options}`,
    options,
    wanted,
  }));
}

/** `{'size': 'A6'}` as pairs; values contain no quotes. */
function optionsOf(text: string): [string, string][] {
  return [...text.matchAll(/(?:'([^']*)'|"([^"]*)"): (?:'([^']*)'|"([^"]*)")/g)].map(([, a, b, c, d]) => [
    a ?? b ?? '',
    c ?? d ?? '',
  ]);
}

/** Items of the order that the words may mean. */
function meant(order: Order, named: Named): Set<string> {
  const options = optionsOf(named.options);
  const lines = order.items.filter(
    (line) => line.name === named.product && options.every(([key, value]) => line.options[key] === value),
  );
  return new Set(lines.map((line) => line.item_id));
}

const listArgument = (write: ToolCall, name: string): readonly string[] => {
  const value = write.arguments[name];
  return Array.isArray(value) ? value.map(String) : [];
};

/**
 * Gold item id -> the words of the request that mean it, over all writes; null when an item is not
 * named or when its words also fit another item of the order.
 */
export function ticketMentions(
  store: Store,
  request: string,
  writes: readonly ToolCall[],
): Record<string, string> | null {
  const mentions: Record<string, string> = {};
  for (const write of writes) {
    const ids = listArgument(write, 'item_ids');
    if (ids.length === 0) continue;
    const order = readOrder(store, String(write.arguments.order_id));
    const named = clauseOf(request, write);
    if (!order || named.length !== ids.length) return null;
    const wanted = listArgument(write, 'new_item_ids');
    for (const [index, item] of named.entries()) {
      const id = ids[index] as string;
      const items = meant(order, item);
      if (!items.has(id) || items.size !== 1) return null;
      mentions[id] ??= item.words;
      const next = wanted[index];
      if (next !== undefined && item.wanted !== undefined) mentions[next] ??= item.wanted;
    }
  }
  return mentions;
}
