/** Whether an edit would have acted on a recorded trace. */
import { applyEdits } from '../../edit/edits.ts';
import type { Edit } from '../../edit/schema.ts';
import { parseHarness } from '../../harness/parse.ts';
import { type Compiled, compileHarness } from '../../runtime/compile.ts';
import { follow } from '../../runtime/follow.ts';
import type { Environment, Harness, Step, Task, Trace } from '../../types.ts';
import { wouldFire } from '../checks/monitor-fires.ts';

/** The answer for one edit; compiled once for all traces. */
export function firing(
  edit: Edit,
  { harness, environment }: { readonly harness: Harness; readonly environment: Environment },
): (trace: Trace, task: Task<'train'>) => Promise<boolean> {
  const monitors = edit.ops.flatMap((op) => ('monitor' in op ? [op.monitor] : []));
  const ids = new Set(edit.ops.flatMap((op) => ('clause' in op ? [op.clause.id] : [])));
  const child = parseHarness(harness.env, applyEdits(harness.files, [edit]));
  const [before, after] = [compileHarness(harness, environment), compileHarness(child, environment)];
  const rest = edit.ops.some((op) => !('monitor' in op) && !('clause' in op));
  return async (trace, task) => {
    if (monitors.some((monitor) => wouldFire(monitor, trace, environment.maxTurns))) return true;
    if (ids.size === 0 && !rest) return false;
    const steps = await stepsUnder(after, trace, task, environment);
    if (steps.some((step) => (step.kind === 'block' || step.kind === 'note') && ids.has(step.by))) return true;
    return rest && JSON.stringify(steps) !== JSON.stringify(await stepsUnder(before, trace, task, environment));
  };
}

async function stepsUnder(compiled: Compiled, trace: Trace, task: Task, environment: Environment): Promise<Step[]> {
  const { calls } = await follow(compiled, trace, task, environment);
  return calls.flatMap(({ steps, realized }): Step[] =>
    realized.kind === 'block'
      ? [...steps, { kind: 'note', by: realized.by, text: '' }]
      : steps.filter(({ kind }) => kind !== 'read'),
  );
}
