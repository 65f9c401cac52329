/** Refuses a change that blocks a call which a passing run was right to make. */

import type { Op } from '../../edit/schema.ts';
import type { Check } from '../check.ts';
import { replay } from './replay.ts';
import type { AppliedCandidate } from './result.ts';

/** A reason that names rule and trace, or null. Only traces with full reward count. */
export function findBlockedPass(applied: AppliedCandidate): string | null {
  const { parent, child, traces, tasks, edits } = applied;
  if (!edits.some((edit) => edit.ops.some(mayBlock))) return null;
  const byId = new Map(tasks.map((t) => [t.id, t]));
  for (const trace of traces) {
    const task = byId.get(trace.task);
    if (!task || trace.score === null || trace.score.reward < 1) continue;
    const { blocks } = replay(child, trace, task, applied);
    if (blocks.length === 0) continue;
    const before = replay(parent, trace, task, applied).blocks;
    const fresh = blocks.filter((by) => !before.includes(by));
    if (fresh.length > 0) return `${fresh[0]} blocks a call of the passing trace ${trace.id}`;
  }
  return null;
}

/** Words alone, monitors and skills never stand between a call and its tool. */
function mayBlock(op: Op): boolean {
  if ('clause' in op)
    return op.clause.prepare.length > 0 || op.clause.enforce === 'block' || op.clause.enforce === 'hard';
  return op.op === 'format.add' || op.op === 'alias.add' || op.op === 'switch.set' || op.op === 'clause.remove';
}

export const replayCheck: Check = { name: 'replay', check: findBlockedPass };
