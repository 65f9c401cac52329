/** Rejects edits that block a call of a passing trace. */

import { rulesOf } from '../../edit/ops/index.ts';
import type { AppliedCandidate, Check } from '../check.ts';
import { replay } from './replay.ts';

/** The rule and the trace with full reward that it blocks, or null. */
export async function findBlockedPass(applied: AppliedCandidate): Promise<string | null> {
  const { parent, child, traces, tasks, edits } = applied;
  if (!edits.some((edit) => edit.ops.some((op) => rulesOf(op).mayBlock(op)))) return null;
  const byId = new Map(tasks.map((t) => [t.id, t]));
  for (const trace of traces) {
    const task = byId.get(trace.task);
    if (!task || trace.score === null || trace.score.reward < 1) continue;
    const { blocks } = await replay(child, trace, task, applied);
    if (blocks.length === 0) continue;
    const before = (await replay(parent, trace, task, applied)).blocks;
    const fresh = blocks.filter((by) => !before.includes(by));
    if (fresh.length > 0) return `${fresh[0]} blocks a call of the passing trace ${trace.id}`;
  }
  return null;
}

export const replayCheck: Check = { name: 'replay', check: findBlockedPass };
