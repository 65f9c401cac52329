/** One sampled ticket, tier by tier: who asks, the parts of the request, the report, the text. */
import { z } from 'zod';
import { pick, type Random, shuffled } from '../../../digest.ts';
import type { Task, ToolCall } from '../../../types.ts';
import { type Order, openStore, type RetailUser, type RetailWorld, type Store } from '../store.ts';
import type { RetailTarget } from '../target.ts';
import { changeItems, changeTool, lineCount } from './changes.ts';
import {
  type Builder,
  methodsFor,
  orderTotal,
  type PartContext,
  payerOf,
  pointAtMethod,
  type Reportable,
  type RequestPart,
} from './part.ts';
import {
  askInformation,
  cancelOrder,
  changeAddress,
  changeDefaultAddress,
  changePayment,
  returnItems,
} from './parts.ts';
import { consentWords, identityWords, moneyText } from './phrases.ts';
import { impossibleWish, plainWish, wishWithCatch } from './traps.ts';
import { ordersOf } from './wish.ts';

/**
 * T1: one write, ids and options given. T2: an order to find or a condition on the variant. T3: two
 * to four writes to collect or to order. T4: fallbacks and impossible wishes. T5: T4 without ids.
 */
export const tiers = ['T1', 'T2', 'T3', 'T4', 'T5'] as const;
export type Tier = (typeof tiers)[number];

/** The properties of a task, fixed before anything is drawn. */
export interface Slot {
  readonly tier: Tier;
  /** Nothing may be written. */
  readonly refusal: boolean;
  /** In [0, 1): the kind of story in the tier; fixed, as failed draws would lose rare kinds. */
  readonly kind: number;
}

export interface TicketDraft {
  readonly user: RetailUser;
  /** In the order of their writes. */
  readonly parts: readonly RequestPart[];
  readonly request: string;
  readonly target: RetailTarget;
  readonly tags: readonly string[];
}

/** Parts of one request, and their order in the text if it differs from the writes' order. */
interface Plot {
  readonly parts: readonly RequestPart[];
  readonly told?: readonly RequestPart[];
  /** A sentence about something that needs no change. */
  readonly aside?: string;
  readonly ordered?: boolean;
}

const reportShare: Readonly<Record<Tier, number>> = { T1: 0.12, T2: 0.24, T3: 0.45, T4: 0.25, T5: 0.3 };

type Weighted = readonly (readonly [number, Builder])[];

function draw(builders: Weighted, random: Random): Builder {
  let left = random() * builders.reduce((sum, [weight]) => sum + weight, 0);
  for (const [weight, builder] of builders) {
    left -= weight;
    if (left < 0) return builder;
  }
  return (builders[0] as Weighted[number])[1];
}

/** Possible intents for an order of this status. */
function intents(order: Order, random: Random): Weighted {
  if (order.status === 'pending') {
    return [
      [20, cancelOrder],
      [34, changeItems(lineCount(random))],
      [14, changeAddress],
      [12, changePayment()],
      [5, changeDefaultAddress],
      [3, askInformation],
    ];
  }
  if (order.status !== 'delivered') return [[1, askInformation]];
  return [
    [30, returnItems(lineCount(random))],
    [32, changeItems(lineCount(random))],
    [3, changeDefaultAddress],
    [5, askInformation],
  ];
}

/** Two parts about one pending order; the payment must be written first. */
function paymentBeforeItems(scene: PartContext, order: Order): Plot | undefined {
  const others = methodsFor(scene, orderTotal(order)).filter(({ id }) => id !== payerOf(order));
  if (order.status !== 'pending' || others.length === 0) return undefined;
  const method = pointAtMethod(scene, others);
  const payment = changePayment(method)(scene, order);
  const items = changeItems(1, false, method)(scene, order);
  if (!payment || !items) return undefined;
  const parts = [payment, items];
  return { parts, told: shuffled(parts, scene.random), ordered: true };
}

