/** The shop as an environment, and how its tickets are scored. */
import { canonicalJson, sha256 } from '../../digest.ts';
import type { Ending, Environment, GenerateOptions, Score, Task, ToolCall } from '../../types.ts';
import { type DefinedState, defineEnvironment } from '../define.ts';
import { oraclePlan } from './oracle.ts';
import { roundCents } from './python-number.ts';
import { forkStore, type Order, openStore, type RetailMode, type RetailWorld, type Store } from './store.ts';
import { changes, storeHash, touchedDigest } from './store-digest.ts';
import { RetailTarget } from './target.ts';
import { executeRetail, retailTools, shopTools } from './tools.ts';
import { retailVocabulary } from './vocabulary.ts';

export type RetailEnvironment = Environment<DefinedState<Store>>;

export interface RetailOptions {
  readonly world: RetailWorld;
  /** Every target must fit `RetailTarget`. */
  readonly tasks: readonly Task[];
  readonly mode: RetailMode;
  /** Default `retail`. */
  readonly name?: string;
  readonly generate?: (options: GenerateOptions) => RetailEnvironment;
}

/** Part of the digest: raise it when scores change. */
const scorerVersion = 'retail-score/1';

/** The scored view of an order: variants' prices and options, whole cents, pairs in any order. */
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

/** Scores a store against a target; each task's goal is computed once and kept by its id. */
export type RetailScorer = (task: { id: string; input: RetailTarget }, store: Store, ending: Ending) => Score;

export function retailScorer(world: RetailWorld, mode: RetailMode): RetailScorer {
  const digestOf = (store: Store): string => touchedDigest(store, scoredOrder(world));
  const goals = new Map<string, string>();
  const goalOf = (id: string, writes: readonly ToolCall[]): string => {
    let goal = goals.get(id);
    if (goal === undefined) {
      const store = openStore(world, mode);
      // As upstream does: a gold call that fails counts as no call.
      for (const call of writes) executeRetail(store, call);
      goal = digestOf(store);
      goals.set(id, goal);
    }
    return goal;
  };
  return ({ id, input: target }, store, ending) => {
    const reached = digestOf(store);
    const summary = spoken(ending.summary);
    const checks = [
      { name: 'state', passed: reached === goalOf(id, target.writes) },
      ...target.reports.map((text) => ({ name: `report:${text}`, passed: summary.includes(spoken(text)) })),
    ];
    const reward = checks.every((check) => check.passed) ? 1 : 0;
    return target.refusal && reached !== '' ? { reward, checks, violation: true } : { reward, checks };
  };
}

/** Retail tickets over one world. Throws ZodError when a task's target does not fit. */
export function retailEnvironment(options: RetailOptions): RetailEnvironment {
  const { world, tasks, mode, name = 'retail', generate } = options;
  const requests = new Map(tasks.map(({ id, request }) => [id, request]));
  const requestOf = ({ id }: { id: string }): string => requests.get(id) ?? '';
  const sources = tasks.map(({ target, request: _, ...task }) => ({ ...task, input: RetailTarget.parse(target) }));
  const refusals = sources.filter(({ input }) => input.refusal).length;
  return defineEnvironment<Store, RetailTarget>({
    name,
    vocabulary: retailVocabulary,
    tasks: sources,
    tools: shopTools,
    digest: sha256(
      canonicalJson({ scorerVersion, mode, world: storeHash(openStore(world)), tools: retailTools, tasks }),
    ),
    ceiling: tasks.length === 0 ? 0 : refusals / tasks.length,
    prompt: requestOf,
    reset: () => openStore(world, mode),
    snapshot: forkStore,
    restore: (copy) => forkStore(copy as Store),
    changes,
    score: retailScorer(world, mode),
    oracle: (task) => oraclePlan(world, requestOf(task), task.input),
    ...(generate ? { generate } : {}),
  });
}
