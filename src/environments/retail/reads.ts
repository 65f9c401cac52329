/** The seven lookups of the retail shop. */
import { z } from 'zod';
import { tool } from '../define-tool.ts';
import { pythonJson } from './python-json.ts';
import { type RetailUser, type RetailWorld, readOrder, readProduct, readUser, type Store } from './store.ts';
import { orderId, orderText, READ, text, userLabel } from './tool-kit.ts';

/** Lookups by values that no tool can change. */
interface Index {
  readonly byEmail: ReadonlyMap<string, string>;
  /** Lower-case full name -> user ids in world order; the store compares the zip code. */
  readonly byName: ReadonlyMap<string, readonly string[]>;
  /** Item id -> product id. */
  readonly byItem: ReadonlyMap<string, string>;
  readonly types: string;
}

const indexes = new WeakMap<RetailWorld, Index>();

const nameKey = (first: string, last: string): string => `${first}\n${last}`.toLowerCase();

function indexOf(world: RetailWorld): Index {
  const known = indexes.get(world);
  if (known) return known;
  const byEmail = new Map<string, string>();
  const byName = new Map<string, string[]>();
  for (const user of Object.values(world.users)) {
    const email = user.email.toLowerCase();
    if (!byEmail.has(email)) byEmail.set(email, user.user_id);
    const key = nameKey(user.name.first_name, user.name.last_name);
    byName.set(key, [...(byName.get(key) ?? []), user.user_id]);
  }
  const byItem = new Map<string, string>();
  const types: Record<string, string> = {};
  for (const product of Object.values(world.products)) {
    types[product.name] = product.product_id;
    for (const item of Object.keys(product.variants)) byItem.set(item, product.product_id);
  }
  const index = { byEmail, byName, byItem, types: pythonJson(types, true) };
  indexes.set(world, index);
  return index;
}

function findByName(store: Store, first: string, last: string, zip: string): RetailUser | undefined {
  const ids = indexOf(store.world).byName.get(nameKey(first, last)) ?? [];
  return ids.map((id) => readUser(store, id)).find((user) => user?.address.zip === zip);
}

export const readTools = {
  find_user_id_by_email: tool(
    'Look up the id of the customer who has this email address.',
    z.object({ email: text('Email address of the customer, such as ana.diaz12@example.com.') }),
    (store: Store, given) => {
      const id = indexOf(store.world).byEmail.get(given.email.toLowerCase());
      if (id === undefined) throw new Error('User not found');
      return id;
    },
    READ,
  ),
  find_user_id_by_name_zip: tool(
    'Look up the id of a customer by first name, last name and zip code.',
    z.object({
      first_name: text('First name of the customer, such as Ana.'),
      last_name: text('Last name of the customer, such as Diaz.'),
      zip: text('Zip code of the customer, such as 60601.'),
    }),
    (store: Store, given) => {
      const user = findByName(store, given.first_name, given.last_name, given.zip);
      if (!user) throw new Error('User not found');
      return user.user_id;
    },
    READ,
  ),
  get_user_details: tool(
    "Show a customer's profile: name, address, email, payment methods and order ids.",
    z.object({ user_id: text('Id of the customer, such as ana_diaz_4821.') }),
    (store: Store, given) => {
      const user = readUser(store, given.user_id);
      if (!user) throw new Error('User not found');
      return userLabel(user);
    },
    READ,
  ),
  get_order_details: tool(
    'Show an order: status, items with their item ids and options, address, shipping and payments.',
    z.object({ order_id: orderId }),
    (store: Store, given) => {
      const order = readOrder(store, given.order_id);
      if (!order) throw new Error('Order not found');
      return orderText(order);
    },
    READ,
  ),
  get_product_details: tool(
    'Show a product with all its variants: item id, options, price and availability of each.',
    z.object({ product_id: text('Id of the product, such as 6086499569. It is not an item id.') }),
    (store: Store, given) => {
      const product = readProduct(store, given.product_id);
      if (!product) throw new Error('Product not found');
      return pythonJson(product, false);
    },
    READ,
  ),
  get_item_details: tool(
    'Show one variant of a product: options, price and availability.',
    z.object({ item_id: text('Id of the variant, such as 6086499569. It is not a product id.') }),
    (store: Store, given) => {
      const item = given.item_id;
      const productId = indexOf(store.world).byItem.get(item);
      const variant = productId === undefined ? undefined : readProduct(store, productId)?.variants[item];
      if (!variant) throw new Error('Item not found');
      return pythonJson(variant, false);
    },
    READ,
  ),
  list_all_product_types: tool(
    'List the name and the product id of every product in the shop. Each product comes in several variants.',
    z.object({}),
    (store: Store) => indexOf(store.world).types,
    READ,
  ),
};
