/** The seven lookups of the retail shop. */
import { pythonJson } from './python-json.ts';
import { type RetailUser, type RetailWorld, readOrder, readProduct, readUser, type Store } from './store.ts';
import { orderText, type RetailTool, retailTool, ToolError, userLabel } from './tool-kit.ts';

/** What no tool can change, looked up by value. */
interface Index {
  readonly byEmail: ReadonlyMap<string, string>;
  /**
   * Lower-case `first\nlast` -> user ids in world order; the zip code can change and is compared in
   * the store.
   */
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

export const readTools: readonly RetailTool[] = [
  retailTool(
    'find_user_id_by_email',
    'Look up the id of the customer who has this email address.',
    true,
    { texts: { email: 'Email address of the customer, such as ana.diaz12@example.com.' } },
    (store, given) => {
      const id = indexOf(store.world).byEmail.get(given.text('email').toLowerCase());
      if (id === undefined) throw new ToolError('User not found');
      return id;
    },
  ),
  retailTool(
    'find_user_id_by_name_zip',
    'Look up the id of a customer by first name, last name and zip code.',
    true,
    {
      texts: {
        first_name: 'First name of the customer, such as Ana.',
        last_name: 'Last name of the customer, such as Diaz.',
        zip: 'Zip code of the customer, such as 60601.',
      },
    },
    (store, given) => {
      const user = findByName(store, given.text('first_name'), given.text('last_name'), given.text('zip'));
      if (!user) throw new ToolError('User not found');
      return user.user_id;
    },
  ),
  retailTool(
    'get_user_details',
    "Show a customer's profile: name, address, email, payment methods and order ids.",
    true,
    { texts: { user_id: 'Id of the customer, such as ana_diaz_4821.' } },
    (store, given) => {
      const user = readUser(store, given.text('user_id'));
      if (!user) throw new ToolError('User not found');
      return userLabel(user);
    },
  ),
  retailTool(
    'get_order_details',
    'Show an order: status, items with their item ids and options, address, shipping and payments.',
    true,
    { texts: { order_id: "Id of the order, such as #W0000000. The '#' in front belongs to it." } },
    (store, given) => {
      const order = readOrder(store, given.text('order_id'));
      if (!order) throw new ToolError('Order not found');
      return orderText(order);
    },
  ),
  retailTool(
    'get_product_details',
    'Show a product with all its variants: item id, options, price and availability of each.',
    true,
    { texts: { product_id: 'Id of the product, such as 6086499569. It is not an item id.' } },
    (store, given) => {
      const product = readProduct(store, given.text('product_id'));
      if (!product) throw new ToolError('Product not found');
      return pythonJson(product, false);
    },
  ),
  retailTool(
    'get_item_details',
    'Show one variant of a product: options, price and availability.',
    true,
    { texts: { item_id: 'Id of the variant, such as 6086499569. It is not a product id.' } },
    (store, given) => {
      const item = given.text('item_id');
      const productId = indexOf(store.world).byItem.get(item);
      const variant = productId === undefined ? undefined : readProduct(store, productId)?.variants[item];
      if (!variant) throw new ToolError('Item not found');
      return pythonJson(variant, false);
    },
  ),
  retailTool(
    'list_all_product_types',
    'List the name and the product id of every product in the shop. Each product comes in several variants.',
    true,
    {},
    (store) => indexOf(store.world).types,
  ),
];
