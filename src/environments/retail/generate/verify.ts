/** The checks that every generated task must pass; each returns undefined or what is wrong. */
import { canonicalJson } from '../../../digest.ts';
import type { Json, Task, ToolCall } from '../../../types.ts';
import { oraclePlan } from '../oracle.ts';
import { openStore, type RetailWorld, readOrder, type Store } from '../store.ts';
import type { RetailTarget } from '../target.ts';
import type { RetailScorer } from '../tasks.ts';
import { executeRetail } from '../tools.ts';
import type { TicketDraft } from './draft.ts';
import { writesThatFit } from './wish.ts';

/** A task under test in its world. */
export interface Trial {
  readonly world: RetailWorld;
  readonly score: RetailScorer;
  readonly task: Task;
  readonly target: RetailTarget;
  readonly draft: TicketDraft;
}

const play = (world: RetailWorld, calls: readonly ToolCall[]): { readonly store: Store; readonly failed: number } => {
  const store = openStore(world);
  const failed = calls.filter((call) => executeRetail(store, call).error).length;
  return { store, failed };
};

/** Reward of these calls, followed by `done` with this summary. */
function rewardOf({ world, score, task, target }: Trial, calls: readonly ToolCall[], summary: string): number {
  return score({ id: task.id, input: target }, play(world, calls).store, { reason: 'done', summary }).reward;
}

const saidAll = (trial: Trial): string => trial.target.reports.join(' ');

const list = (call: ToolCall, name: string): readonly Json[] => {
  const value = call.arguments[name];
  return Array.isArray(value) ? value : [];
};

/** Point 0: mentions are in the request, ids are unambiguous, reports cannot be read off it. */
export function wordsFit({ task, target }: Trial): string | undefined {
  const request = task.request.toLowerCase();
  const unsaid = Object.values(target.mentions ?? {}).find((words) => words === '' || !task.request.includes(words));
  if (unsaid !== undefined) return `mention not in the request: ${unsaid}`;
  const ids = target.writes.flatMap((call) => [...list(call, 'item_ids'), ...list(call, 'new_item_ids')]);
  if (new Set(ids).size < ids.length) return 'one item id has two meanings';
  const easy = target.reports.find((text) => text.length < 4 || /,/.test(text) || request.includes(text.toLowerCase()));
  return easy === undefined ? undefined : `report can be guessed: ${easy}`;
}

/** Point 1: every gold call succeeds. */
export function goldSucceeds({ world, target }: Trial): string | undefined {
  const { failed } = play(world, target.writes);
  return failed === 0 ? undefined : `${failed} gold calls fail`;
}

/** Point 2: the oracle's plan, reads included, has no error and scores 1. */
export function oracleScores(trial: Trial): string | undefined {
  const plan = oraclePlan(trial.world, trial.task.request, trial.target);
  const { failed } = play(trial.world, plan.calls);
  if (failed > 0) return `${failed} oracle calls fail`;
  return rewardOf(trial, plan.calls, plan.summary) === 1 ? undefined : 'the oracle does not score 1';
}

/** Point 3: doing nothing scores 1 in a refusal task and 0 in all others. */
export function nothingScores(trial: Trial): string | undefined {
  const reward = rewardOf(trial, [], 'Done.');
  return reward === (trial.target.refusal ? 1 : 0) ? undefined : `doing nothing scores ${reward}`;
}

