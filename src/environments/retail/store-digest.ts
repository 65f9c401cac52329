/** Digests and differences of a store: the tau2-compatible hash, and the journal's for scores. */
import { createHash } from 'node:crypto';
import { differences } from '../state-diff.ts';
import { pythonJson } from './python-json.ts';
import type { Order, RetailUser, RetailWorld, Store } from './store.ts';

const optionalFields = [
  'cancel_reason',
  'exchange_items',
  'exchange_new_items',
  'exchange_payment_method_id',
  'exchange_price_difference',
  'return_items',
  'return_payment_method_id',
] as const;

/** An order as the typed model prints it: all seven optional fields, null when unset. */
export function orderRecord(order: Order): object {
  const record: Record<string, unknown> = { ...order };
  for (const field of optionalFields) record[field] = order[field] ?? null;
  // The sum over no pairs is Python's integer 0, which prints without a decimal point.
  if (order.exchange_items?.length === 0) record.exchange_price_difference = { pythonInt: 0 };
  return record;
}

const texts = new WeakMap<object, string>();

/** Entities are immutable, so each canonical text is made once. */
function textOf(entity: object, record: () => object): string {
  let text = texts.get(entity);
  if (text === undefined) {
    text = pythonJson(record(), true);
    texts.set(entity, text);
  }
  return text;
}

const orderText = (order: Order): string => textOf(order, () => orderRecord(order));
const userText = (user: RetailUser): string => textOf(user, () => user);

interface Layout {
  readonly orders: readonly string[];
  readonly users: readonly string[];
  readonly products: string;
}

const layouts = new WeakMap<RetailWorld, Layout>();

function layoutOf(world: RetailWorld): Layout {
  let layout = layouts.get(world);
  if (!layout) {
    layout = {
      orders: Object.keys(world.orders).sort(),
      users: Object.keys(world.users).sort(),
      products: pythonJson(world.products, true),
    };
    layouts.set(world, layout);
  }
  return layout;
}

/**
 * SHA-256 (hex) of Python's `json.dumps(database, sort_keys=True)`, equal to tau2-bench's hash. It
 * takes milliseconds per megabyte of world: for tests and digests; scores use `touchedDigest`.
 */
export function storeHash(store: Store): string {
  const { world } = store;
  const layout = layoutOf(world);
  const orders = layout.orders.map(
    (id) => `"${id}": ${orderText((store.orders.get(id) ?? world.orders[id]) as Order)}`,
  );
  const users = layout.users.map(
    (id) => `"${id}": ${userText((store.users.get(id) ?? world.users[id]) as RetailUser)}`,
  );
  return createHash('sha256')
    .update(`{"orders": {${orders.join(', ')}}, "products": ${layout.products}, "users": {${users.join(', ')}}}`)
    .digest('hex');
}

/**
 * Canonical text of each touched entity that differs from the world's, sorted; '' if none does.
 * `viewOf` maps both sides of an order first, so that a score can ignore what the view drops.
 */
export function touchedDigest(store: Store, viewOf: (order: Order) => Order = (order) => order): string {
  const lines: string[] = [];
  for (const [id, order] of store.orders) {
    const text = orderText(viewOf(order));
    if (text !== orderText(viewOf(store.world.orders[id] as Order))) lines.push(`${id} ${text}`);
  }
  for (const [id, user] of store.users) {
    const text = userText(user);
    if (text !== userText(store.world.users[id] as RetailUser)) lines.push(`${id} ${text}`);
  }
  return lines.sort().join('\n');
}

/** Sorted difference to the world, one line per value: `orders.#W1.status: "a" -> "b"`. */
export function changes(store: Store): string[] {
  const { world } = store;
  return [
    ...[...store.orders.keys()]
      .sort()
      .flatMap((id) => differences(world.orders[id], store.orders.get(id), `orders.${id}`)),
    ...[...store.users.keys()].sort().flatMap((id) => differences(world.users[id], store.users.get(id), `users.${id}`)),
  ];
}
