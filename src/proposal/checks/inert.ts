/** Rejects edits that change no prompt and no outcome on the recorded traces. */

import type { Op } from '../../edit/schema.ts';
import type { AppliedCandidate, Check } from '../check.ts';
import { wouldFire } from './monitor-fires.ts';
import { promptOf, type ReplayedTrace, replay } from './replay.ts';

/** Why the edits change nothing; null if they change something. */
export async function findInert(applied: AppliedCandidate): Promise<string | null> {
  const { parent, child, traces, tasks, edits } = applied;
  if (child.id === parent.id) return 'no byte of the harness changes';
  const byId = new Map(tasks.map((t) => [t.id, t]));
  const first = tasks[0];
  if (first && promptOf(parent, first, applied) !== promptOf(child, first, applied)) return null;
  const ops = edits.flatMap((e) => e.ops);
  if (ops.some((op) => monitorMatters(op, applied) || blocksMatter(op, applied))) return null;
  for (const trace of traces) {
    const task = byId.get(trace.task);
    if (!task || trace.error !== undefined) continue;
    const before = await replay(parent, trace, task, applied);
    const after = await replay(child, trace, task, applied);
    // Only a rollout can tell what depends on a read without an answer.
    if (differs(before, after) || after.unread > 0) return null;
  }
  return `no prompt and no outcome changes on ${traces.length} recorded traces`;
}

const differs = (a: ReplayedTrace, b: ReplayedTrace): boolean =>
  a.prompt !== b.prompt ||
  a.outcomes.length !== b.outcomes.length ||
  a.outcomes.some((text, i) => text !== b.outcomes[i]);

function monitorMatters(op: Op, { parent, traces, environment }: AppliedCandidate): boolean {
  const old = 'id' in op ? parent.regulation.monitors.find((m) => m.id === op.id) : undefined;
  const monitors = [...('monitor' in op ? [op.monitor] : []), ...(op.op === 'monitor.remove' && old ? [old] : [])];
  return monitors.some((m) => traces.some((t) => wouldFire(m, t, environment.maxTurns)));
}

/** The stop after equal blocks is no outcome of one call: it counts where a block is recorded. */
const blocksMatter = (op: Op, { traces }: AppliedCandidate): boolean =>
  op.op === 'switch.set' && op.key === 'max_blocks' && traces.some((t) => t.steps.some((s) => s.kind === 'block'));

export const inertCheck: Check = { name: 'inert', check: findInert };
