/** Item changes: which variant is wanted for which line, and one call for all lines of an order. */
import { pick, shuffled } from '../../../digest.ts';
import { type Order, type OrderItem, readProduct, type Variant } from '../store.ts';
import {
  type Builder,
  call,
  methodsFor,
  orderNumber,
  type PartContext,
  pointAt,
  pointAtLine,
  pointAtMethod,
  type RequestPart,
} from './part.ts';
import { moneyText, type VariantWords, variantWords } from './phrases.ts';
import { type ItemWish, type VariantWish, variantsThatFit } from './wish.ts';
import { between, centsOf } from './world.ts';

/** One line, the variant wanted for it, and the words for both. */
export interface ItemChange {
  readonly line: OrderItem;
  readonly variant: Variant;
  readonly item: { readonly wish: ItemWish; readonly words: string };
  readonly to: VariantWish;
  readonly words: VariantWords;
}

/** Available variants of the line's product other than its own. */
export const othersInStock = (scene: PartContext, line: OrderItem): Variant[] =>
  Object.values(readProduct(scene.store, line.product_id)?.variants ?? {}).filter(
    (variant) => variant.available && variant.item_id !== line.item_id,
  );

/** The options of a variant that differ from the line's. */
export const changedOptions = (line: OrderItem, variant: Variant): Record<string, string> =>
  Object.fromEntries(Object.entries(variant.options).filter(([axis, value]) => line.options[axis] !== value));

function conditionFor(scene: PartContext, line: OrderItem): VariantWish {
  const { random } = scene;
  const others = othersInStock(scene, line);
  const draw = random();
  if (draw < 0.3) return { kind: 'cheapest', options: {} };
  if (draw < 0.4) return { kind: 'dearest', options: {} };
  if (draw < 0.55) {
    const prices = others.map((variant) => centsOf(variant.price)).sort((a, b) => a - b);
    const limit = prices[Math.floor(prices.length / 2)] ?? 0;
    return { kind: 'dearest', options: {}, below: Math.ceil(limit / 100) * 100 };
  }
  if (draw < 0.7 && others.length > 0) {
    const [axis, value] = pick(Object.entries(pick(others, random).options), random);
    return { kind: 'cheapest', options: { [axis]: value } };
  }
  return { kind: 'other', axis: pick(Object.keys(line.options), random) };
}

/** Chooses the variant wanted for a line, or nothing when no single one fits. */
export function changeOf(
  scene: PartContext,
  order: Order,
  line: OrderItem,
  full = scene.random() < 0.35,
): ItemChange | undefined {
  const { random } = scene;
  const product = readProduct(scene.store, line.product_id);
  const others = othersInStock(scene, line);
  if (!product || others.length === 0) return undefined;
  const wanted = pick(others, random);
  const to: VariantWish =
    scene.variants === 'options'
      ? { kind: 'changed', options: full ? wanted.options : changedOptions(line, wanted) }
      : conditionFor(scene, line);
  const [variant, ...more] = variantsThatFit(to, product, line);
  if (!variant || more.length > 0) return undefined;
  const words = variantWords(to, line.name, full, random);
  return { line, variant, item: pointAtLine(scene, order, line), to, words };
}

/** Price difference of changes in cents; above 0 the customer pays. */
export const differenceOf = (changes: readonly ItemChange[]): number =>
  changes.reduce((sum, { line, variant }) => sum + centsOf(variant.price) - centsOf(line.price), 0);

/** The tool that changes items in an order of this status. */
export const changeTool = (
  order: Order,
): 'exchange_delivered_order_items' | 'modify_pending_order_items' | undefined =>
  order.status === 'delivered'
    ? 'exchange_delivered_order_items'
    : order.status === 'pending'
      ? 'modify_pending_order_items'
      : undefined;

