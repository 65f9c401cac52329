/** What a part of a request is made of, and how its order, items and methods are chosen. */
import { pick, type Random, shuffled } from '../../../digest.ts';
import type { ToolCall } from '../../../types.ts';
import type { Order, OrderItem, PaymentMethod, RetailUser, Store } from '../store.ts';
import { itemWords, methodWords, orderWords } from './phrases.ts';
import {
  type ItemWish,
  itemFits,
  type MethodWish,
  type Options,
  type OrderWish,
  orderFits,
  ordersOf,
  type RequestWish,
} from './wish.ts';
import { centsOf } from './world.ts';

/** A value that the request may ask for: the words that name it, and the value. */
export interface Reportable {
  readonly what: string;
  readonly value: string;
  /** Signed cents that add up over parts of one kind; absent for single facts. */
  readonly cents?: { readonly kind: 'refund' | 'difference'; readonly value: number };
}

/** One wish of a request with its gold write and its words. */
export interface RequestPart {
  /** In order of preference: the first wish that can be met is gold. */
  readonly wishes: readonly RequestWish[];
  /** Null when nothing must be written: information, or a wish that cannot be met. */
  readonly gold: ToolCall | null;
  /** The first text introduces the part; later ones may stand apart from it. */
  readonly texts: readonly string[];
  /** Gold argument value -> words of the texts that mean it. */
  readonly mentions: Readonly<Record<string, string>>;
  readonly reportables: readonly Reportable[];
}

/** What a builder of parts works with. */
export interface PartContext {
  readonly store: Store;
  readonly user: RetailUser;
  readonly random: Random;
  /** Give order ids, or describe orders by their content or address. */
  readonly orders: 'id' | 'words';
  /** Give the wanted options, or a condition that one variant meets. */
  readonly variants: 'options' | 'condition';
}

export const call = (name: string, args: ToolCall['arguments']): ToolCall => ({ name, arguments: args });

/** Describes the order so that no other order of the customer fits, not naming `about` lines. */
export function pointAt(
  scene: PartContext,
  order: Order,
  about: readonly OrderItem[],
): { readonly wish: OrderWish; readonly words: string } | undefined {
  const { random } = scene;
  if (scene.orders === 'id') {
    const wish = { id: order.order_id };
    return { wish, words: orderWords(wish, random) };
  }
  const others = order.items.filter((line) => !about.some(({ name }) => name === line.name));
  const status = order.status === 'pending' || order.status === 'delivered' ? order.status : undefined;
  const candidates: OrderWish[] = others.map((line) => ({ holds: line.name }));
  if (status) candidates.push({ status }, { status, city: order.address.city });
  candidates.push({ city: order.address.city });
  const all = ordersOf(scene.store, scene.user);
  const clear = candidates.filter((wish) => all.filter((other) => orderFits(wish, other)).length === 1);
  if (clear.length === 0) return undefined;
  const wish = pick(clear, random);
  return { wish, words: orderWords(wish, random) };
}

/** The fewest options that tell a line apart from the others of its order, or all options. */
export function pointAtLine(
  scene: PartContext,
  order: Order,
  line: OrderItem,
): { readonly wish: ItemWish; readonly words: string } {
  const { random } = scene;
  const fits = (options: Options): boolean =>
    order.items.filter((other) => itemFits({ name: line.name, options }, other)).length === 1;
  const axes = Object.entries(line.options);
  const single = shuffled(axes, random).find((axis) => fits(Object.fromEntries([axis])));
  const enough = fits({}) ? {} : single ? Object.fromEntries([single]) : line.options;
  const options = random() < 0.3 ? line.options : enough;
  return { wish: { name: line.name, options }, words: itemWords(line, options, random) };
}

/** Words for one of the methods; `mentions` is empty when they are the id itself. */
export function pointAtMethod(
  scene: PartContext,
  methods: readonly PaymentMethod[],
): {
  readonly id: string;
  readonly wish: MethodWish;
  readonly words: string;
  readonly mentions: Record<string, string>;
} {
  const method = pick(methods, scene.random);
  const { wish, phrase, mention } = methodWords(method, scene.user, scene.random);
  return { id: method.id, wish, words: phrase, mentions: 'id' in wish ? {} : { [method.id]: mention } };
}

/** Ways to name an order that was found by its contents, for a report. */
export const orderNumber = (scene: PartContext, order: Order): Reportable[] =>
  scene.orders === 'id' ? [] : [{ what: 'the number of that order', value: order.order_id.slice(1) }];

/** Builds a part about the order, or nothing when the order does not suit it. */
export type Builder = (scene: PartContext, order: Order) => RequestPart | undefined;

/** Sum of the lines in cents. */
export const orderTotal = (order: Order): number => order.items.reduce((sum, line) => sum + centsOf(line.price), 0);

/** The payment methods of the customer's profile. */
export const methodsOf = (scene: PartContext): PaymentMethod[] => Object.values(scene.user.payment_methods);

/** The method that paid first. */
export const payerOf = (order: Order): string => order.payment_history[0]?.payment_method_id ?? '';

/** Methods that can pay an amount in cents: a gift card only if its balance suffices. */
export const methodsFor = (scene: PartContext, cents: number): PaymentMethod[] =>
  methodsOf(scene).filter((method) => method.source !== 'gift_card' || centsOf(method.balance) >= cents);
