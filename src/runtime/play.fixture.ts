/** Plays written turns in the tiny shop, for tests of the layers. */
import type { ChatMessage, Step } from '../types.ts';
import { playEpisode } from './play.ts';
import { type ScriptedTurn, scriptedAgent } from './scripted-agent.fixture.ts';
import { type HarnessParts, harnessOf, shop, shopTask, swapClause } from './shop.fixture.ts';

export const done = { name: 'done', arguments: { summary: 'Finished.' } };
export const swap = (item_ids: unknown, new_item_ids: unknown, order_id = '#W1000001') => ({
  name: 'swap_items',
  arguments: JSON.stringify({ order_id, item_ids, new_item_ids }),
});
export const cancel = (order_id: string) => ({
  name: 'cancel_order',
  arguments: { order_id, reason: 'no longer needed' },
});
export const getOrder = (order_id: string) => ({ name: 'get_order', arguments: { order_id } });

export async function play(parts: HarnessParts, turns: readonly ScriptedTurn[], request = 'Please help.') {
  const agent = scriptedAgent(turns);
  const task = shopTask(request);
  const trace = await playEpisode({ harness: harnessOf(parts), environment: shop, agent, task, trial: 0, seed: 1 });
  const end = trace.steps.at(-1);
  const sent = (turn: number): ChatMessage | undefined => agent.requests[turn]?.messages.at(-1);
  return { trace, steps: trace.steps, agent, sent, reason: end?.kind === 'end' ? end.ending.reason : undefined };
}
export const of = <K extends Step['kind']>(steps: readonly Step[], kind: K) =>
  steps.filter((step): step is Extract<Step, { kind: K }> => step.kind === kind);
export const withClause = (changes: object = {}): HarnessParts => ({
  contract: { clauses: [{ ...swapClause, ...changes }] },
});
export const realization = (switches: object) => ({ settings: { realization: switches } });
