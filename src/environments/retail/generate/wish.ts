/** What a customer wants, as conditions on a write, and a brute-force search for fitting writes. */
import type { Json, ToolCall } from '../../../types.ts';
import {
  type Address,
  forkStore,
  type Order,
  type OrderItem,
  type PaymentMethod,
  type Product,
  type RetailUser,
  readOrder,
  readProduct,
  readUser,
  type Store,
  type Variant,
} from '../store.ts';
import { executeRetail } from '../tools.ts';
import { centsOf } from './world.ts';

export type Options = Readonly<Record<string, string>>;

/** How the request describes an order; every given property must hold. */
export interface OrderWish {
  readonly id?: string;
  /** Name of a product in the order. */
  readonly holds?: string;
  readonly status?: 'pending' | 'delivered';
  /** City of its address. */
  readonly city?: string;
}

/** A line of the order: the product's name and the options that the request gives. */
export interface ItemWish {
  readonly name: string;
  readonly options: Options;
}

/** The variant wanted instead of a line's; it must be available and differ from it. */
export type VariantWish =
  /** These options, all others unchanged; at a price below a limit in cents. */
  | { readonly kind: 'changed'; readonly options: Options; readonly below?: number }
  /** The lowest or highest price among those with these options, below a limit in cents. */
  | { readonly kind: 'cheapest' | 'dearest'; readonly options: Options; readonly below?: number }
  /** Another value on this axis, all else unchanged. */
  | { readonly kind: 'other'; readonly axis: string }
  /** A variant of another product, which no tool allows. */
  | { readonly kind: 'foreign'; readonly product: string };

/** A payment method of the profile. */
export type MethodWish =
  | { readonly id: string }
  | { readonly source: PaymentMethod['source']; readonly lastFour?: string };

/** An address in full, or that of the order or profile that the request describes. */
export type AddressWish = Address | OrderWish | 'profile';

export type RequestWish =
  | { readonly tool: 'cancel_pending_order'; readonly order: OrderWish; readonly reason: string }
  | {
      readonly tool: 'return_delivered_order_items';
      readonly order: OrderWish;
      readonly items: readonly ItemWish[];
      readonly method: MethodWish;
    }
  | {
      readonly tool: 'exchange_delivered_order_items' | 'modify_pending_order_items';
      readonly order: OrderWish;
      readonly changes: readonly { readonly item: ItemWish; readonly to: VariantWish }[];
      readonly method: MethodWish;
    }
  | { readonly tool: 'modify_pending_order_address'; readonly order: OrderWish; readonly address: AddressWish }
  | { readonly tool: 'modify_pending_order_payment'; readonly order: OrderWish; readonly method: MethodWish }
  | { readonly tool: 'modify_user_address'; readonly address: AddressWish }
  /** Something that no tool does, such as cancelling part of an order. */
  | { readonly tool: 'none' };

export const orderFits = (wish: OrderWish, order: Order): boolean =>
  (wish.id === undefined || wish.id === order.order_id) &&
  (wish.holds === undefined || order.items.some((item) => item.name === wish.holds)) &&
  (wish.status === undefined || wish.status === order.status) &&
  (wish.city === undefined || wish.city === order.address.city);

const optionsFit = (wanted: Options, options: Options): boolean =>
  Object.entries(wanted).every(([axis, value]) => options[axis] === value);

export const itemFits = (wish: ItemWish, item: OrderItem): boolean =>
  wish.name === item.name && optionsFit(wish.options, item.options);

export const methodFits = (wish: MethodWish, method: PaymentMethod): boolean =>
  'id' in wish
    ? wish.id === method.id
    : wish.source === method.source &&
      (wish.lastFour === undefined || (method.source === 'credit_card' && method.last_four === wish.lastFour));

