/** Pairs of old and new items, as exchanges and item changes use them. */
import {
  type Order,
  type OrderItem,
  type RetailMode,
  readProduct,
  readVariant,
  type Store,
  type Variant,
} from './store.ts';

/**
 * The wanted variant of each pair and the unrounded sum of the price differences in dollars.
 * `differ` refuses a variant that the customer already has. Throws at the first bad pair.
 */
export function pairVariants(
  store: Store,
  order: Order,
  oldIds: readonly string[],
  newIds: readonly string[],
  differ: boolean,
): { readonly variants: readonly Variant[]; readonly difference: number } {
  const variants: Variant[] = [];
  let difference = 0;
  oldIds.forEach((oldId, index) => {
    const newId = newIds[index] ?? '';
    if (differ && oldId === newId) {
      throw new Error('The new item id should be different from the old item id');
    }
    const line = order.items.find((item) => item.item_id === oldId);
    if (!line) throw new Error(`${oldId} not found`);
    const product = readProduct(store, line.product_id);
    if (!product) throw new Error('Product not found');
    const variant = readVariant(product, newId);
    if (!variant) throw new Error('Variant not found');
    if (!variant.available) throw new Error(`New item ${newId} not found or available`);
    variants.push(variant);
    difference += variant.price - line.price;
  });
  return { variants, difference };
}

/** The order's lines after a change: per pair, the first line that then holds the old id. */
export function changedItemPairs(
  order: Order,
  oldIds: readonly string[],
  variants: readonly Variant[],
  mode: RetailMode,
): OrderItem[] {
  const items = [...order.items];
  const last = variants.at(-1);
  oldIds.forEach((oldId, index) => {
    const at = items.findIndex((item) => item.item_id === oldId);
    const line = items[at];
    const variant = variants[index];
    if (!line || !variant || !last) return;
    const shown = mode === 'compat' ? last : variant;
    items[at] = { ...line, item_id: variant.item_id, price: shown.price, options: shown.options };
  });
  return items;
}
