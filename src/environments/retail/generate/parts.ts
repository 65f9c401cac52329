/** The plain intents except item changes: cancel, return, address, payment, information. */
import { pick, shuffled } from '../../../digest.ts';
import type { Address } from '../store.ts';
import { othersInStock } from './changes.ts';
import {
  type Builder,
  call,
  methodsFor,
  methodsOf,
  orderNumber,
  orderTotal,
  type PartContext,
  payerOf,
  pointAt,
  pointAtLine,
  pointAtMethod,
} from './part.ts';
import { addressWords, joined, moneyText, reasonWords } from './phrases.ts';
import { type AddressWish, ordersOf } from './wish.ts';
import { addressOf, centsOf } from './world.ts';

export const cancelOrder: Builder = (scene, order) => {
  const { random } = scene;
  const place = pointAt(scene, order, []);
  if (order.status !== 'pending' || !place) return undefined;
  const reason = pick(['no longer needed', 'ordered by mistake'], random);
  const why = reasonWords(reason, random);
  const text = pick(
    [
      `Please cancel ${place.words}, since ${why}.`,
      `I want ${place.words} cancelled: ${why}.`,
      `Could you call off ${place.words}? The reason: ${why}.`,
    ],
    random,
  );
  const cents = orderTotal(order);
  return {
    wishes: [{ tool: 'cancel_pending_order', order: place.wish, reason }],
    gold: call('cancel_pending_order', { order_id: order.order_id, reason }),
    texts: [text],
    mentions: {},
    reportables: [
      {
        what: 'the amount refunded for the cancelled order',
        value: moneyText(cents),
        cents: { kind: 'refund', value: cents },
      },
      ...orderNumber(scene, order),
    ],
  };
};

/** Sends `count` lines back. */
export const returnItems =
  (count: number): Builder =>
  (scene, order) => {
    const { random } = scene;
    if (order.status !== 'delivered' || order.items.length < count) return undefined;
    const lines = shuffled(order.items, random).slice(0, count);
    const place = pointAt(scene, order, lines);
    if (!place) return undefined;
    const pointed = lines.map((line) => pointAtLine(scene, order, line));
    const method = pointAtMethod(
      scene,
      methodsOf(scene).filter(({ id, source }) => source === 'gift_card' || id === payerOf(order)),
    );
    const items = joined(pointed.map(({ words }) => `the ${words}`));
    const text = pick(
      [
        `I want to send back ${items} from ${place.words}. Refund it to ${method.words}.`,
        `Please take back ${items} from ${place.words}; the money goes to ${method.words}.`,
        `I'd like to return ${items} (${place.words}), with the refund to ${method.words}.`,
      ],
      random,
    );
    const cents = lines.reduce((sum, line) => sum + centsOf(line.price), 0);
    const tool = 'return_delivered_order_items';
    const item_ids = lines.map((line) => line.item_id);
    return {
      wishes: [{ tool, order: place.wish, items: pointed.map(({ wish }) => wish), method: method.wish }],
      gold: call(tool, { order_id: order.order_id, item_ids, payment_method_id: method.id }),
      texts: [text],
      mentions: {
        ...method.mentions,
        ...Object.fromEntries(lines.map((l, i) => [l.item_id, pointed[i]?.words ?? ''])),
      },
      reportables: [
        { what: 'the refund total of the return', value: moneyText(cents), cents: { kind: 'refund', value: cents } },
        ...orderNumber(scene, order),
      ],
    };
  };

const sameAddress = (a: Address, b: Address): boolean => a.address1 === b.address1 && a.zip === b.zip;

/** A new address: in full, or that of another order or of the profile. */
function pointAtAddress(
  scene: PartContext,
  current: Address,
  exclude: string | undefined,
): { readonly wish: AddressWish; readonly words: string; readonly address: Address } {
  const { random, user, store } = scene;
  const others = ordersOf(store, user).filter(
    (order) => order.order_id !== exclude && !sameAddress(order.address, current),
  );
  const draw = random();
  if (draw < 0.35 && others.length > 0) {
    const other = pick(others, random);
    const place = pointAt(scene, other, []);
    if (place) return { wish: place.wish, words: `the same address as ${place.words}`, address: other.address };
  }
  if (draw < 0.5 && exclude !== undefined && !sameAddress(user.address, current)) {
    return { wish: 'profile', words: 'the default address in my profile', address: user.address };
  }
  const address = addressOf(random);
  return { wish: address, words: addressWords(address, random), address };
}

