/** Intents with a catch: wishes with a fallback, a change of mind, and forbidden wishes. */
import { pick } from '../../../digest.ts';
import { type Order, readMethod, readProduct, type Variant } from '../store.ts';
import {
  changedOptions,
  changeItems,
  changeMentions,
  changeOf,
  changeReports,
  changeTool,
  differenceOf,
  type ItemChange,
} from './changes.ts';
import {
  type Builder,
  call,
  methodsFor,
  orderNumber,
  orderTotal,
  type PartContext,
  payerOf,
  pointAt,
  pointAtLine,
  pointAtMethod,
  type RequestPart,
} from './part.ts';
import { cancelOrder, returnItems } from './parts.ts';
import { moneyText, reasonWords, sentence, variantWords } from './phrases.ts';
import type { RequestWish, VariantWish } from './wish.ts';
import { productTypes } from './words.ts';
import { centsOf } from './world.ts';

/** A first choice that may be sold out or too expensive, and a second choice. */
export const preferVariant: Builder = (given, order) => {
  const scene: PartContext = { ...given, variants: 'options' };
  const { random, store } = scene;
  const tool = changeTool(order);
  const line = pick(order.items, random);
  const second = changeOf(scene, order, line, false);
  const product = readProduct(store, line.product_id);
  if (!tool || !second || !product) return undefined;
  const byPrice = random() < 0.5;
  const wishedFor = Object.values(product.variants).filter(
    (v) => v.item_id !== line.item_id && v.item_id !== second.variant.item_id && (!byPrice || v.available),
  );
  if (wishedFor.length === 0) return undefined;
  const first: Variant = pick(wishedFor, random);
  const limit = Math.round((centsOf(first.price) + (random() < 0.6 ? -400 : 500)) / 100) * 100;
  const options = changedOptions(line, first);
  const to: VariantWish = byPrice ? { kind: 'changed', options, below: limit } : { kind: 'changed', options };
  const takesFirst = byPrice ? centsOf(first.price) < limit : first.available;
  const firstWords = variantWords(to, line.name, true, random);
  const gold: ItemChange = takesFirst ? { ...second, variant: first, to, words: firstWords } : second;
  const cents = differenceOf([gold]);
  const place = pointAt(scene, order, [line]);
  const payers = methodsFor(
    scene,
    Math.max(cents, differenceOf([second]), differenceOf([{ ...second, variant: first }])),
  );
  if (!place || cents === 0 || payers.length === 0) return undefined;

  const method = pointAtMethod(scene, payers);
  const otherwise = byPrice
    ? `But if that one costs ${moneyText(limit)} or more`
    : pick(['If that one is out of stock', 'Should that one not be available'], random);
  const verb = tool === 'modify_pending_order_items' ? 'change' : 'exchange';
  const text =
    `Please ${verb} the ${second.item.words} in ${place.words}: I would like ${firstWords.phrase}. ` +
    `${otherwise}, I want ${second.words.phrase}. All features that I do not name stay as they are. ` +
    `The price difference goes to ${method.words}.`;
  const wishes: RequestWish[] = [to, second.to].map((wanted) => ({
    tool,
    order: place.wish,
    changes: [{ item: second.item.wish, to: wanted }],
    method: method.wish,
  }));
  return {
    wishes,
    gold: call(tool, {
      order_id: order.order_id,
      item_ids: [line.item_id],
      new_item_ids: [gold.variant.item_id],
      payment_method_id: method.id,
    }),
    texts: [text],
    mentions: { ...method.mentions, ...changeMentions([gold]) },
    reportables: [...changeReports([gold]), ...orderNumber(scene, order)],
  };
};

