/** Sending items of a delivered order back, for money or for another variant. */
import { pairVariants } from './pairs.ts';
import { roundCents } from './python-number.ts';
import { type Order, readOrder, type Store, touchOrder } from './store.ts';
import { missingItem, orderText, paymentMethodOf, type RetailTool, retailTool, ToolError } from './tool-kit.ts';

const orderId = "Id of the order, such as #W0000000. The '#' in front belongs to it.";

function deliveredOrder(store: Store, id: string, verb: string): Order {
  const order = readOrder(store, id);
  if (!order) throw new ToolError('Order not found');
  if (order.status !== 'delivered') throw new ToolError(`Non-delivered order cannot be ${verb}`);
  return order;
}

export const returnExchangeTools: readonly RetailTool[] = [
  retailTool(
    'return_delivered_order_items',
    'Ask for the return of items of a delivered order. Works once for an order, so name all items in one call.',
    false,
    {
      texts: {
        order_id: orderId,
        payment_method_id:
          'Id of the method that gets the refund: the one that paid for the order, or a gift card of the customer.',
      },
      lists: { item_ids: 'Ids of the items to send back, such as 1008292230; an id may occur twice.' },
    },
    (store, given) => {
      const order = deliveredOrder(store, given.text('order_id'), 'returned');
      const ids = given.list('item_ids');
      const methodId = given.text('payment_method_id');
      const method = paymentMethodOf(store, order.user_id, methodId);
      if (method.source !== 'gift_card' && methodId !== order.payment_history[0]?.payment_method_id) {
        throw new ToolError('Payment method should be the original payment method');
      }
      if (missingItem(order, ids) !== undefined) throw new ToolError('Some item not found');
      const next = touchOrder(store, order.order_id, {
        status: 'return requested',
        return_items: [...ids].sort(),
        return_payment_method_id: methodId,
      });
      return orderText(next);
    },
  ),
  retailTool(
    'exchange_delivered_order_items',
    'Ask for the exchange of items of a delivered order for other variants of the same products. Works once for an order, so name all items in one call.',
    false,
    {
      texts: {
        order_id: orderId,
        payment_method_id:
          'Id of the method that pays or gets the price difference, such as gift_card_0000000 or credit_card_0000000.',
      },
      lists: {
        item_ids: 'Ids of the items to send back, such as 1008292230; an id may occur twice.',
        new_item_ids: 'Ids of the variants wanted instead, in the same order as item_ids.',
      },
    },
    (store, given) => {
      const order = deliveredOrder(store, given.text('order_id'), 'exchanged');
      const oldIds = given.list('item_ids');
      const newIds = given.list('new_item_ids');
      const methodId = given.text('payment_method_id');
      const missing = missingItem(order, oldIds);
      if (missing !== undefined) throw new ToolError(`Number of ${missing} not found.`);
      if (oldIds.length !== newIds.length) {
        throw new ToolError('The number of items to be exchanged should match.');
      }
      const difference = roundCents(pairVariants(store, order, oldIds, newIds, false).difference);
      const method = paymentMethodOf(store, order.user_id, methodId);
      if (method.source === 'gift_card' && method.balance < difference) {
        throw new ToolError('Insufficient gift card balance to pay for the price difference');
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
];
