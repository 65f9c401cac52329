/** A tiny shop for tests: two orders, two products, and a harness builder. */
import { canonicalJson, sha256 } from '../digest.ts';
import { Contract, HarnessSettings, Regulation, type Skill } from '../harness/schema.ts';
import type { Harness, Json, JsonObject, SyncEnvironment, Task, Tool, ToolCall, ToolResult } from '../types.ts';

const text = { type: 'string' };
const texts = { type: 'array', items: text };
const tool = (name: string, description: string, readOnly: boolean, properties: JsonObject): Tool => ({
  name,
  description,
  readOnly,
  parameters: { type: 'object', properties, required: Object.keys(properties) },
});

const tools: readonly Tool[] = [
  tool('get_order', 'Show an order.', true, { order_id: text }),
  tool('get_product', 'Show a product. It lists all variants.', true, { product_id: text }),
  tool('cancel_order', 'Cancel a pending order.', false, { order_id: text, reason: text }),
  tool('swap_items', 'Swap items of a delivered order.', false, {
    order_id: text,
    item_ids: texts,
    new_item_ids: texts,
  }),
  tool('give_credit', 'Give store credit.', false, { amount: { type: 'number' } }),
];

const variant = (item_id: string, material: string, height: string, available: boolean, price: number) => ({
  item_id,
  options: { material, height },
  available,
  price,
});
export const products: Readonly<Record<string, JsonObject>> = {
  P1: {
    name: 'Bookshelf',
    product_id: 'P1',
    variants: {
      '1001': variant('1001', 'metal', '4 ft', true, 100),
      '1002': variant('1002', 'wood', '4 ft', true, 110.5),
      '1003': variant('1003', 'wood', '5 ft', true, 120),
      '1004': variant('1004', 'glass', '5 ft', false, 90),
    },
  },
  P2: {
    name: 'Ring',
    product_id: 'P2',
    variants: {
      '2001': { item_id: '2001', options: { color: 'gold', size: 'M' }, available: true, price: 300 },
      '2002': { item_id: '2002', options: { color: 'rose gold', size: 'M' }, available: true, price: 310 },
      '2003': { item_id: '2003', options: { color: 'gold', size: 'L' }, available: true, price: 320 },
    },
  },
};
const line = (name: string, product_id: string, item_id: string, options: JsonObject): JsonObject => ({
  name,
  product_id,
  item_id,
  options,
});
const orders: Readonly<Record<string, JsonObject>> = {
  '#W1000001': {
    order_id: '#W1000001',
    status: 'delivered',
    items: [
      line('Bookshelf', 'P1', '1001', { material: 'metal', height: '4 ft' }),
      line('Ring', 'P2', '2001', { color: 'gold', size: 'M' }),
    ],
  },
  '#W1000002': {
    order_id: '#W1000002',
    status: 'pending',
    items: [line('Ring', 'P2', '2002', { color: 'rose gold', size: 'M' })],
  },
};

interface Shop {
  readonly status: Map<string, string>;
  readonly log: string[];
}

const fail = (message: string): ToolResult => ({ content: `Error: ${message}`, error: true });
const tell = (value: Json): ToolResult => ({ content: JSON.stringify(value), error: false });

function orderNow(shop: Shop, id: unknown): JsonObject | undefined {
  const order = typeof id === 'string' ? orders[id] : undefined;
  return order && { ...order, status: shop.status.get(id as string) ?? (order.status as string) };
}

