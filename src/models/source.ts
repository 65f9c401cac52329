/** An agent, or a function that opens one which pays from a budget. */
import { BudgetError } from '../errors.ts';
import type { Agent, MaybePromise } from '../types.ts';
import type { Spend } from './calls.ts';

/**
 * A function receives the budget, and its agent asks before each call: only then a cap of money
 * holds.
 *
 * @example
 * const price = { input: 1, output: 4 };
 * const agent: AgentSource = (spend) => openaiAgent({ model: 'gpt-x', price }, spend);
 */
export type AgentSource = Agent | ((spend: Spend) => MaybePromise<Agent>);

/** Counts the cost of an agent that was opened elsewhere after each of its calls. */
export async function openSource(source: AgentSource, spend: Spend): Promise<Agent> {
  if (typeof source === 'function') return source(spend);
  return source.simulated ? source : counted(source, spend);
}

const counted = (agent: Agent, spend: Spend): Agent => ({
  ...agent,
  open(episode) {
    const model = agent.open(episode);
    return {
      async complete(request, signal) {
        const reply = await model.complete(request, signal);
        spend.settleUsd(0, reply.usage.costUsd);
        return reply;
      },
    };
  },
});

/** Throws BudgetError for a cap of money over an agent that does not ask before it spends. */
export function assertCapped(source: AgentSource, maxUsd: number): void {
  if (Number.isFinite(maxUsd) && typeof source !== 'function' && !source.simulated)
    throw new BudgetError(
      `maxUsd ${maxUsd}: ${source.id} was opened without the budget, so a cap of money cannot hold; give agent: (spend) => openaiAgent(settings, spend)`,
    );
}