function plotOf({ tier, refusal, kind }: Slot, scene: PartContext, all: readonly Order[]): Plot | undefined {
  const { random } = scene;
  const open = all.filter((order) => changeTool(order) !== undefined);
  const plain: PartContext = { ...scene, variants: 'options' };
  const any = (order: Order, given = scene): RequestPart | undefined =>
    draw(intents(order, random), random)(given, order);

  if (tier === 'T1') {
    const order = kind < 0.03 ? all[0] : open[0];
    const part = order && any(order);
    return part && { parts: [part] };
  }
  if (tier === 'T2') {
    const order = kind < 0.04 ? all[0] : open[0];
    const part = order && (scene.variants === 'condition' ? changeItems(1)(scene, order) : any(order));
    if (!part) return undefined;
    const other = open.find(({ order_id }) => order_id !== order.order_id);
    const second = part.gold && other && random() < 0.3 ? plainWish({ ...plain, orders: 'id' }, other) : undefined;
    return { parts: second ? [part, second] : [part] };
  }
  if (tier === 'T3') {
    const [order, ...others] = open;
    if (!order) return undefined;
    const more = others.slice(0, random() < 0.3 ? 2 : 1).flatMap((other) => any(other, plain) ?? []);
    const last = random() < 0.1 ? changeDefaultAddress(scene, order) : undefined;
    if (kind >= 0.7) {
      const pair = paymentBeforeItems(scene, order);
      const extra = random() < 0.4 ? more.slice(0, 1) : [];
      return pair && { ...pair, parts: [...pair.parts, ...extra], told: [...(pair.told ?? []), ...extra] };
    }
    const part = kind < 0.4 ? any(order) : changeItems(pick([2, 2, 3], random), true)(scene, order);
    return part && { parts: [part, ...more, ...(last ? [last] : [])] };
  }

  const order = refusal || kind < 0.25 ? all[0] : open[0];
  const part = order && (refusal || kind < 0.25 ? impossibleWish(scene, order) : wishWithCatch(kind)(scene, order));
  const others = all.filter(({ order_id }) => order_id !== order?.order_id);
  if (!part || (tier === 'T5' && others.length === 0)) return undefined;
  const aside = tier === 'T5' ? { aside: asideOf(others[0] as Order, random) } : {};
  if (refusal) return { parts: [part], ...aside };
  const other = others.slice(tier === 'T5' ? 1 : 0).find((candidate) => changeTool(candidate) !== undefined);
  const second = other && (part.gold === null || random() < 0.5) ? plainWish(plain, other) : undefined;
  return { parts: second ? [part, second] : [part], ...aside };
}

function asideOf(order: Order, random: Random): string {
  const { order_id } = order;
  return pick(
    [
      `My order ${order_id} has nothing to do with this; please leave it alone.`,
      `By the way, ${order_id} is fine as it is, so do not touch that one.`,
    ],
    random,
  );
}

/** Facts to ask for: totals over several parts first, then those that only one part has. */
function reportablesOf(parts: readonly RequestPart[]): Reportable[] {
  const all = parts.flatMap((part) => part.reportables);
  if (parts.length === 1) return all;
  const totals = (['refund', 'difference'] as const).flatMap((kind): Reportable[] => {
    const values = all.flatMap(({ cents }) => (cents?.kind === kind ? [cents.value] : []));
    if (values.length < 2) return [];
    const what =
      kind === 'refund'
        ? 'the total of all refunds taken together'
        : 'the combined price difference of all item changes (dearer counts plus, cheaper minus; give the result without a sign)';
    return [{ what, value: moneyText(Math.abs(values.reduce((sum, value) => sum + value, 0))) }];
  });
  if (totals.length > 0) return totals;
  const clear = all.filter(
    ({ what }) => !what.includes('that order') && all.filter((r) => r.what === what).length === 1,
  );
  const sums = clear.filter(({ cents }) => cents);
  return sums.length > 0 ? sums : clear;
}

function reportWords({ what, value }: Reportable, random: Random): string {
  const form = /^\d+\.\d\d$/.test(value) ? ', as a plain number with two decimals' : '';
  return pick(
    [
      `In your closing message, tell me ${what}${form}.`,
      `When you are done, let me know ${what}${form}.`,
      `At the end I want to read ${what}${form}.`,
    ],
    random,
  );
}

