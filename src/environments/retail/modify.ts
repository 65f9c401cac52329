/** Changes to a pending order or to the customer's profile. */
import { moveBalance } from './cancel.ts';
import { changedItemPairs, pairVariants } from './pairs.ts';
import { roundCents } from './python-number.ts';
import {
  type Address,
  type Order,
  type OrderPayment,
  readOrder,
  readUser,
  type Store,
  touchOrder,
  touchUser,
} from './store.ts';
import {
  type Given,
  missingItem,
  orderText,
  paymentMethodOf,
  type RetailTool,
  retailTool,
  ToolError,
  userLabel,
} from './tool-kit.ts';

const orderId = "Id of the order, such as #W0000000. The '#' in front belongs to it.";
const addressTexts = {
  address1: 'Street and house number, such as 12 Harbor Road.',
  address2: "Second line, such as Suite 210; '' when there is none.",
  city: 'City, such as Denver.',
  state: 'State as two letters, such as CO.',
  country: 'Country, such as USA.',
  zip: 'Zip code, such as 80202.',
};

const addressOf = (given: Given): Address => ({
  address1: given.text('address1'),
  address2: given.text('address2'),
  city: given.text('city'),
  country: given.text('country'),
  state: given.text('state'),
  zip: given.text('zip'),
});

/**
 * Address and payment may still change after an item change: upstream asks only that the status
 * contains "pending" (quirk Q3).
 */
function openOrder(store: Store, id: string): Order {
  const order = readOrder(store, id);
  if (!order) throw new ToolError('Order not found');
  if (!order.status.includes('pending')) throw new ToolError('Non-pending order cannot be modified');
  return order;
}

export const modifyTools: readonly RetailTool[] = [
  retailTool(
    'modify_pending_order_address',
    'Change the shipping address of a pending order.',
    false,
    { texts: { order_id: orderId, ...addressTexts } },
    (store, given) => {
      const order = openOrder(store, given.text('order_id'));
      return orderText(touchOrder(store, order.order_id, { address: addressOf(given) }));
    },
  ),
  retailTool(
    'modify_pending_order_payment',
    "Let another payment method of the customer's profile pay for a pending order. The first method is refunded.",
    false,
    {
      texts: {
        order_id: orderId,
        payment_method_id:
          "Id of the new method, such as gift_card_0000000 or credit_card_0000000; it stands in the customer's profile.",
      },
    },
    (store, given) => {
      const order = openOrder(store, given.text('order_id'));
      const methodId = given.text('payment_method_id');
      const method = paymentMethodOf(store, order.user_id, methodId);
      const first = order.payment_history[0];
      if (!first || order.payment_history.length > 1 || first.transaction_type !== 'payment') {
        throw new ToolError('There should be exactly one payment for a pending order');
      }
      if (first.payment_method_id === methodId) {
        throw new ToolError('The new payment method should be different from the current one');
      }
      const { amount } = first;
      if (method.source === 'gift_card' && method.balance < amount) {
        throw new ToolError('Insufficient gift card balance to pay for the order');
      }
      paymentMethodOf(store, order.user_id, first.payment_method_id);

      const payment: OrderPayment = { transaction_type: 'payment', amount, payment_method_id: methodId };
      const refund: OrderPayment = { ...first, transaction_type: 'refund' };
      moveBalance(store, order.user_id, methodId, -amount);
      moveBalance(store, order.user_id, first.payment_method_id, amount);
      const history = [...order.payment_history, payment, refund];
      return orderText(touchOrder(store, order.order_id, { payment_history: history }));
    },
  ),
  retailTool(
    'modify_pending_order_items',
    'Change items of a pending order to other variants of the same products. Works once for an order, so name all items in one call.',
    false,
    {
      texts: {
        order_id: orderId,
        payment_method_id:
          'Id of the method that pays or gets the price difference, such as gift_card_0000000 or credit_card_0000000.',
      },
      lists: {
        item_ids: 'Ids of the items to change, such as 1008292230; an id may occur twice.',
        new_item_ids: 'Ids of the variants wanted instead, in the same order as item_ids.',
      },
    },
    (store, given, mode) => {
      const id = given.text('order_id');
      const oldIds = given.list('item_ids');
      const newIds = given.list('new_item_ids');
      const methodId = given.text('payment_method_id');
      const order = readOrder(store, id);
      if (!order) throw new ToolError('Order not found');
      if (order.status !== 'pending') throw new ToolError('Non-pending order cannot be modified');
      const missing = missingItem(order, oldIds);
      if (missing !== undefined) throw new ToolError(`${missing} not found`);
      if (oldIds.length !== newIds.length) {
        throw new ToolError('The number of items to be exchanged should match');
      }
      const { variants, difference: exact } = pairVariants(store, order, oldIds, newIds, true);
      // Upstream stores the sum as the doubles give it; our own worlds hold whole cents.
      const difference = mode === 'compat' ? exact : roundCents(exact);
      const method = paymentMethodOf(store, order.user_id, methodId);
      if (method.source === 'gift_card' && method.balance < difference) {
        throw new ToolError('Insufficient gift card balance to pay for the new item');
      }

      const entry: OrderPayment = {
        transaction_type: difference > 0 ? 'payment' : 'refund',
        amount: Math.abs(difference),
        payment_method_id: methodId,
      };
      moveBalance(store, order.user_id, methodId, -difference);
      const next = touchOrder(store, id, {
        status: 'pending (item modified)',
        items: changedItemPairs(order, oldIds, variants, mode),
        payment_history: [...order.payment_history, entry],
      });
      return orderText(next);
    },
  ),
  retailTool(
    'modify_user_address',
    "Change the default address in a customer's profile. Orders keep their own address.",
    false,
    { texts: { user_id: 'Id of the customer, such as ana_diaz_4821.', ...addressTexts } },
    (store, given) => {
      const id = given.text('user_id');
      if (!readUser(store, id)) throw new ToolError('User not found');
      return userLabel(touchUser(store, id, { address: addressOf(given) }));
    },
  ),
];
