import { describe, expect, test } from 'vitest';
import { canonicalJson } from '../../../digest.ts';
import { productTypes } from './words.ts';
import { centsOf, generateWorld } from './world.ts';

const seeds = [1, 2, 3];

describe('word lists', () => {
  const words = (text: string): string => ` ${text.toLowerCase().replace(/[^a-z0-9]+/g, ' ')} `;

  test('give 30-40 types with 2-4 axes and room for 6 variants', () => {
    expect(productTypes.length).toBeGreaterThanOrEqual(30);
    expect(productTypes.length).toBeLessThanOrEqual(40);
    expect(new Set(productTypes.map(({ name }) => name)).size).toBe(productTypes.length);
    for (const { axes, cents } of productTypes) {
      const values = Object.values(axes);
      expect(values.length).toBeGreaterThanOrEqual(2);
      expect(values.length).toBeLessThanOrEqual(4);
      expect(values.reduce((product, { length }) => product * length, 1)).toBeGreaterThanOrEqual(6);
      expect(Number.isInteger(cents)).toBe(true);
    }
  });

  test('let every value mean one axis of its type, never the name or another axis', () => {
    for (const { name, axes } of productTypes) {
      const entries = Object.entries(axes);
      for (const [axis, values] of entries) {
        for (const value of values) {
          expect(value.split(' ').length, value).toBeLessThanOrEqual(3);
          expect(words(name), `${name}: ${value}`).not.toContain(words(value));
          for (const [other, others] of entries) {
            expect(words(other), `${name}: ${value}`).not.toContain(words(value));
            if (other === axis) continue;
            for (const text of others) expect(words(text), `${name}: ${value}`).not.toContain(words(value));
          }
        }
      }
    }
  });

  test('hold values that lie inside others, as traps for careless matching', () => {
    const nested = productTypes.flatMap(({ axes }) =>
      Object.values(axes).flatMap((values) =>
        values.filter((a) => values.some((b) => a !== b && words(b).includes(words(a)))),
      ),
    );
    expect(nested.length).toBeGreaterThanOrEqual(8);
  });
});

describe.each(seeds)('world of seed %i', (seed) => {
  const world = generateWorld(seed);
  const orders = Object.values(world.orders);
  const users = Object.values(world.users);
  const variants = Object.values(world.products).flatMap((product) => Object.values(product.variants));

  test('is the same again and small', () => {
    expect(canonicalJson(generateWorld(seed))).toBe(canonicalJson(world));
    expect(JSON.stringify(world).length).toBeLessThan(600_000);
  });

  test('has the wanted size and mix', () => {
    expect(users.length).toBe(120);
    expect(orders.length).toBe(260);
    const share = (status: string): number => orders.filter((order) => order.status === status).length / orders.length;
    expect(Math.abs(share('pending') - 0.45)).toBeLessThan(0.1);
    expect(Math.abs(share('delivered') - 0.35)).toBeLessThan(0.1);
    expect(Math.abs(share('processed') - 0.1)).toBeLessThan(0.06);
    expect(Math.abs(share('cancelled') - 0.1)).toBeLessThan(0.06);
    const available = variants.filter((variant) => variant.available).length / variants.length;
    expect(available).toBeGreaterThan(0.65);
    expect(available).toBeLessThan(0.9);
    for (const { variants: own } of Object.values(world.products)) {
      expect(Object.keys(own).length).toBeGreaterThanOrEqual(6);
      expect(Object.keys(own).length).toBeLessThanOrEqual(14);
    }
  });

  test('is consistent: unique ids, emails and (name, zip), owned methods, totals, items that are variants', () => {
    const ids = [...Object.keys(world.products), ...variants.map(({ item_id }) => item_id)];
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[1-9]\d{9}$/);
    expect(new Set(users.map(({ email }) => email)).size).toBe(users.length);
    expect(new Set(users.map(({ name, address }) => canonicalJson([name, address.zip]))).size).toBe(users.length);
    for (const order of orders) {
      expect(order.order_id).toMatch(/^#W\d{7}$/);
      const user = world.users[order.user_id];
      expect(user?.orders).toContain(order.order_id);
      const [payment] = order.payment_history;
      expect(Object.keys(user?.payment_methods ?? {})).toContain(payment?.payment_method_id);
      const total = order.items.reduce((sum, item) => sum + centsOf(item.price), 0);
      expect(centsOf(payment?.amount ?? 0)).toBe(total);
      expect(new Set(order.items.map((item) => item.item_id)).size).toBe(order.items.length);
      for (const item of order.items) {
        expect(world.products[item.product_id]?.variants[item.item_id]).toMatchObject({
          price: item.price,
          options: item.options,
        });
      }
    }
  });
});
