/** Words for the pieces of a wish: orders, items, variants, methods, addresses, identity. */
import { pick, type Random } from '../../../digest.ts';
import type { Address, OrderItem, PaymentMethod, RetailUser } from '../store.ts';
import type { MethodWish, Options, OrderWish, VariantWish } from './wish.ts';

/** An amount in cents as text, e.g. 12.50, without a thousands separator. */
export const moneyText = (cents: number): string => (cents / 100).toFixed(2);

/** 'a', 'a and b', 'a, b and c'. */
export const joined = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;

/** Upper-case first letter. */
export const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** A noun phrase for an order. */
export function orderWords(wish: OrderWish, random: Random): string {
  if (wish.id !== undefined) return pick([`order ${wish.id}`, `my order ${wish.id}`, wish.id], random);
  const place = wish.city === undefined ? '' : ` for ${wish.city}`;
  const pending = wish.status === 'pending';
  if (wish.holds !== undefined) {
    const state = wish.status === undefined ? '' : `${wish.status} `;
    return pick(
      [
        `my ${state}order${place} with the ${wish.holds} in it`,
        `the ${state}order${place} that has the ${wish.holds}`,
        `the ${state}order${place} in which I bought the ${wish.holds}`,
      ],
      random,
    );
  }
  if (wish.city !== undefined) {
    const state = wish.status === undefined ? '' : `${wish.status} `;
    return pick(
      [`my ${state}order with an address in ${wish.city}`, `the ${state}order addressed to ${wish.city}`],
      random,
    );
  }
  return pending
    ? pick(['my only pending order', 'the one order of mine that is still pending'], random)
    : pick(['my only delivered order', 'the one order of mine that has been delivered'], random);
}

/** Option values, with or without the names of their axes. */
export function optionWords(options: Options, random: Random): string {
  const entries = Object.entries(options);
  return random() < 0.5
    ? entries.map(([, value]) => value).join(', ')
    : entries.map(([axis, value]) => `${axis}: ${value}`).join(', ');
}

/** A line of an order: the product's name and, if any, the options that tell it apart. */
export const itemWords = (line: OrderItem, options: Options, random: Random): string =>
  Object.keys(options).length === 0 ? line.name : `${line.name} (${optionWords(options, random)})`;

/** The wanted variant: a noun phrase, the part that means the variant, and a sentence to add. */
export interface VariantWords {
  readonly phrase: string;
  readonly mention: string;
  readonly addition: string;
}

export function variantWords(wish: VariantWish, name: string, full: boolean, random: Random): VariantWords {
  const limit = 'below' in wish && wish.below !== undefined ? moneyText(wish.below) : undefined;
  switch (wish.kind) {
    case 'changed': {
      const mention = optionWords(wish.options, random);
      const phrases = [`this version: ${mention}`, `the version "${mention}"`];
      const phrase = pick(mention.includes(':') ? [...phrases, `one with ${mention}`] : phrases, random);
      const rest = ['All else about it stays the same.', 'Keep its other features as they are.', ''];
      return { phrase, mention, addition: full ? '' : pick(rest, random) };
    }
    case 'other': {
      const phrase = pick([`the one that differs only in ${wish.axis}`, `the same but for its ${wish.axis}`], random);
      const rest = 'Just one such version is in stock, and nothing else about it may differ.';
      return { phrase, mention: phrase, addition: rest };
    }
    case 'foreign':
      return { phrase: `a ${wish.product}`, mention: `a ${wish.product}`, addition: '' };
    default: {
      const superlative =
        wish.kind === 'cheapest'
          ? pick(['the cheapest', 'the least expensive'], random)
          : pick(['the most expensive', 'the priciest'], random);
      const having = Object.keys(wish.options).length === 0 ? '' : ` with ${optionWords(wish.options, random)}`;
      const below = limit === undefined ? '' : ` that costs less than ${limit}`;
      const phrase = `${superlative} other ${name}${having} in stock${below}`;
      return { phrase, mention: phrase, addition: 'Its other features do not matter.' };
    }
  }
}

/** How the request names a method; `mention` is the part of the phrase that means it. */
export interface MethodWords {
  readonly wish: MethodWish;
  readonly phrase: string;
  readonly mention: string;
}

/** A name of a method that fits no other method of the profile; `wish.id` only for a given id. */
export function methodWords(method: PaymentMethod, user: RetailUser, random: Random): MethodWords {
  if (random() < 0.2) return { wish: { id: method.id }, phrase: method.id, mention: method.id };
  if (method.source === 'paypal') {
    const phrase = pick(['my PayPal account', 'PayPal'], random);
    return { wish: { source: 'paypal' }, phrase, mention: 'PayPal' };
  }
  if (method.source === 'gift_card') {
    return { wish: { source: 'gift_card' }, phrase: 'my gift card', mention: 'gift card' };
  }
  const cards = Object.values(user.payment_methods).filter((other) => other.source === 'credit_card');
  if (cards.length === 1 && random() < 0.5) {
    return { wish: { source: 'credit_card' }, phrase: 'my credit card', mention: 'credit card' };
  }
  const brand = method.brand === 'visa' ? 'Visa' : 'Mastercard';
  const mention = pick(
    [`credit card (${brand}, last four ${method.last_four})`, `${brand} credit card ${method.last_four}`],
    random,
  );
  return { wish: { source: 'credit_card', lastFour: method.last_four }, phrase: `my ${mention}`, mention };
}

export const addressWords = (address: Address, random: Random): string =>
  pick(
    [
      `${address.address1}, ${address.address2}, ${address.city}, ${address.state}, ${address.country}, ${address.zip}`,
      `${address.address1}, ${address.address2}, ${address.city}, ${address.state} ${address.zip}, ${address.country}`,
    ],
    random,
  );

/** How the customer says who they are: by email, or by name and zip code. */
export function identityWords(user: RetailUser, random: Random): string {
  const name = `${user.name.first_name} ${user.name.last_name}`;
  return random() < 0.5
    ? pick(
        [`My email is ${user.email}.`, `You find me under ${user.email}.`, `Hi, this is ${name}, ${user.email}.`],
        random,
      )
    : pick(
        [
          `My name is ${name} and my zip code is ${user.address.zip}.`,
          `I'm ${name}, zip code ${user.address.zip}.`,
          `Hello, ${name} here, from zip ${user.address.zip}.`,
        ],
        random,
      );
}

export const consentWords = (random: Random): string =>
  pick(
    [
      'I agree to exactly this; no need to ask back.',
      'I agree to all of it, so please just do it without asking again.',
      'You have my consent for exactly this; do not ask me to confirm.',
      'Consider this confirmed: I agree to it as written, no questions needed.',
    ],
    random,
  );

export const reasonWords = (reason: string, random: Random): string =>
  reason === 'no longer needed'
    ? pick(['I no longer need it', 'it is no longer needed', 'it is just no longer needed'], random)
    : pick(['I ordered it by mistake', 'it was ordered by mistake', 'that was ordered by mistake'], random);