/** Every available variant of the line's product that meets the wish. */
export function variantsThatFit(wish: VariantWish, product: Product, line: OrderItem): Variant[] {
  const others = Object.values(product.variants).filter((v) => v.available && v.item_id !== line.item_id);
  switch (wish.kind) {
    case 'changed': {
      const { below = Number.POSITIVE_INFINITY } = wish;
      const options = { ...line.options, ...wish.options };
      return others.filter((v) => optionsFit(options, v.options) && centsOf(v.price) < below);
    }
    case 'other':
      return others.filter((v) => {
        const { [wish.axis]: _, ...rest } = line.options;
        return optionsFit(rest, v.options);
      });
    case 'foreign':
      return [];
    default: {
      const { below = Number.POSITIVE_INFINITY } = wish;
      const fitting = others.filter((v) => optionsFit(wish.options, v.options) && centsOf(v.price) < below);
      const prices = fitting.map((v) => centsOf(v.price));
      const best = wish.kind === 'cheapest' ? Math.min(...prices) : Math.max(...prices);
      return fitting.filter((v) => centsOf(v.price) === best);
    }
  }
}

/** The customer's orders. */
export const ordersOf = (store: Store, user: RetailUser): Order[] =>
  user.orders.flatMap((id) => readOrder(store, id) ?? []);

function addressesThatFit(store: Store, user: RetailUser, wish: AddressWish): Address[] {
  if (wish === 'profile') return [user.address];
  if ('address1' in wish) return [wish];
  return ordersOf(store, user)
    .filter((order) => orderFits(wish, order))
    .map((order) => order.address);
}

/** All ways to take one element of each list. */
const choices = <T>(lists: readonly (readonly T[])[]): T[][] =>
  lists.reduce<T[][]>((all, list) => all.flatMap((chosen) => list.map((element) => [...chosen, element])), [[]]);

const call = (name: string, args: Readonly<Record<string, Json>>): ToolCall => ({ name, arguments: args });

/** Argument sets of one tool that meet the wish in one order, accepted by the tool or not. */
function candidatesIn(store: Store, user: RetailUser, wish: RequestWish, order: Order): ToolCall[] {
  const { order_id } = order;
  const methods = (want: MethodWish): string[] =>
    Object.values(user.payment_methods)
      .filter((method) => methodFits(want, method))
      .map((method) => method.id);
  const linesFor = (item: ItemWish): OrderItem[] => order.items.filter((line) => itemFits(item, line));

  switch (wish.tool) {
    case 'cancel_pending_order':
      return [call(wish.tool, { order_id, reason: wish.reason })];
    case 'return_delivered_order_items':
      return choices(wish.items.map(linesFor)).flatMap((lines) =>
        methods(wish.method).map((payment_method_id) =>
          call(wish.tool, { order_id, item_ids: lines.map((line) => line.item_id), payment_method_id }),
        ),
      );
    case 'exchange_delivered_order_items':
    case 'modify_pending_order_items': {
      const pairs = wish.changes.map(({ item, to }) =>
        linesFor(item).flatMap((line) => {
          const product = readProduct(store, line.product_id);
          return product
            ? variantsThatFit(to, product, line).map((variant) => [line.item_id, variant.item_id] as const)
            : [];
        }),
      );
      return choices(pairs).flatMap((chosen) =>
        methods(wish.method).map((payment_method_id) =>
          call(wish.tool, {
            order_id,
            item_ids: chosen.map(([old]) => old),
            new_item_ids: chosen.map(([, wanted]) => wanted),
            payment_method_id,
          }),
        ),
      );
    }
    case 'modify_pending_order_address':
      return addressesThatFit(store, user, wish.address).map((address) => call(wish.tool, { order_id, ...address }));
    case 'modify_pending_order_payment':
      return methods(wish.method).map((payment_method_id) => call(wish.tool, { order_id, payment_method_id }));
    default:
      return [];
  }
}

/**
 * Every call that meets the wish and that the tools accept in this state, over all orders, lines,
 * variants and methods of the customer. One element: the wish is clear. None: it cannot be met.
 */
export function writesThatFit(store: Store, userId: string, wish: RequestWish): ToolCall[] {
  const user = readUser(store, userId);
  if (!user || wish.tool === 'none') return [];
  const candidates =
    wish.tool === 'modify_user_address'
      ? addressesThatFit(store, user, wish.address).map((address) => call(wish.tool, { user_id: userId, ...address }))
      : ordersOf(store, user)
          .filter((order) => orderFits(wish.order, order))
          .flatMap((order) => candidatesIn(store, user, wish, order));
  return candidates.filter((candidate) => !executeRetail(forkStore(store), candidate).error);
}
