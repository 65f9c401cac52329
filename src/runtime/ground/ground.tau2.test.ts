/** Lookups on the public tickets: an item with the wanted options gives the gold call's variant. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../types.ts';
import { groundArgument } from './ground.ts';

const folder = join(import.meta.dirname, '../../../../shared/data/tau2/retail');
const present = existsSync(join(folder, 'db.json'));
if (!present) console.warn('skipped: the public retail data is not at ../shared/data/tau2/retail');

interface Line extends JsonObject {
  readonly name: string;
  readonly product_id: string;
  readonly item_id: string;
  readonly options: { readonly [name: string]: string };
}
interface Data {
  readonly products: Record<string, { name: string; variants: Record<string, JsonObject> }>;
  readonly orders: Record<string, { items: Line[] } & JsonObject>;
}
interface Ticket {
  readonly id: string;
  readonly instruction: string;
  readonly actions: readonly {
    readonly arguments: { order_id: string; item_ids?: string[]; new_item_ids?: string[] };
  }[];
}

const read = (name: string): unknown => JSON.parse(readFileSync(join(folder, name), 'utf8'));
const quoted = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Every gold pair (old line, new variant) whose wish is in the ticket as `Name {old} to {new}`. */
function wishes() {
  const data = read('db.json') as Data;
  const sound = new Set(JSON.stringify(read('split_tasks_tau1.json')).match(/train_\d+/g) ?? []);
  const tickets = (read('tasks_tau1_train.json') as Ticket[]).filter(({ id }) => sound.has(id));
  return tickets.flatMap(({ instruction, actions }) =>
    actions.flatMap(({ arguments: { order_id, item_ids = [], new_item_ids = [] } }) => {
      const order = data.orders[order_id];
      return new_item_ids.flatMap((gold, i) => {
        const line = order?.items.find(({ item_id }) => item_id === item_ids[i]);
        if (line === undefined) return [];
        const found = [...instruction.matchAll(new RegExp(`${quoted(line.name)} \\{[^}]*\\} to (\\{[^}]+\\})`, 'g'))];
        const product = data.products[line.product_id];
        return found.length === 1 && order !== undefined && product !== undefined
          ? [{ gold, line, order, product, instruction, wish: found[0]?.[1] ?? '' }]
          : [];
      });
    }),
  );
}

describe.skipIf(!present)('public retail tickets', () => {
  it('gives the gold variant for the wished options in every spelling, and asks for a bare name', () => {
    const all = wishes();
    expect(all.length).toBeGreaterThan(250);
    for (const { gold, line, order, product, wish } of all) {
      const options = Object.fromEntries(
        [...wish.matchAll(/'([^']+)': '([^']*)'/g)].map(([, name, value]) => [name, value]),
      );
      const ground = (value: Json) =>
        groundArgument({
          argument: 'new_item_ids',
          key: 'item_id',
          value: [value],
          from: () => Object.values(product.variants).filter(({ available }) => available),
          keep: () => line,
          context: [order, [product]],
        });
      const named = Object.entries(options).map((pair) => pair.join(' '));
      const whole = { ...line.options, ...options } as JsonObject;
      for (const value of [
        `${line.name} ${wish}`,
        `${line.name} with ${named.join(' and ')}`,
        `${line.name}, ${Object.values(whole).join(', ')}`,
        { name: line.name, options: whole },
      ])
        expect(ground(value).value).toEqual([gold]);
      // The bare values may belong to two properties (a black frame, a black lens): then it asks.
      const bare = ground(`${line.name}, ${Object.values(options).join(', ')}`);
      expect(bare.message !== undefined || (bare.value as string[])[0] === gold).toBe(true);
      expect(ground(line.name).message).toContain('does not say which new item');
    }
  });

  it('completes a part of the wish from the ticket, or asks; never is another variant written', () => {
    const all = wishes();
    const right = all.filter(({ gold, line, order, product, wish, instruction }) => {
      const [, first = ''] = /'[^']+': '([^']*)'/.exec(wish) ?? [];
      const ground = (value: Json, said: JsonObject) =>
        groundArgument({
          argument: 'new_item_ids',
          key: 'item_id',
          value: [value],
          from: () => Object.values(product.variants).filter(({ available }) => available),
          keep: () => line,
          context: [order, [product]],
          ...said,
        });
      const values = [line.name, `${first} ${line.name}`].map((value) => ground(value, { fallback: instruction }));
      for (const { value, message } of [...values, ground(`${first} ${line.name}`, { request: instruction })])
        if (message === undefined) expect(value).toEqual([gold]);
      return values.every(({ message }) => message === undefined);
    });
    expect(right.length / all.length).toBeGreaterThan(0.95);
  });
});
