/**
 * Runs that fail for a known reason in the harness: no rule, a rule that says too little, one that
 * is ignored, one that is wrong, or a broken tool.
 */
import { parseHarness } from '../dist/harness/parse.js';
import type { FaultKind } from '../dist/models/sim/profiles.js';
import type { Cause, Environment, Harness, Task, Trace } from '../dist/types.js';
import { faultless, plantOne, playWatched } from './planted-faults.ts';

export const CAUSES: readonly Cause[] = [
  'rule_missing',
  'rule_vague',
  'rule_ignored',
  'rule_wrong',
  'environment_fault',
];

export interface CauseRun {
  readonly task: Task<'train'>;
  readonly trace: Trace<'train'>;
  readonly harness: Harness;
  readonly environment: Environment;
}

/** Runs of each kind. */
const EACH = 10;
const WRITES = [
  'cancel_pending_order',
  'exchange_delivered_order_items',
  'modify_pending_order_address',
  'modify_pending_order_items',
  'modify_pending_order_payment',
  'return_delivered_order_items',
];
const ORDER = 'prepare: [{read: {as: order, call: get_order_details, with: {order_id: args.order_id}}}]';

/**
 * A clause on the writes (and the reads that take an order) that says what to do, with the check
 * that goes with it; and one that only names the topic.
 */
const RULES: Partial<Record<FaultKind, { readonly clear: string; readonly vague: string }>> = {
  missing_prefix: {
    clear: 'say: "order_id begins with the sign #; write it.", require: args.order_id.startsWith("#")',
    vague: 'say: "Mind the order_id."',
  },
  write_before_read: {
    clear: 'say: "Read the order with get_order_details first.", require: called("get_order_details")',
    vague: 'say: "Mind item_ids, new_item_ids and payment_method_id."',
  },
  name_for_id: {
    clear: 'say: "item_ids are ids of items, never their names.", require: "args.item_ids.all(x, size(x) == 10)"',
    vague: 'say: "Mind item_ids, new_item_ids and payment_method_id."',
  },
  wrong_state: {
    clear: `say: "Look at the order's status before you choose a tool.", ${ORDER}, require: order.status != "cancelled"`,
    vague: 'say: "Mind the status."',
  },
};

const withClause = (harness: Harness, fields: string): Harness =>
  parseHarness(
    'retail',
    new Map([
      ...harness.files,
      ['contract.yaml', `clauses:\n  - {id: planted, tools: [get_order_details, ${WRITES.join(', ')}], ${fields}}\n`],
    ]),
  );

/** A tool that fails now and then for no reason of the agent's, never when it is replayed. */
function flaky(environment: Environment): { environment: Environment; failing: { now: boolean } } {
  const failing = { now: false };
  const execute: Environment['execute'] = (state, call) =>
    failing.now && WRITES.includes(call.name)
      ? { content: 'Error: internal error', error: true }
      : environment.execute(state, call);
  return { environment: { ...environment, execute }, failing };
}

export async function plantCause(cause: Cause, environment: Environment, bare: Harness): Promise<CauseRun[]> {
  const runs: CauseRun[] = [];
  const faults = Object.keys(RULES) as FaultKind[];
  if (cause === 'rule_missing' || cause === 'rule_vague' || cause === 'rule_ignored')
    for (const fault of faults) {
      const rule = RULES[fault];
      const fields = cause === 'rule_vague' ? rule?.vague : rule?.clear;
      const harness = cause === 'rule_missing' || fields === undefined ? bare : withClause(bare, fields);
      // An agent that follows nothing: what is told is read and not done.
      const found = await plantOne(environment, harness, fault, EACH, 0);
      runs.push(...found.map(({ task, trace }) => ({ task, trace, harness, environment })));
    }
  else if (cause === 'rule_wrong')
    for (const fields of [
      'enforce: block, max_blocks: 20, require: args.order_id == "none", otherwise: "This order cannot be changed."',
      'say: "Write the names of the items in place of ids."',
    ])
      runs.push(...(await failing(withClause(bare, fields), environment, 2 * EACH)));
  else {
    const broken = flaky(environment);
    broken.failing.now = true;
    const found = await failing(bare, broken.environment, 2 * EACH);
    broken.failing.now = false;
    runs.push(...found);
  }
  return runs;
}

/** Runs of an agent without faults that fail all the same. */
async function failing(harness: Harness, environment: Environment, count: number): Promise<CauseRun[]> {
  const runs: CauseRun[] = [];
  for (const task of environment.tasks as Task<'train'>[]) {
    if (runs.length >= count) break;
    const { trace } = await playWatched(environment, harness, faultless, task);
    if ((trace.score?.reward ?? 1) < 1) runs.push({ task, trace, harness, environment });
  }
  return runs;
}
