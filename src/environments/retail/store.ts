/** The retail world and a copy-on-write store: writes put new entities into the store's journal. */

/** Six address fields, all text. */
export interface Address {
  readonly address1: string;
  readonly address2: string;
  readonly city: string;
  readonly country: string;
  readonly state: string;
  readonly zip: string;
}

/** One version of a product that is sold; `price` in dollars. */
export interface Variant {
  readonly item_id: string;
  readonly options: Readonly<Record<string, string>>;
  readonly available: boolean;
  readonly price: number;
}

export interface Product {
  readonly name: string;
  readonly product_id: string;
  /** item id -> variant; item ids are unique over the whole world. */
  readonly variants: Readonly<Record<string, Variant>>;
}

export type PaymentMethod =
  | { readonly source: 'credit_card'; readonly id: string; readonly brand: string; readonly last_four: string }
  | { readonly source: 'paypal'; readonly id: string }
  | { readonly source: 'gift_card'; readonly id: string; readonly balance: number };

export interface RetailUser {
  readonly user_id: string;
  readonly name: { readonly first_name: string; readonly last_name: string };
  readonly address: Address;
  readonly email: string;
  /** method id -> method */
  readonly payment_methods: Readonly<Record<string, PaymentMethod>>;
  /** Order ids. */
  readonly orders: readonly string[];
}

/** A line of an order: name, price and options are copied from the variant. */
export interface OrderItem {
  readonly name: string;
  readonly product_id: string;
  readonly item_id: string;
  readonly price: number;
  readonly options: Readonly<Record<string, string>>;
}

export interface OrderPayment {
  readonly transaction_type: 'payment' | 'refund';
  /** Dollars, never negative. */
  readonly amount: number;
  readonly payment_method_id: string;
}

export type OrderStatus =
  | 'pending'
  | 'processed'
  | 'delivered'
  | 'cancelled'
  | 'pending (item modified)'
  | 'exchange requested'
  | 'return requested';

/** The seven optional fields are null or absent until a tool sets them. */
export interface Order {
  /** `#W` and seven digits. */
  readonly order_id: string;
  readonly user_id: string;
  readonly address: Address;
  readonly items: readonly OrderItem[];
  readonly status: OrderStatus;
  readonly fulfillments: readonly { readonly tracking_id: readonly string[]; readonly item_ids: readonly string[] }[];
  readonly payment_history: readonly OrderPayment[];
  readonly cancel_reason?: string | null;
  readonly exchange_items?: readonly string[] | null;
  readonly exchange_new_items?: readonly string[] | null;
  readonly exchange_payment_method_id?: string | null;
  readonly exchange_price_difference?: number | null;
  readonly return_items?: readonly string[] | null;
  readonly return_payment_method_id?: string | null;
}

/** Every record of a shop by id; all episodes share it and it never changes. */
export interface RetailWorld {
  readonly products: Readonly<Record<string, Product>>;
  readonly users: Readonly<Record<string, RetailUser>>;
  readonly orders: Readonly<Record<string, Order>>;
}

/** compat copies upstream's quirk Q1: all changed lines get the last pair's price and options. */
export type RetailMode = 'compat' | 'fixed';

/** One episode's view of a world: the journal holds the written entities. */
export interface Store {
  readonly world: RetailWorld;
  readonly mode: RetailMode;
  readonly users: Map<string, RetailUser>;
  readonly orders: Map<string, Order>;
}

/** A store with an empty journal. */
export const openStore = (world: RetailWorld, mode: RetailMode = 'fixed'): Store => ({
  world,
  mode,
  users: new Map(),
  orders: new Map(),
});

/** An independent copy: entities are immutable, so only the journal is copied. */
export const forkStore = (store: Store): Store => ({
  world: store.world,
  mode: store.mode,
  users: new Map(store.users),
  orders: new Map(store.orders),
});

const own = <T>(record: Readonly<Record<string, T>>, id: string): T | undefined =>
  Object.hasOwn(record, id) ? record[id] : undefined;

export const readUser = (store: Store, id: string): RetailUser | undefined =>
  store.users.get(id) ?? own(store.world.users, id);
export const readOrder = (store: Store, id: string): Order | undefined =>
  store.orders.get(id) ?? own(store.world.orders, id);
export const readProduct = (store: Store, id: string): Product | undefined => own(store.world.products, id);
export const readMethod = (user: RetailUser, id: string): PaymentMethod | undefined => own(user.payment_methods, id);
export const readVariant = (product: Product, id: string): Variant | undefined => own(product.variants, id);

/** Writes fields of one order and returns the new order; throws RangeError for an unknown id. */
export function touchOrder(store: Store, id: string, fields: Partial<Order>): Order {
  const order = readOrder(store, id);
  if (!order) throw new RangeError(`touchOrder: expected an order of the world, got ${id}`);
  const next = { ...order, ...fields };
  store.orders.set(id, next);
  return next;
}

/** Writes fields of one user and returns the new user; throws RangeError for an unknown id. */
export function touchUser(store: Store, id: string, fields: Partial<RetailUser>): RetailUser {
  const user = readUser(store, id);
  if (!user) throw new RangeError(`touchUser: expected a user of the world, got ${id}`);
  const next = { ...user, ...fields };
  store.users.set(id, next);
  return next;
}
