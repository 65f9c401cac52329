/** Cancelling an order, and handing the customer over to a person. */
import { z } from 'zod';
import { tool } from '../define-tool.ts';
import { roundCents } from './python-number.ts';
import { type OrderPayment, readMethod, readOrder, readUser, type Store, touchOrder, touchUser } from './store.ts';
import { orderId, orderText, paymentMethodOf, text } from './tool-kit.ts';

const reasons: readonly string[] = ['no longer needed', 'ordered by mistake'];

/** Adds an amount to a gift card's balance, rounded to cents; other methods have no balance. */
export function moveBalance(store: Store, userId: string, methodId: string, amount: number): void {
  const user = readUser(store, userId);
  const method = user && readMethod(user, methodId);
  if (!user || method?.source !== 'gift_card') return;
  const card = { ...method, balance: roundCents(method.balance + amount) };
  touchUser(store, userId, { payment_methods: { ...user.payment_methods, [methodId]: card } });
}

export const cancelTools = {
  cancel_pending_order: tool(
    'Cancel a whole order that is still pending. Its payments are refunded: to a gift card at once, to other methods within 5 to 7 business days.',
    z.object({ order_id: orderId, reason: text("Why: either 'no longer needed' or 'ordered by mistake'.") }),
    (store: Store, given) => {
      const { order_id: id, reason } = given;
      const order = readOrder(store, id);
      if (!order) throw new Error('Order not found');
      if (order.status !== 'pending') throw new Error('Non-pending order cannot be cancelled');
      if (!reasons.includes(reason)) throw new Error('Invalid reason');
      for (const entry of order.payment_history) paymentMethodOf(store, order.user_id, entry.payment_method_id);

      // Upstream refunds every entry, refunds included (quirk Q4).
      const refunds = order.payment_history.map(
        ({ amount, payment_method_id }): OrderPayment => ({ transaction_type: 'refund', amount, payment_method_id }),
      );
      for (const refund of refunds) moveBalance(store, order.user_id, refund.payment_method_id, refund.amount);
      const next = touchOrder(store, id, {
        status: 'cancelled',
        cancel_reason: reason,
        payment_history: [...order.payment_history, ...refunds],
      });
      return orderText(next);
    },
  ),
};

export const transferTool = {
  transfer_to_human_agents: tool(
    'Hand the customer over to a person, with a summary of the case. Only for requests that the other tools cannot serve.',
    z.object({ summary: text("The customer's request and what was done so far.") }),
    () => 'Transfer successful',
  ),
};
