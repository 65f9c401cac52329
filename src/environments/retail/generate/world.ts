/** A generated shop: products, customers and orders from one seed; money is in integer cents. */
import { pick, type Random, randomOf, shuffled } from '../../../digest.ts';
import type {
  Address,
  Order,
  OrderItem,
  OrderStatus,
  PaymentMethod,
  Product,
  RetailUser,
  RetailWorld,
  Variant,
} from '../store.ts';
import { cities, firstNames, lastNames, type ProductType, productTypes, streets } from './words.ts';

const userCount = 120;
const orderCount = 260;
/** Share of variants that can be bought. */
const availableShare = 0.7;

/** A whole number from `low` to `high`, both included. */
export const between = (low: number, high: number, random: Random): number =>
  low + Math.floor(random() * (high - low + 1));

/** Whole cents of an amount in dollars. */
export const centsOf = (dollars: number): number => Math.round(dollars * 100);

/** Draws texts of random digits that do not begin with 0, each at most once. */
function digitSource(random: Random): (length: number) => string {
  const used = new Set<string>();
  return (length) => {
    for (;;) {
      let text = String(between(1, 9, random));
      while (text.length < length) text += String(between(0, 9, random));
      if (used.has(text)) continue;
      used.add(text);
      return text;
    }
  };
}

/** Every combination of one value per axis. */
function combinations(type: ProductType): Record<string, string>[] {
  let all: Record<string, string>[] = [{}];
  for (const [axis, values] of Object.entries(type.axes)) {
    all = all.flatMap((options) => values.map((value) => ({ ...options, [axis]: value })));
  }
  return all;
}

/** 6-14 variants whose prices all differ; the first three drawn can be bought. */
function productOf(type: ProductType, digits: (length: number) => string, random: Random): Product {
  const drawn = shuffled(combinations(type), random).slice(0, between(6, 14, random));
  const prices = new Set<number>();
  const variants: Record<string, Variant> = {};
  drawn.forEach((options, index) => {
    let cents = type.cents;
    for (const [axis, value] of Object.entries(options)) {
      cents += Math.round(type.cents * 0.12 * (type.axes[axis]?.indexOf(value) ?? 0));
    }
    do cents += between(-199, 299, random);
    while (prices.has(cents));
    prices.add(cents);
    const item_id = digits(10);
    variants[item_id] = {
      item_id,
      options,
      available: index < 3 || random() < availableShare,
      price: cents / 100,
    };
  });
  return { name: type.name, product_id: digits(10), variants };
}

/** An invented address in a real city. */
export function addressOf(random: Random): Address {
  const { city, state, zip } = pick(cities, random);
  const number = between(12, 989, random);
  return {
    address1: `${number} ${pick(streets, random)}`,
    address2: random() < 0.5 ? `Suite ${between(100, 999, random)}` : `Apt ${between(2, 98, random)}`,
    city,
    country: 'USA',
    state,
    zip: `${zip}${String(between(1, 99, random)).padStart(2, '0')}`,
  };
}

/** One to three methods: at most one PayPal account and gift card; card numbers end differently. */
function methodsOf(digits: (length: number) => string, random: Random): Record<string, PaymentMethod> {
  const card = (): PaymentMethod => ({
    source: 'credit_card',
    id: `credit_card_${digits(7)}`,
    brand: random() < 0.5 ? 'visa' : 'mastercard',
    last_four: digits(4),
  });
  const paypal = (): PaymentMethod => ({ source: 'paypal', id: `paypal_${digits(7)}` });
  const giftCard = (): PaymentMethod => ({
    source: 'gift_card',
    id: `gift_card_${digits(7)}`,
    // Some cards pay for a whole order, some do not.
    balance: between(...((random() < 0.6 ? [15_000, 80_000] : [500, 9_000]) as [number, number]), random) / 100,
  });
  const count = pick([1, 2, 2, 2, 3, 3], random);
  const methods = shuffled([card, card, paypal, giftCard], random).slice(0, count);
  // A profile with gift cards only could not have paid for most orders.
  if (methods.every((make) => make === giftCard)) methods[0] = card;
  return Object.fromEntries(methods.map((make) => make()).map((method) => [method.id, method]));
}