/** The gift card pays if it can; else another method does, or the order is cancelled. */
export const preferGiftCard: Builder = (scene, order) => {
  const { random, user } = scene;
  const methods = Object.values(user.payment_methods);
  const card = methods.find((method) => method.source === 'gift_card');
  const others = methods.filter(({ id, source }) => source !== 'gift_card' && id !== payerOf(order));
  const place = pointAt(scene, order, []);
  if (order.status !== 'pending' || card?.source !== 'gift_card' || !place) return undefined;
  const total = orderTotal(order);
  const enough = centsOf(card.balance) >= total;
  const other = others.length > 0 ? pointAtMethod(scene, others) : undefined;
  const reason = pick(['no longer needed', 'ordered by mistake'], random);
  const words = other ? `use ${other.words} instead` : `cancel that order, since ${reasonWords(reason, random)}`;
  const text = pick(
    [
      `Let my gift card pay for ${place.words} if its balance covers the whole total; if not, ${words}.`,
      `If my gift card holds enough for all of ${place.words}, move the payment to it. Otherwise, ${words}.`,
    ],
    random,
  );
  const { order_id } = order;
  const tool = 'modify_pending_order_payment';
  const second: RequestWish = other
    ? { tool, order: place.wish, method: other.wish }
    : { tool: 'cancel_pending_order', order: place.wish, reason };
  const fallback = other
    ? call(tool, { order_id, payment_method_id: other.id })
    : call('cancel_pending_order', { order_id, reason });
  return {
    wishes: [{ tool, order: place.wish, method: { source: 'gift_card' } }, second],
    gold: enough ? call(tool, { order_id, payment_method_id: card.id }) : fallback,
    texts: [text],
    mentions: enough ? { [card.id]: 'gift card' } : (other?.mentions ?? {}),
    reportables: [{ what: 'the total of that order', value: moneyText(total) }, ...orderNumber(scene, order)],
  };
};

/** Cancel while it is pending, else send an item back. */
export const cancelOrReturn: Builder = (scene, order) => {
  const { random } = scene;
  const line = pick(order.items, random);
  const place = pointAt(scene, order, [line]);
  const payer = readMethod(scene.user, payerOf(order));
  if (!changeTool(order) || !place || place.wish.status || !payer) return undefined;
  const item = pointAtLine(scene, order, line);
  const method = pointAtMethod(scene, [payer]);
  const reason = pick(['no longer needed', 'ordered by mistake'], random);
  const text =
    `If ${place.words} is still pending, cancel it, since ${reasonWords(reason, random)}. ` +
    `If it has been delivered already, take back the ${item.words} and refund it to ${method.words}.`;
  const { order_id } = order;
  const tool = 'return_delivered_order_items';
  const pending = order.status === 'pending';
  const cents = pending ? orderTotal(order) : centsOf(line.price);
  return {
    wishes: [
      { tool: 'cancel_pending_order', order: place.wish, reason },
      { tool, order: place.wish, items: [item.wish], method: method.wish },
    ],
    gold: pending
      ? call('cancel_pending_order', { order_id, reason })
      : call(tool, { order_id, item_ids: [line.item_id], payment_method_id: method.id }),
    texts: [text],
    mentions: pending ? {} : { ...method.mentions, [line.item_id]: item.words },
    reportables: [{ what: 'the amount that is refunded', value: moneyText(cents) }, ...orderNumber(scene, order)],
  };
};

/** A first idea that the same text takes back. */
export const changeOfMind: Builder = (scene, order) => {
  const { random } = scene;
  const build = order.status === 'pending' ? changeItems(1) : pick([changeItems(1), returnItems(1)], random);
  const part = build(scene, order);
  if (!part) return undefined;
  const idea = order.status === 'pending' ? 'cancel the whole order' : 'send everything in that order back';
  const text = pick(
    [
      ` At first I wanted to ${idea}, but forget that: I only want what I said here.`,
      ` No need to ${idea}, which was my first idea; this is all.`,
    ],
    random,
  );
  return { ...part, texts: part.texts.map((first, index) => (index === 0 ? first + text : first)) };
};

