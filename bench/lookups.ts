/**
 * Lookups of new items on the public retail tickets: `npx jiti bench/lookups.ts [--json]`. For each
 * gold call with `new_item_ids`, a model's ways of naming the wish are looked up.
 * Right: the gold keys; asked: a message to the model; wrong: other keys.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { groundArgument } from '../dist/runtime/ground/ground.js';
import type { Json, JsonObject } from '../dist/types.js';
import { printTable } from './rows.ts';
import { projectRoot } from './temporary.ts';

interface Line extends JsonObject {
  readonly name: string;
  readonly product_id: string;
  readonly item_id: string;
  readonly options: { readonly [name: string]: string };
}
interface Data {
  readonly products: Record<string, { name: string; variants: Record<string, Line & { available: boolean }> }>;
  readonly orders: Record<string, { items: Line[] } & JsonObject>;
}
interface Ticket {
  readonly id: string;
  readonly instruction: string;
  readonly actions: readonly {
    readonly arguments: { order_id: string; item_ids?: string[]; new_item_ids?: string[] };
  }[];
}

const folder = join(projectRoot, '../shared/data/tau2/retail');
const read = (name: string): unknown => JSON.parse(readFileSync(join(folder, name), 'utf8'));
const data = read('db.json') as Data;
const sound = new Set(JSON.stringify(read('split_tasks_tau1.json')).match(/train_\d+/g) ?? []);
const tickets = (read('tasks_tau1_train.json') as Ticket[]).filter(({ id }) => sound.has(id));
const calls = tickets.flatMap((ticket) =>
  ticket.actions.filter((action) => action.arguments.new_item_ids).map((action) => ({ ticket, ...action.arguments })),
);

/** The part of the request that holds the new items' wishes: from its cue to the next. */
const partOf = (instruction: string, order: string, names: readonly string[]): string => {
  const parts = instruction.split(/(?=(?:For|Return|Cancel order) #W\d{7})/);
  const own = parts.filter((part) => part.includes(order));
  return own.find((part) => names.every((name) => part.includes(`${name} {`))) ?? own[0] ?? instruction;
};

/** How a model names one wished item: old line, new variant, the options that differ. */
const FORMS: Readonly<Record<string, (line: Line, gold: Line, changed: readonly string[]) => Json>> = {
  'bare name': (line) => line.name,
  'name, first wished option before it': (line, gold, [first = '']) => `${gold.options[first]} ${line.name}`,
  'name, first wished option behind it': (line, gold, [first = '']) => `${line.name} ${gold.options[first]}`,
  'name, last wished option with its property': (line, gold, changed) =>
    `${line.name} with ${changed.at(-1)} ${gold.options[changed.at(-1) ?? '']}`,
  'name and all wished options': (line, gold, changed) =>
    `${line.name} ${changed.map((one) => `${one}: ${gold.options[one]}`).join(', ')}`,
  'full description': (line, gold) => ({ name: line.name, options: gold.options }),
};

const rows: Record<string, Json>[] = [];
for (const whole of [false, true]) {
  for (const [form, tell] of Object.entries(FORMS)) {
    const count = { right: 0, asked: 0, wrong: 0 };
    for (const { ticket, order_id, item_ids = [], new_item_ids = [] } of calls) {
      const order = data.orders[order_id];
      if (order === undefined) throw new Error(`no order ${order_id}`);
      const lines = item_ids.map((id) => order.items.find((item) => item.item_id === id) as Line);
      const products = lines.map(({ product_id }) => data.products[product_id] as Data['products'][string]);
      const request = whole
        ? ticket.instruction
        : partOf(
            ticket.instruction,
            order_id,
            lines.map(({ name }) => name),
          );
      const value = lines.map((line, i) => {
        const gold = products[i]?.variants[new_item_ids[i] as string] as Line;
        const wish = new RegExp(`${line.name} \\{[^}]*\\} to \\{([^}]+)\\}`).exec(request)?.[1] ?? '';
        const said = [...wish.matchAll(/'([^']+)': '/g)].map(([, name]) => name as string);
        const differs = Object.keys(gold.options).filter((name) => gold.options[name] !== line.options[name]);
        return tell(line, gold, said.length > 0 ? said : differs);
      });
      const result = groundArgument({
        argument: 'new_item_ids',
        key: 'item_id',
        value,
        from: (i) => Object.values(products[i]?.variants ?? {}).filter(({ available }) => available),
        keep: (i) => lines[i],
        fallback: request,
        context: [order, products],
      });
      if (result.message !== undefined) count.asked++;
      else if (JSON.stringify(result.value) === JSON.stringify(new_item_ids)) count.right++;
      else {
        count.wrong++;
        if (process.argv.includes('--wrong')) console.log(ticket.id, form, JSON.stringify(value), request);
      }
    }
    rows.push({ request: whole ? 'whole ticket' : 'its part', form, calls: calls.length, ...count });
  }
}
if (process.argv.includes('--json')) console.log(JSON.stringify(rows));
else
  printTable(
    Object.keys(rows[0] ?? {}),
    rows.map((row) => Object.values(row).map(String)),
  );
