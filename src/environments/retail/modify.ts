/** Changes to a pending order or to the customer's profile. */
import { z } from 'zod';
import { tool } from '../define-tool.ts';
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
import { list, missingItem, orderId, orderText, paymentMethodOf, text, userLabel } from './tool-kit.ts';

const addressFields = {
  address1: text('Street and house number, such as 12 Harbor Road.'),
  address2: text("Second line, such as Suite 210; '' when there is none."),
  city: text('City, such as Denver.'),
  state: text('State as two letters, such as CO.'),
  country: text('Country, such as USA.'),
  zip: text('Zip code, such as 80202.'),
};

const addressOf = ({ address1, address2, city, country, state, zip }: Address): Address => ({
  address1,
  address2,
  city,
  country,
  state,
  zip,
});

/** Upstream only asks that the status contains "pending", also after an item change (quirk Q3). */
function openOrder(store: Store, id: string): Order {
  const order = readOrder(store, id);
  if (!order) throw new Error('Order not found');
  if (!order.status.includes('pending')) throw new Error('Non-pending order cannot be modified');
  return order;
}

export const modifyTools = {
  modify_pending_order_address: tool(
    'Change the shipping address of a pending order.',
    z.object({ order_id: orderId, ...addressFields }),
    (store: Store, given) => {
      const order = openOrder(store, given.order_id);
      return orderText(touchOrder(store, order.order_id, { address: addressOf(given) }));
    },
  ),
  modify_pending_order_payment: tool(
    "Let another payment method of the customer's profile pay for a pending order. The first method is refunded.",
    z.object({
      order_id: orderId,
      payment_method_id: text(
        "Id of the new method, such as gift_card_0000000 or credit_card_0000000; it stands in the customer's profile.",
      ),
    }),
    (store: Store, given) => {
      const order = openOrder(store, given.order_id);
      const methodId = given.payment_method_id;
      const method = paymentMethodOf(store, order.user_id, methodId);
      const first = order.payment_history[0];
      if (!first || order.payment_history.length > 1 || first.transaction_type !== 'payment') {
        throw new Error('There should be exactly one payment for a pending order');
      }
      if (first.payment_method_id === methodId) {
        throw new Error('The new payment method should be different from the current one');
      }
      const { amount } = first;
      if (method.source === 'gift_card' && method.balance < amount) {
        throw new Error('Insufficient gift card balance to pay for the order');
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
  modify_pending_order_items: tool(
    'Change items of a pending order to other variants of the same products. Works once for an order, so name all items in one call.',
    z.object({
      order_id: orderId,
      payment_method_id: text(
        'Id of the method that pays or gets the price difference, such as gift_card_0000000 or credit_card_0000000.',
      ),
      item_ids: list('Ids of the items to change, such as 1008292230; an id may occur twice.'),
      new_item_ids: list('Ids of the variants wanted instead, in the same order as item_ids.'),
    }),
    (store: Store, given) => {
      const id = given.order_id;
      const oldIds = given.item_ids;
      const newIds = given.new_item_ids;
      const methodId = given.payment_method_id;
      const order = readOrder(store, id);
      if (!order) throw new Error('Order not found');
      if (order.status !== 'pending') throw new Error('Non-pending order cannot be modified');
      const missing = missingItem(order, oldIds);
      if (missing !== undefined) throw new Error(`${missing} not found`);
      if (oldIds.length !== newIds.length) {
        throw new Error('The number of items to be exchanged should match');
      }
      const { variants, difference: exact } = pairVariants(store, order, oldIds, newIds, true);
      // Upstream stores the sum as the doubles give it; our own worlds hold whole cents.
      const difference = store.mode === 'compat' ? exact : roundCents(exact);
      const method = paymentMethodOf(store, order.user_id, methodId);
      if (method.source === 'gift_card' && method.balance < difference) {
        throw new Error('Insufficient gift card balance to pay for the new item');
      }

      const entry: OrderPayment = {
        transaction_type: difference > 0 ? 'payment' : 'refund',
        amount: Math.abs(difference),
        payment_method_id: methodId,
      };
      moveBalance(store, order.user_id, methodId, -difference);
      const next = touchOrder(store, id, {
        status: 'pending (item modified)',
        items: changedItemPairs(order, oldIds, variants, store.mode),
        payment_history: [...order.payment_history, entry],
      });
      return orderText(next);
    },
  ),
  modify_user_address: tool(
    "Change the default address in a customer's profile. Orders keep their own address.",
    z.object({ user_id: text('Id of the customer, such as ana_diaz_4821.'), ...addressFields }),
    (store: Store, given) => {
      const id = given.user_id;
      if (!readUser(store, id)) throw new Error('User not found');
      return userLabel(touchUser(store, id, { address: addressOf(given) }));
    },
  ),
};