/** The gold calls with a call left out, an item or a method swapped, or whole orders reversed. */
export function mutantsOf({ world, target, draft }: Trial): ToolCall[][] {
  const { writes } = target;
  const replaced = (index: number, changed: ToolCall['arguments']): ToolCall[] =>
    writes.map((call, at) => (at === index ? { ...call, arguments: { ...call.arguments, ...changed } } : call));
  const mutants: ToolCall[][] = writes.map((_, index) => writes.filter((__, at) => at !== index));
  writes.forEach((call, index) => {
    const order = readOrder(openStore(world), String(call.arguments.order_id));
    const items = list(call, 'item_ids');
    const news = list(call, 'new_item_ids');
    const line = order?.items.find(({ item_id }) => item_id === items[0]);
    const product = line && world.products[line.product_id];
    const variant = Object.values(product?.variants ?? {}).find(
      ({ item_id, available }) => available && !news.includes(item_id) && !items.includes(item_id),
    );
    if (news.length > 0 && variant)
      mutants.push(replaced(index, { new_item_ids: [variant.item_id, ...news.slice(1)] }));
    const spare = order?.items.find(({ item_id }) => !items.includes(item_id));
    if (news.length === 0 && items.length > 0 && spare) {
      mutants.push(replaced(index, { item_ids: [spare.item_id, ...items.slice(1)] }));
    }
    if (items.length > 1) {
      mutants.push(
        replaced(index, { item_ids: items.slice(1), ...(news.length > 0 ? { new_item_ids: news.slice(1) } : {}) }),
      );
    }
    const method = Object.keys(draft.user.payment_methods).find((id) => id !== call.arguments.payment_method_id);
    if (call.arguments.payment_method_id !== undefined && method) {
      mutants.push(replaced(index, { payment_method_id: method }));
    }
  });
  if (draft.tags.includes('ordered')) mutants.push([...writes].reverse());
  if (target.refusal) {
    const { address, user_id } = draft.user;
    mutants.push([{ name: 'modify_user_address', arguments: { user_id, ...address, zip: '00000' } }]);
    const open = draft.user.orders.find((id) => world.orders[id]?.status === 'pending');
    const cancel = { name: 'cancel_pending_order', arguments: { order_id: open ?? '', reason: 'no longer needed' } };
    if (open !== undefined) mutants.push([cancel]);
  }
  return mutants;
}

/** Point 4: every mutant scores 0, and so does gold without its report. */
export function mutantsFail(trial: Trial): string | undefined {
  const said = saidAll(trial);
  const alive = mutantsOf(trial).find((calls) => rewardOf(trial, calls, said) !== 0);
  if (alive) return `a mutant scores: ${canonicalJson(alive)}`;
  const mute = trial.target.reports.length > 0 && rewardOf(trial, trial.target.writes, 'Done.') !== 0;
  return mute ? 'gold without its report scores' : undefined;
}

/** Point 5: the order of independent calls and of item pairs does not matter. */
export function orderIsFree(trial: Trial): string | undefined {
  const turned = (call: ToolCall): ToolCall => ({
    ...call,
    arguments: Object.fromEntries(
      Object.entries(call.arguments).map(([name, value]) => [
        name,
        Array.isArray(value) ? [...value].reverse() : value,
      ]),
    ),
  });
  const subjects = [...new Set(trial.target.writes.map((call) => call.arguments.order_id))].reverse();
  const calls = subjects.flatMap((id) => trial.target.writes.filter((call) => call.arguments.order_id === id));
  const reward = rewardOf(trial, calls.map(turned), saidAll(trial));
  return reward === 1 ? undefined : 'the order of independent calls or pairs matters';
}

/** Point 6: by brute force, each part's first possible wish has just one write, which is gold. */
export function wishIsClear({ world, draft }: Trial): string | undefined {
  const store = openStore(world);
  for (const { wishes, gold } of draft.parts) {
    const met = wishes
      .map((wish) => writesThatFit(store, draft.user.user_id, wish))
      .find((writes) => writes.length > 0);
    if (met && met.length > 1) return `${met.length} writes meet one wish`;
    const only = met?.[0];
    if (canonicalJson(only ?? null) !== canonicalJson(gold)) return 'the wish means another write than gold';
    if (gold) executeRetail(store, gold);
  }
  return undefined;
}

/** Point 7: drawing the task again gives the same bytes. */
export function drawsAgain(trial: Trial, redraw: () => TicketDraft | undefined): string | undefined {
  return canonicalJson(redraw() ?? null) === canonicalJson(trial.draft) ? undefined : 'a second draw differs';
}

/** The first point that fails, with its reason; undefined if all hold. */
export function verifyTask(trial: Trial, redraw: () => TicketDraft | undefined): string | undefined {
  return (
    wordsFit(trial) ??
    goldSucceeds(trial) ??
    wishIsClear(trial) ??
    nothingScores(trial) ??
    oracleScores(trial) ??
    mutantsFail(trial) ??
    orderIsFree(trial) ??
    drawsAgain(trial, redraw)
  );
}