function execute(shop: Shop, { name, arguments: given }: ToolCall): ToolResult {
  const known = tools.find((item) => item.name === name);
  if (known === undefined) return fail(`unknown tool ${name}`);
  const names = Object.keys(known.parameters.properties as JsonObject);
  if (Object.keys(given).length !== names.length || names.some((key) => given[key] === undefined))
    return fail(`expected the arguments ${names.join(', ')}`);
  if (name === 'get_product') {
    const product = products[String(given.product_id)];
    return product ? tell(product) : fail('product not found');
  }
  if (name === 'give_credit') {
    shop.log.push(`credit ${String(given.amount)}`);
    return tell('ok');
  }
  const order = orderNow(shop, given.order_id);
  if (order === undefined) return fail('order not found');
  const id = order.order_id as string;
  if (name === 'get_order') return tell(order);
  if (name === 'cancel_order') {
    if (order.status !== 'pending') return fail('order is not pending');
    shop.status.set(id, 'cancelled');
  } else {
    if (order.status !== 'delivered') return fail('order is not delivered');
    const ids = new Set(Object.values(products).flatMap(({ variants }) => Object.keys(variants as JsonObject)));
    const all = [given.item_ids, given.new_item_ids].flatMap((list) =>
      Array.isArray(list) ? (list as Json[]) : ['?'],
    );
    if (all.some((item) => !ids.has(String(item)))) return fail('item not found');
    shop.status.set(id, 'swap requested');
    shop.log.push(`${id}: ${JSON.stringify(given.item_ids)} -> ${JSON.stringify(given.new_item_ids)}`);
  }
  return tell(orderNow(shop, id) as JsonObject);
}

const changesOf = (shop: Shop): readonly string[] => [
  ...[...shop.status].map(([id, status]) => `${id} status: ${status}`),
  ...shop.log,
];

/** `target` is the list of changes that the task wants. */
export const shopTask = (request: string, target: readonly string[] = [], id = 'task-1'): Task => ({
  id,
  split: 'train',
  tags: [],
  request,
  target,
});

export const shop: SyncEnvironment<Shop> = {
  name: 'shop',
  digest: sha256(canonicalJson({ tools, products, orders } as unknown)),
  tools,
  tasks: [],
  maxTurns: 8,
  ceiling: 0,
  reset: () => ({ status: new Map(), log: [] }),
  execute,
  fork: (state) => ({ status: new Map(state.status), log: [...state.log] }),
  changes: changesOf,
  score: (task, state, ending) => {
    const passed = ending.reason === 'done' && canonicalJson(changesOf(state)) === canonicalJson(task.target);
    return { reward: passed ? 1 : 0, checks: [{ name: 'state', passed }] };
  },
  oracle: () => ({ calls: [], summary: 'ok' }),
};

export interface HarnessParts {
  readonly policy?: string;
  readonly contract?: unknown;
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly monitors?: readonly unknown[];
  readonly skills?: readonly Skill[];
}

/** A harness from plain data; the schemas add the defaults. */
export function harnessOf(parts: HarnessParts = {}): Harness {
  return {
    id: sha256(canonicalJson(parts)),
    env: 'shop',
    files: new Map(),
    policy: parts.policy ?? 'Serve the customer.',
    settings: HarnessSettings.parse({ version: 1, ...parts.settings }),
    contract: Contract.parse(parts.contract ?? {}),
    regulation: Regulation.parse({ monitors: parts.monitors ?? [] }),
    skills: parts.skills ?? [],
  };
}

/** The clause of the design: reads and lookups prepare an exchange. */
export const swapClause = {
  id: 'swap-delivered-once',
  tools: ['swap_items'],
  say: 'Only a delivered order can be swapped, and only once.',
  prepare: [
    { read: { as: 'order', call: 'get_order', with: { order_id: 'args.order_id' } } },
    { ground: { argument: 'item_ids', from: 'order.items', key: 'item_id' } },
    {
      read: {
        as: 'products',
        each: 'args.item_ids',
        call: 'get_product',
        with: { product_id: 'order.items.filter(x, x.item_id == it)[0].product_id' },
      },
    },
    {
      ground: {
        argument: 'new_item_ids',
        from: 'values(products[i].variants).filter(v, v.available)',
        key: 'item_id',
        keep: 'order.items.filter(x, x.item_id == args.item_ids[i])[0]',
      },
    },
  ],
  require: 'order.status == "delivered"',
  enforce: 'block',
  otherwise: '{{args.order_id}} is {{order.status}}. For a pending order use cancel_order.',
};