const impossible = (wish: RequestWish, text: string, scene: PartContext): RequestPart => {
  const end = pick(
    ['If that is not possible, leave it as it is.', 'If your rules do not allow that, change nothing there.'],
    scene.random,
  );
  return { wishes: [wish], gold: null, texts: [`${sentence(text)} ${end}`], mentions: {}, reportables: [] };
};

const cancelSent: Builder = (scene, order) => {
  const place = pointAt(scene, order, []);
  if (order.status === 'pending' || order.status === 'cancelled' || !place) return undefined;
  const reason = pick(['no longer needed', 'ordered by mistake'], scene.random);
  const text = `please cancel ${place.words}, since ${reasonWords(reason, scene.random)}.`;
  return impossible({ tool: 'cancel_pending_order', order: place.wish, reason }, text, scene);
};

const cancelPart: Builder = (scene, order) => {
  const line = pick(order.items, scene.random);
  const place = pointAt(scene, order, [line]);
  if (order.status !== 'pending' || order.items.length < 2 || !place) return undefined;
  const item = pointAtLine(scene, order, line);
  const why = pick(['I no longer need it', 'I ordered it by mistake'], scene.random);
  const text = `cancel only the ${item.words} in ${place.words}, since ${why}; all the rest of the order must come.`;
  return impossible({ tool: 'none' }, text, scene);
};

const otherProduct: Builder = (scene, order) => {
  const tool = changeTool(order);
  const line = pick(order.items, scene.random);
  const place = pointAt(scene, order, [line]);
  if (!tool || !place) return undefined;
  const product = pick(
    productTypes.map(({ name }) => name).filter((name) => name !== line.name),
    scene.random,
  );
  const item = pointAtLine(scene, order, line);
  const method = pointAtMethod(scene, Object.values(scene.user.payment_methods));
  const verb = tool === 'modify_pending_order_items' ? 'change' : 'exchange';
  const text = `${verb} the ${item.words} in ${place.words} for a ${product}, the difference going to ${method.words}.`;
  const changes = [{ item: item.wish, to: { kind: 'foreign', product } as const }];
  return impossible({ tool, order: place.wish, changes, method: method.wish }, text, scene);
};

const refundElsewhere: Builder = (scene, order) => {
  const line = pick(order.items, scene.random);
  const place = pointAt(scene, order, [line]);
  const foreign = Object.values(scene.user.payment_methods).filter(
    ({ id, source }) => source !== 'gift_card' && id !== payerOf(order),
  );
  if (order.status !== 'delivered' || !place || foreign.length === 0) return undefined;
  const item = pointAtLine(scene, order, line);
  const method = pointAtMethod(scene, foreign);
  const text = `return the ${item.words} from ${place.words}, but only with the refund going to ${method.words}.`;
  const tool = 'return_delivered_order_items';
  return impossible({ tool, order: place.wish, items: [item.wish], method: method.wish }, text, scene);
};

/** A wish that no write can meet; the customer then wants nothing changed. */
export const impossibleWish: Builder = (scene, order) => {
  const { status } = order;
  const builders =
    status === 'pending'
      ? [cancelPart, otherProduct]
      : status === 'delivered'
        ? [cancelSent, otherProduct, refundElsewhere]
        : status === 'processed'
          ? [cancelSent]
          : [];
  return builders.length === 0 ? undefined : pick(builders, scene.random)(scene, order);
};

/** A wish with a fallback or a change of mind; `kind` in [0.25, 1) chooses which. */
export const wishWithCatch = (kind: number): Builder =>
  kind < 0.55 ? preferVariant : kind < 0.75 ? preferGiftCard : kind < 0.88 ? cancelOrReturn : changeOfMind;

/** A plain wish about the order as it stands. */
export const plainWish = (scene: PartContext, order: Order): RequestPart | undefined =>
  order.status === 'pending'
    ? pick([cancelOrder, changeItems(1), changeItems(1)], scene.random)(scene, order)
    : pick([returnItems(1), changeItems(1)], scene.random)(scene, order);
