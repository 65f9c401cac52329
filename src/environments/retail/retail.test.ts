import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Ending, Json, Task, ToolCall } from '../../types.ts';
import { checkEnvironment } from '../check.ts';
import { roundCents } from './python-number.ts';
import { forkStore, type Order, openStore, type RetailWorld, readOrder, type Store } from './store.ts';
import { changes, storeHash } from './store-digest.ts';
import { retailEnvironment } from './tasks.ts';
import { executeRetail, retailTools } from './tools.ts';

const address = { address1: '1 Quay', address2: '', city: 'Erie', country: 'USA', state: 'PA', zip: '16501' };
const lamp = { l1: { color: 'red' }, l2: { color: 'blue' }, l3: { color: 'green' } };
const cup = { c1: { size: 'S' }, c2: { size: 'L' } };
const prices: Readonly<Record<string, number>> = { l1: 40.1, l2: 55.25, l3: 60, c1: 8.2, c2: 9.9 };

const product = (id: string, name: string, options: Record<string, Record<string, string>>) => ({
  name,
  product_id: id,
  variants: Object.fromEntries(
    Object.entries(options).map(([item_id, own]) => [
      item_id,
      { item_id, options: own, available: item_id !== 'l3', price: prices[item_id] ?? 0 },
    ]),
  ),
});
const line = (item_id: string) => {
  const isLamp = item_id.startsWith('l');
  const options = (isLamp ? lamp[item_id as 'l1'] : cup[item_id as 'c1']) as Record<string, string>;
  return {
    name: isLamp ? 'Lamp' : 'Cup',
    product_id: isLamp ? 'pl' : 'pc',
    item_id,
    price: prices[item_id] ?? 0,
    options,
  };
};
const order = (order_id: string, status: Order['status'], items: string[], method = 'card'): Order => ({
  order_id,
  user_id: 'ann',
  address,
  items: items.map(line),
  status,
  fulfillments: [],
  payment_history: [
    {
      transaction_type: 'payment',
      amount: roundCents(items.reduce((sum, id) => sum + (prices[id] ?? 0), 0)),
      payment_method_id: method,
    },
  ],
});
const world: RetailWorld = {
  products: { pl: product('pl', 'Lamp', lamp), pc: product('pc', 'Cup', cup) },
  users: {
    ann: {
      user_id: 'ann',
      name: { first_name: 'Ann', last_name: 'Bo' },
      address,
      email: 'ann@example.com',
      payment_methods: {
        card: { source: 'credit_card', id: 'card', brand: 'visa', last_four: '1111' },
        gift: { source: 'gift_card', id: 'gift', balance: 60 },
        small: { source: 'gift_card', id: 'small', balance: 1 },
      },
      orders: ['#W1', '#W2', '#W3'],
    },
  },
  orders: {
    '#W1': order('#W1', 'pending', ['l1', 'c1']),
    '#W2': order('#W2', 'delivered', ['l1', 'c1']),
    '#W3': order('#W3', 'processed', ['c1']),
  },
};

const run = (store: Store, name: string, given: Record<string, Json>) =>
  executeRetail(store, { name, arguments: given });
const modify = { order_id: '#W1', item_ids: ['l1', 'c1'], new_item_ids: ['l2', 'c2'], payment_method_id: 'card' };