export const changeAddress: Builder = (scene, order) => {
  const place = pointAt(scene, order, []);
  if (order.status !== 'pending' || !place) return undefined;
  const target = pointAtAddress(scene, order.address, order.order_id);
  const text = pick(
    [
      `Please ship ${place.words} to another address: ${target.words}.`,
      `The shipping address of ${place.words} is wrong; it should be ${target.words}.`,
      `I need the shipping address of ${place.words} changed to ${target.words}.`,
    ],
    scene.random,
  );
  const tool = 'modify_pending_order_address';
  return {
    wishes: [{ tool, order: place.wish, address: target.wish }],
    gold: call(tool, { order_id: order.order_id, ...target.address }),
    texts: [text],
    mentions: {},
    reportables: [
      { what: 'the total that I paid for that order', value: moneyText(orderTotal(order)) },
      ...orderNumber(scene, order),
    ],
  };
};

/** `payWith` also pays for item changes of the same order. */
export const changePayment =
  (payWith?: ReturnType<typeof pointAtMethod>): Builder =>
  (scene, order) => {
    const place = pointAt(scene, order, []);
    const others = methodsFor(scene, orderTotal(order)).filter(({ id }) => id !== payerOf(order));
    if (order.status !== 'pending' || !place || others.length === 0) return undefined;
    const method = payWith ?? pointAtMethod(scene, others);
    const more = payWith ? ' That holds for the price difference of the item changes as well.' : '';
    const text = pick(
      [
        `Please let ${method.words} pay for ${place.words} instead.`,
        `I want to pay for ${place.words} with ${method.words} rather than as I did.`,
        `Move the payment of ${place.words} to ${method.words}.`,
      ],
      scene.random,
    );
    const tool = 'modify_pending_order_payment';
    return {
      wishes: [{ tool, order: place.wish, method: method.wish }],
      gold: call(tool, { order_id: order.order_id, payment_method_id: method.id }),
      texts: [text + more],
      mentions: method.mentions,
      reportables: [
        { what: 'the amount whose payment is moved', value: moneyText(orderTotal(order)) },
        ...orderNumber(scene, order),
      ],
    };
  };

/** Changes the profile's address; the order only tells whose. */
export const changeDefaultAddress: Builder = (scene) => {
  const target = pointAtAddress(scene, scene.user.address, undefined);
  const text = pick(
    [
      `Please update the default address of my profile to ${target.words}.`,
      `I have moved: my profile's default address is now ${target.words}.`,
      `Change the address in my account to ${target.words}.`,
    ],
    scene.random,
  );
  const tool = 'modify_user_address';
  return {
    wishes: [{ tool, address: target.wish }],
    gold: call(tool, { user_id: scene.user.user_id, ...target.address }),
    texts: [text],
    mentions: {},
    reportables: [],
  };
};

/** Asks for a fact and changes nothing. */
export const askInformation: Builder = (scene, order) => {
  const { random, user } = scene;
  const place = pointAt(scene, order, []);
  if (!place) return undefined;
  const line = pick(order.items, random);
  const item = pointAtLine(scene, order, line);
  const tracking = order.fulfillments[0]?.tracking_id[0];
  const card = Object.values(user.payment_methods).find((method) => method.source === 'gift_card');
  const cheapest = Math.min(...othersInStock(scene, line).map((variant) => centsOf(variant.price)));
  const facts = [
    { what: `the total that I paid for ${place.words}`, value: moneyText(orderTotal(order)) },
    { what: `the price that I paid for the ${item.words} in ${place.words}`, value: line.price.toFixed(2) },
    ...(tracking === undefined ? [] : [{ what: `the tracking number of ${place.words}`, value: tracking }]),
    ...(card?.source === 'gift_card' ? [{ what: 'the balance of my gift card', value: card.balance.toFixed(2) }] : []),
    ...(Number.isFinite(cheapest)
      ? [
          {
            what: `what the cheapest other ${line.name} in stock costs (I have the one of ${place.words})`,
            value: moneyText(cheapest),
          },
        ]
      : []),
  ];
  const opening = pick(
    ['I only have a question and nothing is to be changed.', 'Nothing to change today, I just need to know something.'],
    random,
  );
  return { wishes: [], gold: null, texts: [opening], mentions: {}, reportables: [pick(facts, random)] };
};
