/** A night on forty tasks that one press of a switch solves. */
import { z } from 'zod';
import { defineEnvironment, tool } from '../environments/define.ts';
import { openBudget } from '../evaluation/budget.ts';
import { openEvaluator } from '../evaluation/evaluator.ts';
import { memoryJournal } from '../evaluation/journal.ts';
import { parseHarness } from '../harness/parse.ts';
import { NO_POLICY } from '../policy/policy.ts';
import type { ScriptedCall, ScriptedTurn } from '../runtime/scripted-agent.ts';
import type { Agent, ChatRequest, Task } from '../types.ts';
import type { Night } from './night.ts';

export const lamp = defineEnvironment({
  name: 'lamp',
  tasks: Array.from({ length: 40 }, (_, i) => ({ id: `t${i}`, input: `Lamp ${i}`, split: 'dev' as const })),
  reset: () => ({ lit: false }),
  tools: {
    press: tool('Press the switch.', z.object({}), (state: { lit: boolean }) => {
      state.lit = true;
      return 'It is lit.';
    }),
  },
  score: (_task, { lit }) => ({ reward: lit ? 1 : 0, checks: [] }),
});

export const done: ScriptedTurn = { name: 'done', arguments: { summary: '' } };
export const press: ScriptedCall = { name: 'press', arguments: {} };
/** Presses in half of its episodes, and in all of them when the policy says so. */
export const moody = (request: ChatRequest, index: number): ScriptedTurn =>
  index === 0 && (request.seed % 2 === 0 || JSON.stringify(request.messages).includes('Always press')) ? press : done;

export function nightOf(agent: Agent, more: Partial<Night> = {}): Night {
  const unlimited = Number.POSITIVE_INFINITY;
  const options = { seed: 1, concurrency: 4, budget: 5, policy: NO_POLICY, tags: [] };
  return {
    options,
    number: 1,
    agent,
    dev: lamp.tasks as readonly Task<'dev'>[],
    evaluator: openEvaluator({
      environment: lamp,
      agent,
      budget: openBudget({ maxRollouts: unlimited, maxUsd: unlimited, maxMinutes: unlimited }, () => 0),
      journal: memoryJournal(),
      seed: 1,
      night: 1,
      concurrency: 4,
      timeoutMs: 10_000,
    }),
    emit: () => {},
    signal: new AbortController().signal,
    deterministic: false,
    sealed: [],
    candidates: 1,
    ...more,
  } as unknown as Night;
}

export const harness = (policy: string) =>
  parseHarness(
    'lamp',
    new Map([
      ['policy.md', policy],
      ['harness.yaml', 'version: 1\n'],
    ]),
  );
