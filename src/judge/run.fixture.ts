/** Runs for the tests of the judge. */
import { NO_USAGE } from '../chat.ts';
import type { Score, Step, Task, Trace } from '../types.ts';

export const taskOf = (id: string, request = `Request of ${id}`): Task => ({
  id,
  split: 'dev',
  tags: [],
  request,
  target: null,
});

export const traceOf = (task: string, harness: string, steps: readonly Step[], score: Score | null): Trace => ({
  id: `${harness}-${task}`,
  harness,
  env: 'shop',
  agent: 'a',
  model: 'm',
  task,
  split: 'dev',
  trial: 0,
  seed: 1,
  prompt: { system: `The rules of ${harness}`, user: `Skills of ${harness}`, tools: [] },
  steps,
  score,
  usage: NO_USAGE,
});

/** A run that changed an order, or one that changed nothing. */
export const runOf = (task: string, harness: string, reward: number, scored = true): Trace =>
  traceOf(
    task,
    harness,
    [
      { kind: 'state_delta', callId: 'c', changes: reward > 0 ? [`orders.${task}.status: "open" -> "closed"`] : [] },
      { kind: 'end', ending: { reason: 'done', summary: `${harness.length} done` } },
    ],
    scored ? { reward, checks: [] } : null,
  );
