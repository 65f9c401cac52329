/** Reading JSON files of a data folder with errors that name the file. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../../errors.ts';
import { dataText } from '../data-text.ts';
import type { RetailWorld } from './store.ts';

/** A JSON file's value. Throws UsageError if it is missing or malformed; `hint` says what to do. */
export function readJson(file: string, hint: string): unknown {
  if (!existsSync(file)) throw new UsageError(`no such file; ${hint}`, { where: file });
  const text = dataText(file);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UsageError(`expected JSON, got ${(cause as Error).message}`, { where: file, cause });
  }
}

const hasMaps = (value: unknown): value is RetailWorld =>
  typeof value === 'object' &&
  value !== null &&
  ['products', 'users', 'orders'].every((key) => {
    const field = (value as Readonly<Record<string, unknown>>)[key];
    return typeof field === 'object' && field !== null && !Array.isArray(field);
  });

/** A world file `{products, users, orders}`, each a map by id. Throws UsageError. */
export function readWorld(file: string): RetailWorld {
  const value = readJson(file, 'it must hold the shop as {products, users, orders}');
  if (!hasMaps(value)) throw new UsageError('expected {products, users, orders}, each a map by id', { where: file });
  return value;
}

/** Reads tau-bench's `orders.json`, `products.json` and `users.json`. Throws UsageError. */
export function readSplitWorld(folder: string): RetailWorld {
  const hint = 'the folder must hold orders.json, products.json and users.json';
  const [orders, products, users] = ['orders', 'products', 'users'].map((name) =>
    readJson(join(folder, `${name}.json`), hint),
  );
  const value = { products, users: withIds(users, 'user_id'), orders: withIds(orders, 'order_id') };
  if (!hasMaps(value)) throw new UsageError('expected three maps by id', { where: folder });
  return value;
}

/** Gives each entry without an own id the id of its key, in front. */
function withIds(map: unknown, field: string): unknown {
  if (typeof map !== 'object' || map === null) return map;
  return Object.fromEntries(Object.entries(map).map(([id, entry]) => [id, { [field]: id, ...entry }]));
}
