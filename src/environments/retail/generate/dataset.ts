/** A generated data set on disk: `world.json` and `tasks/<split>.jsonl`, one record per line. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { UsageError } from '../../../errors.ts';
import type { Json, Split, Task } from '../../../types.ts';
import { dataText } from '../../data-text.ts';
import type { RetailWorld } from '../store.ts';
import { RetailTarget } from '../target.ts';

const splits: readonly Split[] = ['train', 'dev', 'sealed'];

const Address = z.strictObject({
  address1: z.string(),
  address2: z.string(),
  city: z.string(),
  country: z.string(),
  state: z.string(),
  zip: z.string(),
});
const options = z.record(z.string(), z.string());
const price = z.number().positive();
const Product = z.strictObject({
  name: z.string(),
  product_id: z.string(),
  variants: z.record(z.string(), z.strictObject({ item_id: z.string(), options, available: z.boolean(), price })),
});
const Method = z.discriminatedUnion('source', [
  z.strictObject({ source: z.literal('credit_card'), id: z.string(), brand: z.string(), last_four: z.string() }),
  z.strictObject({ source: z.literal('paypal'), id: z.string() }),
  z.strictObject({ source: z.literal('gift_card'), id: z.string(), balance: z.number().nonnegative() }),
]);
const User = z.strictObject({
  user_id: z.string(),
  name: z.strictObject({ first_name: z.string(), last_name: z.string() }),
  address: Address,
  email: z.string(),
  payment_methods: z.record(z.string(), Method),
  orders: z.array(z.string()),
});
const Order = z.strictObject({
  order_id: z.string().regex(/^#W\d{7}$/, 'expected #W and seven digits'),
  user_id: z.string(),
  address: Address,
  items: z.array(z.strictObject({ name: z.string(), product_id: z.string(), item_id: z.string(), price, options })),
  status: z.enum(['pending', 'processed', 'delivered', 'cancelled']),
  fulfillments: z.array(z.strictObject({ tracking_id: z.array(z.string()), item_ids: z.array(z.string()) })),
  payment_history: z.array(
    z.strictObject({
      transaction_type: z.enum(['payment', 'refund']),
      amount: z.number().nonnegative(),
      payment_method_id: z.string(),
    }),
  ),
  cancel_reason: z.string().exactOptional(),
});
const WorldFile = z.strictObject({
  products: z.record(z.string(), Product),
  users: z.record(z.string(), User),
  orders: z.record(z.string(), Order),
});
const TaskLine = z.strictObject({
  id: z.string().min(1),
  split: z.enum(['train', 'dev', 'sealed']),
  tags: z.array(z.string()),
  request: z.string().min(1),
  target: RetailTarget,
  family: z.string().exactOptional(),
});

const worldText = (world: RetailWorld): string => {
  const section = (name: string, records: Readonly<Record<string, object>>): string =>
    `"${name}":{\n${Object.entries(records)
      .map(([id, record]) => `${JSON.stringify(id)}:${JSON.stringify(record)}`)
      .join(',\n')}\n}`;
  return `{${section('products', world.products)},\n${section('users', world.users)},\n${section('orders', world.orders)}}\n`;
};

const taskLine = ({ id, split, tags, request, target, family }: Task): string =>
  JSON.stringify({ id, split, tags, request, target, ...(family === undefined ? {} : { family }) });

/** Writes world and tasks below `dir`, which it creates; a split without tasks is an empty file. */
export function writeDataset(dir: string, world: RetailWorld, tasks: readonly Task[]): void {
  if (tasks.length === 0) throw new UsageError('expected at least one task, found none', { where: dir });
  mkdirSync(join(dir, 'tasks'), { recursive: true });
  writeFileSync(join(dir, 'world.json'), worldText(world));
  for (const split of splits) {
    const lines = tasks.filter((task) => task.split === split).map((task) => `${taskLine(task)}\n`);
    writeFileSync(join(dir, 'tasks', `${split}.jsonl`), lines.join(''));
  }
}

/** The value of JSON text that begins at `line`. Throws UsageError with file and line. */
function parseJson(text: string, file: string, line: number): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (cause) {
    const { message } = cause as Error;
    const position = /position (\d+)/.exec(message)?.[1];
    const at = position === undefined ? line : line + text.slice(0, Number(position)).split('\n').length - 1;
    throw new UsageError(`expected JSON, got ${message}`, { where: `${file}:${at}`, cause });
  }
}

const firstIssue = (error: z.ZodError): { readonly path: readonly PropertyKey[]; readonly text: string } => {
  const [issue] = error.issues;
  const path = issue?.path ?? [];
  return { path, text: `${path.map(String).join('.')}: ${issue?.message ?? 'does not fit'}` };
};

function readText(file: string): string {
  if (existsSync(file)) return dataText(file);
  throw new UsageError(
    'no such file; restore it with `git checkout`, or make a data set with `optimize env generate retail --seed 1 --tasks 400 --out DIR`',
    {
      where: file,
    },
  );
}

function readWorldFile(file: string): RetailWorld {
  const text = readText(file);
  const value = parseJson(text, file, 1);
  const parsed = WorldFile.safeParse(value);
  if (parsed.success) return parsed.data;
  const { path, text: problem } = firstIssue(parsed.error);
  // Sections come in a fixed order with one record per line, which starts with the record's key.
  const lines = text.split('\n');
  const section = lines.findIndex((line) => line.includes(`"${String(path[0])}":{`));
  const record = lines.findIndex((line, at) => at >= section && line.startsWith(`"${String(path[1])}":`));
  const at = Math.max(section, record, 0) + 1;
  throw new UsageError(problem, { where: `${file}:${at}` });
}

function readTasks(file: string, split: Split): Task[] {
  return readText(file)
    .split('\n')
    .flatMap((text, index): Task[] => {
      if (text.trim() === '') return [];
      const where = `${file}:${index + 1}`;
      const value = parseJson(text, file, index + 1);
      const parsed = TaskLine.safeParse(value);
      if (!parsed.success) throw new UsageError(firstIssue(parsed.error).text, { where });
      if (parsed.data.split !== split) {
        throw new UsageError(`split: expected ${split} in this file, got ${parsed.data.split}`, { where });
      }
      const { target, ...task } = parsed.data;
      return [{ ...task, target: z.json().parse(target) }];
    });
}

/**
 * The data set below `dir`, tasks sorted by id. Throws UsageError with file and line for a missing
 * or malformed file, for an id that occurs twice, and for a customer who is not in the world.
 */
export function readDataset(dir: string): { readonly world: RetailWorld; readonly tasks: readonly Task[] } {
  const world = readWorldFile(join(dir, 'world.json'));
  const ids = new Set<string>();
  const tasks = splits.flatMap((split) => {
    const file = join(dir, 'tasks', `${split}.jsonl`);
    const read = readTasks(file, split);
    for (const task of read) {
      if (ids.has(task.id)) throw new UsageError(`task ${task.id} occurs twice`, { where: file });
      ids.add(task.id);
      const { user_id } = RetailTarget.parse(task.target);
      if (!Object.hasOwn(world.users, user_id)) {
        throw new UsageError(`task ${task.id}: expected a customer of the world, got ${user_id}`, { where: file });
      }
    }
    return read;
  });
  // The order of generation, so that the environment's digest is the same.
  tasks.sort((a, b) => (a.id < b.id ? -1 : 1));
  return { world, tasks };
}
