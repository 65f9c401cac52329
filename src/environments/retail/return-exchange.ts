/** Sending items of a delivered order back, for money or for another variant. */
import { z } from 'zod';
import { tool } from '../define-tool.ts';
import { pairVariants } from './pairs.ts';
import { roundCents } from './python-number.ts';
import { type Order, readOrder, type Store, touchOrder } from './store.ts';
import { list, missingItem, orderId, orderText, paymentMethodOf, text } from './tool-kit.ts';

function deliveredOrder(store: Store, id: string, verb: string): Order {
  const order = readOrder(store, id);
  if (!order) throw new Error('Order not found');
  if (order.status !== 'delivered') throw new Error(`Non-delivered order cannot be ${verb}`);
  return order;
}

export const returnExchangeTools = {
  return_delivered_order_items: tool(
    'Ask for the return of items of a delivered order. Works once for an order, so name all items in one call.',
    z.object({
      order_id: orderId,
      payment_method_id: text(
        'Id of the method that gets the refund: the one that paid for the order, or a gift card of the customer.',
      ),
      item_ids: list('Ids of the items to send back, such as 1008292230; an id may occur twice.'),
    }),
    (store: Store, given) => {
      const order = deliveredOrder(store, given.order_id, 'returned');
      const ids = given.item_ids;
      const methodId = given.payment_method_id;
      const method = paymentMethodOf(store, order.user_id, methodId);
      if (method.source !== 'gift_card' && methodId !== order.payment_history[0]?.payment_method_id) {
        throw new Error('Payment method should be the original payment method');
      }
      if (missingItem(order, ids) !== undefined) throw new Error('Some item not found');
      const next = touchOrder(store, order.order_id, {
        status: 'return requested',
        return_items: [...ids].sort(),
        return_payment_method_id: methodId,
      });
      return orderText(next);
    },
  ),
  exchange_delivered_order_items: tool(
    'Ask for the exchange of items of a delivered order for other variants of the same products. Works once for an order, so name all items in one call.',
    z.object({
      order_id: orderId,
      payment_method_id: text(
        'Id of the method that pays or gets the price difference, such as gift_card_0000000 or credit_card_0000000.',
      ),
      item_ids: list('Ids of the items to send back, such as 1008292230; an id may occur twice.'),
      new_item_ids: list('Ids of the variants wanted instead, in the same order as item_ids.'),
    }),
    (store: Store, given) => {
      const order = deliveredOrder(store, given.order_id, 'exchanged');
      const oldIds = given.item_ids;
      const newIds = given.new_item_ids;
      const methodId = given.payment_method_id;
      const missing = missingItem(order, oldIds);
      if (missing !== undefined) throw new Error(`Number of ${missing} not found.`);
      if (oldIds.length !== newIds.length) {
        throw new Error('The number of items to be exchanged should match.');
      }
      const difference = roundCents(pairVariants(store, order, oldIds, newIds, false).difference);
      const method = paymentMethodOf(store, order.user_id, methodId);
      if (method.source === 'gift_card' && method.balance < difference) {
        throw new Error('Insufficient gift card balance to pay for the price difference');
      }
      const next = touchOrder(store, order.order_id, {
        status: 'exchange requested',
        exchange_items: [...oldIds].sort(),
        exchange_new_items: [...newIds].sort(),
        exchange_payment_method_id: methodId,
        exchange_price_difference: difference,
      });
      return orderText(next);
    },
  ),
};