describe('retail tools', () => {
  it('gives each changed line its own price and options in fixed mode, and the last ones in compat mode', () => {
    const shown = (mode: 'fixed' | 'compat') => {
      const store = openStore(world, mode);
      run(store, 'modify_pending_order_items', modify);
      return readOrder(store, '#W1')?.items.map((item) => [item.item_id, item.price, item.options]);
    };
    expect(shown('fixed')).toEqual([
      ['l2', 55.25, { color: 'blue' }],
      ['c2', 9.9, { size: 'L' }],
    ]);
    expect(shown('compat')).toEqual([
      ['l2', 9.9, { size: 'L' }],
      ['c2', 9.9, { size: 'L' }],
    ]);
  });

  it.each<[string, Record<string, Json>, string]>([
    ['no_such', {}, 'Error: There is no tool no_such'],
    ['get_order_details', {}, 'Error: get_order_details needs the argument order_id'],
    ['get_order_details', { id: '#W1' }, 'Error: get_order_details has no argument id; it takes order_id'],
    ['get_order_details', { order_id: 1 }, 'Error: order_id of get_order_details must be a string'],
    ['get_order_details', { order_id: '__proto__' }, 'Error: Order not found'],
    [
      'modify_pending_order_items',
      { ...modify, item_ids: 'l1' },
      'Error: item_ids of modify_pending_order_items must be a list of strings',
    ],
    [
      'modify_pending_order_items',
      { ...modify, new_item_ids: ['l3', 'c2'] },
      'Error: New item l3 not found or available',
    ],
    [
      'modify_pending_order_items',
      { ...modify, payment_method_id: 'small' },
      'Error: Insufficient gift card balance to pay for the new item',
    ],
    [
      'return_delivered_order_items',
      { order_id: '#W2', item_ids: ['l1', 'l1'], payment_method_id: 'card' },
      'Error: Some item not found',
    ],
    [
      'cancel_pending_order',
      { order_id: '#W3', reason: 'no longer needed' },
      'Error: Non-pending order cannot be cancelled',
    ],
  ])('%s %j answers %s and changes nothing', (name, given, message) => {
    const store = openStore(world);
    expect(run(store, name, given)).toEqual({ content: message, error: true });
    expect(changes(store)).toEqual([]);
  });

  it('moves money when a payment changes and the order is cancelled afterwards', () => {
    const store = openStore(world);
    run(store, 'modify_pending_order_payment', { order_id: '#W1', payment_method_id: 'gift' });
    expect(changes(store)).toContain('users.ann.payment_methods.gift.balance: 60 -> 11.7');
    run(store, 'cancel_pending_order', { order_id: '#W1', reason: 'ordered by mistake' });
    expect(readOrder(store, '#W1')?.payment_history).toHaveLength(6);
    expect(changes(store)).toContain('orders.#W1.status: "pending" -> "cancelled"');
  });

  it('keeps reads, refused calls, forks and the world apart from the state', () => {
    const texts = fc.constantFrom(
      '#W1',
      '#W2',
      '#W3',
      'ann',
      'pl',
      'l1',
      'card',
      'gift',
      'small',
      'no longer needed',
      'x',
    );
    const calls = fc.constantFrom(...retailTools).chain((tool) => {
      const properties = tool.parameters.properties as Record<string, { type: string }>;
      const items = fc.array(fc.constantFrom('l1', 'l2', 'l3', 'c1', 'c2'), { maxLength: 2 });
      const given = Object.entries(properties).map(
        ([key, { type }]) => [key, type === 'array' ? items : texts] as const,
      );
      return fc
        .record(Object.fromEntries(given))
        .map((args): ToolCall => ({ name: tool.name, arguments: args as ToolCall['arguments'] }));
    });
    const readOnly = new Set(retailTools.filter((tool) => tool.readOnly).map((tool) => tool.name));
    const untouched = storeHash(openStore(world));
    fc.assert(
      fc.property(
        fc.array(calls, { maxLength: 12 }),
        fc.constantFrom('fixed' as const, 'compat' as const),
        (sequence, mode) => {
          const store = openStore(world, mode);
          for (const call of sequence) {
            const before = storeHash(store);
            const fork = forkStore(store);
            const result = executeRetail(store, call);
            if (result.error || readOnly.has(call.name)) expect(storeHash(store)).toBe(before);
            expect(storeHash(fork)).toBe(before);
            expect(executeRetail(fork, call)).toEqual(result);
            expect(storeHash(fork)).toBe(storeHash(store));
          }
          expect(storeHash(openStore(world))).toBe(untouched);
        },
      ),
      { seed: 7, numRuns: 300 },
    );
  });
});

