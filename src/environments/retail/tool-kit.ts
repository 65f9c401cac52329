/** What several tools of the shop share: arguments, texts of records, lookups that may fail. */
import { z } from 'zod';
import { pythonJson } from './python-json.ts';
import { type Order, type PaymentMethod, type RetailUser, readMethod, readUser, type Store } from './store.ts';
import { orderRecord } from './store-digest.ts';

export const text = (description: string) => z.string().describe(description);
export const list = (description: string) => z.array(z.string()).describe(description);
export const orderId = text("Id of the order, such as #W0000000. The '#' in front belongs to it.");
export const READ = { readOnly: true };

/** A user or an order as tools print it. */
export const userLabel = (user: RetailUser): string => pythonJson(user, false);
export const orderText = (order: Order): string => pythonJson(orderRecord(order), false);

/** The method with this id in the user's profile. */
export function paymentMethodOf(store: Store, userId: string, methodId: string): PaymentMethod {
  const user = readUser(store, userId);
  if (!user) throw new Error('User not found');
  const method = readMethod(user, methodId);
  if (!method) throw new Error('Payment method not found');
  return method;
}

/** How often each id occurs. */
export function countsOf(ids: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
  return counts;
}

/** The first requested id that the order holds fewer times than requested. */
export function missingItem(order: Order, asked: readonly string[]): string | undefined {
  const held = countsOf(order.items.map((item) => item.item_id));
  const wanted = countsOf(asked);
  return asked.find((id) => (wanted.get(id) ?? 0) > (held.get(id) ?? 0));
}
