import { canonicalJson, sha256 } from '../../digest.ts';
import type { Ending, GenerateOptions, Score, SyncEnvironment, Task } from '../../types.ts';
import { oraclePlan } from './oracle.ts';
import { roundCents } from './python-number.ts';
import { forkStore, type Order, openStore, type RetailMode, type RetailWorld, type Store } from './store.ts';
import { changes, storeHash, touchedDigest } from './store-digest.ts';
import { RetailTarget } from './target.ts';
import { executeRetail, retailTools } from './tools.ts';
import { retailVocabulary } from './vocabulary.ts';

export interface RetailOptions {
  readonly world: RetailWorld;
  /** Every target must fit `RetailTarget`. */
  readonly tasks: readonly Task[];
  readonly mode: RetailMode;
  /** Default `retail`. */
  readonly name?: string;
  readonly generate?: (options: GenerateOptions) => SyncEnvironment<Store>;
}

/** Part of the digest: raise it when a score may come out differently. */
const scorerVersion = 'retail-score/1';

/**
 * What a score compares of an order: each line's price and options are its variant's and amounts
 * are whole cents, so that the order of item pairs does not matter.
 */
const scoredOrder =
  (world: RetailWorld) =>
  (order: Order): Order => ({
    ...order,
    items: order.items.map((line) => {
      const variant = world.products[line.product_id]?.variants[line.item_id];
      return variant ? { ...line, price: variant.price, options: variant.options } : line;
    }),
    payment_history: order.payment_history.map((entry) => ({ ...entry, amount: roundCents(entry.amount) })),
  });

const spoken = (text: string): string => text.toLowerCase().replaceAll(',', '');

/** Retail tickets over one world. Throws ZodError when a task's target does not fit. */
export function retailEnvironment(options: RetailOptions): SyncEnvironment<Store> {
  const { world, tasks, mode, name = 'retail', generate } = options;
  const targets = new Map<string, RetailTarget>();
  for (const task of tasks) targets.set(task.id, RetailTarget.parse(task.target));
  const targetOf = (task: Task): RetailTarget => targets.get(task.id) ?? RetailTarget.parse(task.target);
  const digestOf = (store: Store): string => touchedDigest(store, scoredOrder(world));

  const goals = new Map<string, string>();
  const goalOf = (task: Task): string => {
    let goal = goals.get(task.id);
    if (goal === undefined) {
      const store = openStore(world, mode);
      // As upstream does: a gold call that fails counts as no call.
      for (const call of targetOf(task).writes) executeRetail(store, call);
      goal = digestOf(store);
      goals.set(task.id, goal);
    }
    return goal;
  };

  const score = (task: Task, store: Store, ending: Ending): Score => {
    const target = targetOf(task);
    const reached = digestOf(store);
    const summary = spoken(ending.summary);
    const checks = [
      { name: 'state', passed: reached === goalOf(task) },
      ...target.reports.map((text) => ({ name: `report:${text}`, passed: summary.includes(spoken(text)) })),
    ];
    const reward = checks.every((check) => check.passed) ? 1 : 0;
    return target.refusal && reached !== '' ? { reward, checks, violation: true } : { reward, checks };
  };

  const refusals = tasks.filter((task) => targetOf(task).refusal).length;
  return {
    name,
    digest: sha256(
      canonicalJson({ scorerVersion, mode, world: storeHash(openStore(world)), tools: retailTools, tasks }),
    ),
    tools: retailTools,
    tasks,
    maxTurns: 30,
    vocabulary: retailVocabulary,
    ceiling: tasks.length === 0 ? 0 : refusals / tasks.length,
    reset: () => openStore(world, mode),
    execute: executeRetail,
    fork: forkStore,
    changes,
    score,
    oracle: (task) => oraclePlan(world, task.request, targetOf(task)),
    ...(generate ? { generate } : {}),
  };
}
