/** The gold plan of a retail task: the lookups that reveal every argument, then the writes. */
import type { Json, Plan, ToolCall } from '../../types.ts';
import { type Order, openStore, type RetailUser, type RetailWorld, readOrder, readUser, type Store } from './store.ts';
import type { RetailTarget } from './target.ts';
import { executeRetail } from './tools.ts';

const call = (name: string, args: Readonly<Record<string, Json>>): ToolCall => ({ name, arguments: args });

const textArgument = (write: ToolCall, name: string): string | undefined => {
  const value = write.arguments[name];
  return typeof value === 'string' ? value : undefined;
};

const listArgument = (write: ToolCall, name: string): readonly string[] => {
  const value = write.arguments[name];
  return Array.isArray(value) ? value.map(String) : [];
};

const addressFields = ['address1', 'address2', 'city', 'state', 'country', 'zip'] as const;

/**
 * Calls and summary that score 1: identify the customer, read the profile if the request lacks an
 * order, a method or an address, read the orders and the products of wanted variants, then write.
 * Throws RangeError when the target names a user that is not in the world.
 */
export function oraclePlan(world: RetailWorld, request: string, target: RetailTarget): Plan {
  const store = openStore(world);
  const user = readUser(store, target.user_id);
  if (!user) throw new RangeError(`oraclePlan: expected a user of the world, got ${target.user_id}`);
  const lowered = request.toLowerCase();
  const says = (value: string): boolean => lowered.includes(value.toLowerCase());

  const orders = new Set<string>();
  const products = new Set<string>();
  let profile = false;
  for (const write of target.writes) {
    const source = unsaidAddress(write, says) ? addressSource(store, user, write) : undefined;
    if (source === 'profile') profile = true;
    else if (source !== undefined) orders.add(source);
    const orderId = textArgument(write, 'order_id');
    if (orderId !== undefined) orders.add(orderId);
    const methodId = textArgument(write, 'payment_method_id');
    if (methodId !== undefined && !says(methodId)) profile = true;
    for (const id of wantedProducts(orderId === undefined ? undefined : readOrder(store, orderId), write)) {
      products.add(id);
    }
  }
  if (target.writes.length === 0 || target.reports.length > 0) {
    for (const id of user.orders) if (says(id)) orders.add(id);
  }
  if ([...orders].some((id) => !says(id))) profile = true;

  const reads = [identification(user, says)];
  if (profile || (target.writes.length === 0 && orders.size === 0)) {
    reads.push(call('get_user_details', { user_id: user.user_id }));
  }
  for (const id of orders) reads.push(call('get_order_details', { order_id: id }));
  for (const id of products) reads.push(call('get_product_details', { product_id: id }));
  reads.push(...evidence(store, user, reads, target.reports));

  const plan = { calls: [...reads, ...target.writes], summary: summaryOf(target) };
  return target.mentions ? { ...plan, mentions: target.mentions } : plan;
}

function identification(user: RetailUser, says: (value: string) => boolean): ToolCall {
  const { first_name, last_name } = user.name;
  const { zip } = user.address;
  return !says(user.email) && says(zip) && says(last_name)
    ? call('find_user_id_by_name_zip', { first_name, last_name, zip })
    : call('find_user_id_by_email', { email: user.email });
}

function unsaidAddress(write: ToolCall, says: (value: string) => boolean): boolean {
  return addressFields.some((field) => {
    const value = textArgument(write, field);
    return value !== undefined && !says(value);
  });
}

/** The source of the written address: the profile, or the id of an order that goes there. */
function addressSource(store: Store, user: RetailUser, write: ToolCall): string | undefined {
  const same = (address: RetailUser['address']): boolean =>
    addressFields.every((field) => address[field] === textArgument(write, field));
  if (same(user.address)) return 'profile';
  return user.orders.find((id) => {
    const order = readOrder(store, id);
    return order !== undefined && same(order.address);
  });
}

/** Products of the order's lines for which the write wants another variant. */
function wantedProducts(order: Order | undefined, write: ToolCall): string[] {
  if (!order || listArgument(write, 'new_item_ids').length === 0) return [];
  return listArgument(write, 'item_ids').flatMap((id) => {
    const line = order.items.find((item) => item.item_id === id);
    return line ? [line.product_id] : [];
  });
}

/** More lookups until every reported value that a record shows is read; no record shows totals. */
function evidence(store: Store, user: RetailUser, reads: readonly ToolCall[], reports: readonly string[]): ToolCall[] {
  if (reports.length === 0) return [];
  const textOf = (read: ToolCall): string => executeRetail(store, read).content.toLowerCase();
  let seen = reads.map(textOf).join('\n');
  const more: ToolCall[] = [];
  for (const report of reports) {
    const text = report.toLowerCase();
    if (seen.includes(text)) continue;
    const lines = user.orders.flatMap((id) => readOrder(store, id)?.items ?? []);
    const candidates = [
      call('get_user_details', { user_id: user.user_id }),
      ...user.orders.map((id) => call('get_order_details', { order_id: id })),
      ...[...new Set(lines.map((line) => line.product_id))].map((id) =>
        call('get_product_details', { product_id: id }),
      ),
    ];
    const found = candidates.find((candidate) => textOf(candidate).includes(text));
    if (!found) continue;
    more.push(found);
    seen += `\n${textOf(found)}`;
  }
  return more;
}

function summaryOf(target: RetailTarget): string {
  const outcome =
    target.writes.length > 0
      ? `Made ${target.writes.length} of ${target.writes.length} wanted changes.`
      : target.refusal
        ? 'Nothing was changed, since the rules do not allow the request.'
        : 'Looked up what was asked.';
  return target.reports.length > 0 ? `${outcome} To report: ${target.reports.join('; ')}.` : outcome;
}