function statusOf(random: Random): OrderStatus {
  const draw = random();
  return draw < 0.45 ? 'pending' : draw < 0.8 ? 'delivered' : draw < 0.9 ? 'processed' : 'cancelled';
}

/** One to five lines of different variants, sometimes two variants of one product. */
function linesOf(products: readonly Product[], random: Random): OrderItem[] {
  const count = pick([1, 2, 2, 3, 3, 4, 4, 5], random);
  const chosen = shuffled(products, random).slice(0, count);
  if (count > 1 && random() < 0.12) chosen[1] = chosen[0] as Product;
  const taken = new Set<string>();
  return chosen.map(({ name, product_id, variants }) => {
    const free = Object.values(variants).filter((variant) => !taken.has(variant.item_id));
    const { item_id, price, options } = pick(free, random);
    taken.add(item_id);
    return { name, product_id, item_id, price, options };
  });
}

function orderOf(
  user: RetailUser,
  second: Address,
  products: readonly Product[],
  digits: (length: number) => string,
  random: Random,
): Order {
  const items = linesOf(products, random);
  const status = statusOf(random);
  const amount = items.reduce((sum, item) => sum + centsOf(item.price), 0) / 100;
  const payers = Object.values(user.payment_methods).filter((method) => method.source !== 'gift_card');
  const payment_method_id = pick(payers, random).id;
  const payment = { transaction_type: 'payment', amount, payment_method_id } as const;
  const sent = status === 'delivered' || status === 'processed';
  return {
    order_id: `#W${digits(7)}`,
    user_id: user.user_id,
    address: random() < 0.35 ? second : user.address,
    items,
    status,
    fulfillments: sent ? [{ tracking_id: [digits(12)], item_ids: items.map((item) => item.item_id) }] : [],
    payment_history:
      status === 'cancelled' ? [payment, { transaction_type: 'refund', amount, payment_method_id }] : [payment],
    ...(status === 'cancelled' ? { cancel_reason: pick(['no longer needed', 'ordered by mistake'], random) } : {}),
  };
}

/**
 * A shop of about 38 products, 120 customers and 260 orders (45 % pending, 35 % delivered, 10 %
 * processed, 10 % cancelled). Ids look random; no order holds a variant twice. Equal seeds give
 * equal bytes.
 */
export function generateWorld(seed: number): RetailWorld {
  const random = randomOf('retail-world', seed);
  const digits = digitSource(random);
  const products = productTypes.map((type) => productOf(type, digits, random));

  const names = shuffled(
    firstNames.flatMap((first_name) => lastNames.map((last_name) => ({ first_name, last_name }))),
    random,
  ).slice(0, userCount);
  const users: RetailUser[] = names.map((name) => {
    const address = addressOf(random);
    const handle = `${name.first_name}.${name.last_name}`.toLowerCase();
    return {
      user_id: `${handle.replace('.', '_')}_${digits(4)}`,
      name,
      address,
      email: `${handle}${between(10, 99, random)}@example.${pick(['com', 'net', 'org'], random)}`,
      payment_methods: methodsOf(digits, random),
      orders: [],
    };
  });

  const seconds = users.map(() => addressOf(random));
  const ordersOf = users.map((): Order[] => []);
  // Nine in ten customers have ordered; the others only have a profile.
  const buyers = Math.floor(userCount * 0.9);
  for (let i = 0; i < orderCount; i++) {
    const at = i < buyers ? i : between(0, buyers - 1, random);
    const [user, second] = [users[at] as RetailUser, seconds[at] as Address];
    ordersOf[at]?.push(orderOf(user, second, products, digits, random));
  }

  return {
    products: Object.fromEntries(products.map((product) => [product.product_id, product])),
    users: Object.fromEntries(
      users.map((user, at) => [user.user_id, { ...user, orders: (ordersOf[at] ?? []).map((order) => order.order_id) }]),
    ),
    orders: Object.fromEntries(shuffled(ordersOf.flat(), random).map((order) => [order.order_id, order])),
  };
}
