/** The public benchmark's retail tickets, from a data folder or from a user's own checkout. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { UsageError } from '../../errors.ts';
import type { Json, Task } from '../../types.ts';
import { dataText } from '../data-text.ts';
import { assignSplits } from '../split.ts';
import { readJson, readSplitWorld, readWorld } from './load.ts';
import { readAssignment } from './python-literal.ts';
import { openStore, type RetailWorld } from './store.ts';
import type { RetailTarget } from './target.ts';
import { type RetailEnvironment, retailEnvironment } from './tasks.ts';
import { ticketMentions } from './ticket.ts';
import { executeRetail, shopTools } from './tools.ts';

const Arguments = z.record(z.string(), z.json() as z.ZodType<Json>);

/** A tau-bench task; unknown keys are dropped. */
const PublicTask = z.object({
  id: z.string(),
  user_id: z.string(),
  instruction: z.string(),
  actions: z.array(z.object({ name: z.string(), arguments: Arguments })),
  outputs: z.array(z.string()).default([]),
});
type PublicTask = z.infer<typeof PublicTask>;

const PythonTask = PublicTask.omit({ id: true, actions: true }).extend({
  actions: z.array(z.object({ name: z.string(), kwargs: Arguments })),
});

const SplitFile = z.object({ clean_train: z.array(z.string()) });

const expected =
  'expected db.json with tasks_tau1_train.json (and split_tasks_tau1.json), or a tau-bench checkout with ' +
  'tau_bench/envs/retail/data/{orders,products,users}.json and tau_bench/envs/retail/tasks_train.py';

/** Parsed data, or a UsageError that names the file and the first misfit. */
function parsed<T>(schema: z.ZodType<T>, value: unknown, file: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new UsageError(`at ${issue?.path.join('.') || 'the top'}: ${issue?.message}`, { where: file });
}

/** The first folder that holds the file. */
const folderWith = (folders: readonly string[], file: string): string | undefined =>
  folders.find((folder) => existsSync(join(folder, file)));

function loadWorld(folders: readonly string[], dir: string): RetailWorld {
  const whole = folderWith(folders, 'db.json');
  if (whole !== undefined) return readWorld(join(whole, 'db.json'));
  const parts = folderWith(folders, 'data/orders.json');
  if (parts !== undefined) return readSplitWorld(join(parts, 'data'));
  throw new UsageError(`no db.json in this folder; ${expected}`, { where: dir });
}

function loadTasks(folders: readonly string[], dir: string): readonly PublicTask[] {
  const json = folderWith(folders, 'tasks_tau1_train.json');
  if (json !== undefined) {
    const file = join(json, 'tasks_tau1_train.json');
    return parsed(z.array(PublicTask), readJson(file, expected), file);
  }
  const python = folderWith(folders, 'tasks_train.py');
  if (python !== undefined) {
    const file = join(python, 'tasks_train.py');
    return pythonTasks(file);
  }
  const note = folderWith(folders, 'tasks.json') ? ' (the tau2 tasks in tasks.json have no ticket text)' : '';
  throw new UsageError(`no tasks_tau1_train.json in this folder${note}; ${expected}`, { where: dir });
}

function pythonTasks(file: string): PublicTask[] {
  let value: unknown;
  try {
    value = readAssignment(dataText(file), 'TASKS_TRAIN');
  } catch (cause) {
    throw new UsageError((cause as Error).message, { where: file, cause });
  }
  return parsed(z.array(PythonTask), value, file).map(({ actions, ...task }, index) => ({
    ...task,
    id: `train_${index}`,
    actions: actions.map(({ name, kwargs }) => ({ name, arguments: kwargs })),
  }));
}

/** Ids of the tasks to use: the list in the split file or, without one, all sound tasks. */
function chosenIds(folders: readonly string[], world: RetailWorld, tasks: readonly PublicTask[]): ReadonlySet<string> {
  const folder = folderWith(folders, 'split_tasks_tau1.json');
  if (folder === undefined) return new Set(tasks.filter((task) => isSound(world, task)).map((task) => task.id));
  const file = join(folder, 'split_tasks_tau1.json');
  return new Set(parsed(SplitFile, readJson(file, expected), file).clean_train);
}

/** True if every gold call runs, no item is changed into itself, and the text names items well. */
export function isSound(world: RetailWorld, task: PublicTask): boolean {
  const store = openStore(world, 'compat');
  if (ticketMentions(store, task.instruction, task.actions) === null) return false;
  return task.actions.every((action) => {
    const { item_ids: olds, new_item_ids: news } = action.arguments;
    const same = Array.isArray(olds) && Array.isArray(news) && olds.some((id, index) => id === news[index]);
    return !same && !executeRetail(store, action).error;
  });
}

const ticket = (instruction: string): string =>
  [
    'A customer left this note, in which "you" is the customer:',
    '',
    instruction.trim(),
    '',
    'Standing consent: the customer has approved exactly these changes, so make them without asking back and end with done.',
  ].join('\n');

function taskOf(world: RetailWorld, source: PublicTask): Task {
  const writes = source.actions.filter((action) => shopTools[action.name]?.readOnly !== true);
  const mentions = ticketMentions(openStore(world), source.instruction, writes);
  const target: RetailTarget = {
    writes,
    reports: source.outputs,
    user_id: source.user_id,
    ...(mentions ? { mentions } : {}),
  };
  const count = writes.length >= 3 ? '3+' : String(writes.length);
  return {
    id: source.id,
    split: 'train',
    tags: [`writes:${count}`, ...new Set(writes.map((write) => write.name))],
    request: ticket(source.instruction),
    target: z.json().parse(target),
  };
}

/**
 * The tau-bench train tickets under tau2's tools (`compat` mode), split 50/25/25. `dir` holds the
 * data or is a checkout of tau2-bench or tau-bench. Throws UsageError with file and what to do.
 */
export function loadPublicRetail(dir: string): RetailEnvironment {
  if (!existsSync(dir)) throw new UsageError(`no such folder; ${expected}`, { where: dir });
  const folders = [dir, join(dir, 'data/tau2/domains/retail'), join(dir, 'tau_bench/envs/retail')];
  const world = loadWorld(folders, dir);
  const sources = loadTasks(folders, dir);
  const ids = chosenIds(folders, world, sources);
  const tasks = sources.filter((source) => ids.has(source.id)).map((source) => taskOf(world, source));
  if (tasks.length === 0) throw new UsageError('no usable ticket in the task file', { where: dir });
  return retailEnvironment({ world, tasks: assignSplits(tasks, 'retail-public'), mode: 'compat' });
}