export const changeMentions = (changes: readonly ItemChange[]): Record<string, string> =>
  Object.fromEntries(
    changes.flatMap(({ line, variant, item, words }) => [
      [line.item_id, item.words],
      [variant.item_id, words.mention],
    ]),
  );

export function changeReports(changes: readonly ItemChange[]): RequestPart['reportables'] {
  const cents = differenceOf(changes);
  const what =
    changes.length > 1
      ? 'the total price difference of the changed items (one amount without a sign)'
      : `the price difference for the ${changes[0]?.line.name} (the amount without a sign)`;
  const news = changes.flatMap(({ line, variant }) => [
    { what: `the price of the new ${line.name}`, value: variant.price.toFixed(2) },
    { what: `the item number of the new ${line.name}`, value: variant.item_id },
  ]);
  return [{ what, value: moneyText(Math.abs(cents)), cents: { kind: 'difference', value: cents } }, ...news];
}

/**
 * Changes `count` lines in one call. With `apart` each further line has its own text, so that the
 * lines must be collected first; `payWith` is the only method to use.
 */
export const changeItems =
  (count: number, apart = false, payWith?: ReturnType<typeof pointAtMethod>): Builder =>
  (scene, order) => {
    const { random } = scene;
    const tool = changeTool(order);
    if (!tool || order.items.length < count) return undefined;
    const lines = shuffled(order.items, random).slice(0, count);
    const place = pointAt(scene, order, lines);
    const changes = lines.flatMap((line) => changeOf(scene, order, line) ?? []);
    if (!place || changes.length < count || differenceOf(changes) === 0) return undefined;
    const payers = methodsFor(scene, differenceOf(changes));
    if (payers.length === 0) return undefined;
    const method = payWith ?? pointAtMethod(scene, payers);

    const verb = tool === 'modify_pending_order_items' ? 'change' : 'exchange';
    const [first, ...rest] = changes.map(({ item, words }) => ({
      item: `the ${item.words}`,
      want: words.phrase,
      addition: words.addition === '' ? '' : ` ${words.addition}`,
    }));
    if (!first) return undefined;
    const opening = pick(
      [
        `Please ${verb} ${first.item} in ${place.words}; I want ${first.want}.${first.addition}`,
        `For ${first.item} in ${place.words} I would rather have ${first.want}.${first.addition}`,
        `I'd like to ${verb} ${first.item} from ${place.words} for ${first.want}.${first.addition}`,
      ],
      random,
    );
    const inSame = place.wish.id ?? 'that same order';
    const further = rest.map(({ item, want, addition }) =>
      apart
        ? pick(
            [
              `One more thing for ${inSame}: ${item} should become ${want}.${addition}`,
              `Also in ${inSame}, I want ${want} in place of ${item}.${addition}`,
            ],
            random,
          )
        : `And instead of ${item} from it I want ${want}.${addition}`,
    );
    const payment = pick(
      [
        `Use ${method.words} for the price difference.`,
        `Any price difference goes to ${method.words}.`,
        `Settle the difference in price through ${method.words}.`,
      ],
      random,
    );
    const paid = payWith ? '' : ` ${payment}`;
    const texts = apart ? [opening + paid, ...further] : [[opening, ...further].join(' ') + paid];
    return {
      wishes: [
        {
          tool,
          order: place.wish,
          changes: changes.map(({ item, to }) => ({ item: item.wish, to })),
          method: method.wish,
        },
      ],
      gold: call(tool, {
        order_id: order.order_id,
        item_ids: changes.map(({ line }) => line.item_id),
        new_item_ids: changes.map(({ variant }) => variant.item_id),
        payment_method_id: method.id,
      }),
      texts,
      mentions: { ...method.mentions, ...changeMentions(changes) },
      reportables: [...changeReports(changes), ...orderNumber(scene, order)],
    };
  };

/** One line, sometimes two or three. */
export const lineCount = (random: PartContext['random']): number => (random() < 0.75 ? 1 : between(2, 3, random));