describe('retail environment', () => {
  const write = (name: string, given: Record<string, Json>) => ({ name, arguments: given });
  const tasks: Task[] = [
    {
      id: 'swap',
      split: 'train',
      tags: [],
      request: 'I am Ann Bo, zip 16501. In #W1 make the lamp blue and the cup L. What does it cost now? Use my card.',
      target: {
        writes: [write('modify_pending_order_items', modify)],
        reports: ['65.15'],
        user_id: 'ann',
        mentions: { l2: 'blue' },
      },
    },
    {
      id: 'refuse',
      split: 'dev',
      tags: [],
      request: 'ann@example.com here. Cancel #W3.',
      target: { writes: [], reports: [], refusal: true, user_id: 'ann' },
    },
    {
      id: 'move',
      split: 'sealed',
      tags: [],
      request: 'ann@example.com here. Pay my pending order with my gift card.',
      target: {
        writes: [write('modify_pending_order_payment', { order_id: '#W1', payment_method_id: 'gift' })],
        reports: [],
        user_id: 'ann',
      },
    },
  ];
  const done = (summary: string): Ending => ({ reason: 'done', summary });

  it.each(['fixed', 'compat'] as const)('accepts item pairs in any order in %s mode', async (mode) => {
    const environment = retailEnvironment({ world, tasks, mode });
    const task = tasks[0] as Task;
    const score = async (given: Record<string, Json>, summary = 'It is now $65.15') => {
      const state = await environment.reset(task);
      await environment.execute(state, { name: 'modify_pending_order_items', arguments: given });
      return environment.score(task, state, done(summary));
    };
    expect((await score({ ...modify, item_ids: ['c1', 'l1'], new_item_ids: ['c2', 'l2'] })).reward).toBe(1);
    expect((await score({ ...modify, item_ids: ['l1'], new_item_ids: ['l2'] })).checks[0]).toEqual({
      name: 'state',
      passed: false,
    });
    expect((await score(modify, 'changed')).checks).toEqual([
      { name: 'state', passed: true },
      { name: 'report:65.15', passed: false },
    ]);
  });

  it('marks a changed state of a task that must be refused', async () => {
    const environment = retailEnvironment({ world, tasks, mode: 'fixed' });
    const task = tasks[1] as Task;
    const state = await environment.reset(task);
    expect((await environment.score(task, state, done(''))).reward).toBe(1);
    await environment.execute(state, {
      name: 'cancel_pending_order',
      arguments: { order_id: '#W1', reason: 'no longer needed' },
    });
    expect(await environment.score(task, state, done(''))).toMatchObject({ reward: 0, violation: true });
  });

  it('reads what the request does not say before it writes', async () => {
    const environment = retailEnvironment({ world, tasks, mode: 'fixed' });
    const plans = await Promise.all(tasks.map((task) => environment.oracle?.(task)));
    const names = plans.map((plan) => plan?.calls.map((call) => call.name));
    expect(names[0]).toEqual([
      'find_user_id_by_name_zip',
      'get_order_details',
      'get_product_details',
      'get_product_details',
      'modify_pending_order_items',
    ]);
    expect(names[2]).toEqual([
      'find_user_id_by_email',
      'get_user_details',
      'get_order_details',
      'modify_pending_order_payment',
    ]);
    expect(await checkEnvironment(environment)).toMatchObject({ oracle: 1, idle: 1 / 3, ceiling: 1 / 3, problems: [] });
  });

  it('has a digest of its world, tasks and mode', () => {
    const digests = [
      retailEnvironment({ world, tasks, mode: 'fixed' }),
      retailEnvironment({ world, tasks, mode: 'compat' }),
      retailEnvironment({ world, tasks: tasks.slice(1), mode: 'fixed' }),
      retailEnvironment({ world: { ...world, orders: {} }, tasks, mode: 'fixed' }),
    ].map((environment) => environment.digest);
    expect(new Set(digests).size).toBe(4);
    expect(retailEnvironment({ world, tasks, mode: 'fixed' }).digest).toBe(digests[0]);
  });
});