const addressTools: readonly string[] = ['modify_pending_order_address', 'modify_user_address'];

function tagsOf(tier: Tier, plot: Plot, writes: readonly ToolCall[], target: RetailTarget): string[] {
  const several = writes.some(({ arguments: { item_ids } }) => Array.isArray(item_ids) && item_ids.length > 1);
  return [
    tier,
    ...new Set(writes.map(({ name }) => name)),
    ...(target.reports.length > 0 ? ['report'] : []),
    ...(target.refusal ? ['refusal'] : []),
    ...(several ? ['multi-item'] : []),
    ...(plot.ordered ? ['ordered'] : []),
  ];
}

const stores = new WeakMap<RetailWorld, { readonly store: Store; readonly users: readonly RetailUser[] }>();

function peopleOf(world: RetailWorld): { readonly store: Store; readonly users: readonly RetailUser[] } {
  let people = stores.get(world);
  if (!people) {
    people = { store: openStore(world), users: Object.values(world.users).filter((user) => user.orders.length > 0) };
    stores.set(world, people);
  }
  return people;
}

/** One try at a ticket; undefined if the draw failed. Pure: equal streams give equal drafts. */
export function draftTicket(world: RetailWorld, slot: Slot, random: Random): TicketDraft | undefined {
  const { tier, refusal } = slot;
  const { store, users } = peopleOf(world);
  const user = pick(users, random);
  const style = random();
  const scene: PartContext = {
    store,
    user,
    random,
    orders:
      tier === 'T1' || tier === 'T4' || (tier === 'T2' && style < 0.3) || (tier === 'T3' && style < 0.6)
        ? 'id'
        : 'words',
    variants:
      (tier === 'T2' && (style < 0.3 || style > 0.75)) || (tier === 'T3' && style > 0.75) ? 'condition' : 'options',
  };
  const plot = plotOf(slot, scene, shuffled(ordersOf(store, user), random));
  if (!plot) return undefined;

  const { parts, told = parts, aside } = plot;
  const writes = parts.flatMap(({ gold }) => (gold ? [gold] : []));
  const information = parts.some(({ wishes }) => wishes.length === 0);
  if (information && parts.length > 1) return undefined;
  if (tier === 'T3' && writes.length < 2 && parts[0]?.texts.length === 1) return undefined;
  if (writes.filter(({ name }) => addressTools.includes(name)).length > 1) return undefined;
  if (refusal !== (writes.length === 0 && !information)) return undefined;

  const facts = reportablesOf(parts);
  const asks = information || (!refusal && facts.length > 0 && random() < reportShare[tier]);
  // A total or a price is asked for more often than an id.
  const fact = asks ? pick([...facts, facts[0] as Reportable], random) : undefined;
  const identity = identityWords(user, random);
  const wishes = [...told.flatMap(({ texts }) => texts.slice(0, 1)), ...told.flatMap(({ texts }) => texts.slice(1))];
  const request = [
    ...(random() < 0.85 ? [identity, ...wishes] : [...wishes, identity]),
    ...(aside === undefined ? [] : [aside]),
    ...(fact ? [reportWords(fact, random)] : []),
    ...(information ? [] : [consentWords(random)]),
  ].join(' ');

  const mentions = Object.assign({}, ...parts.map((part) => part.mentions)) as Record<string, string>;
  const target: RetailTarget = {
    writes,
    reports: fact ? [fact.value] : [],
    ...(refusal ? { refusal: true } : {}),
    ...(Object.keys(mentions).length > 0 ? { mentions } : {}),
    user_id: user.user_id,
  };
  return { user, parts, request, target, tags: tagsOf(tier, plot, writes, target) };
}

/** The draft as a task; the caller that splits the set overwrites its split. */
export const taskOf = (draft: TicketDraft, id: string): Task => ({
  id,
  split: 'train',
  tags: draft.tags,
  request: draft.request,
  target: z.json().parse(draft.target),
});
