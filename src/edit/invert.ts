/** The edit that takes an applied edit back, where the edit alone says how. */
import type { HarnessFiles } from '../types.ts';
import { applyEdit } from './apply.ts';
import { EditError } from './error.ts';
import type { Edit, Op } from './schema.ts';

/** Operations that undo one; null when the lost content is not in the operation. */
function inverse(op: Op): readonly Op[] | null {
  switch (op.op) {
    case 'clause.add':
      return [{ op: 'clause.remove', id: op.clause.id }];
    case 'monitor.add':
      return [{ op: 'monitor.remove', id: op.monitor.id }];
    case 'alias.add':
      return [{ op: 'alias.remove', tool: op.tool, from: op.from }];
    case 'format.add':
      return [{ op: 'format.remove', argument: op.format.argument, pattern: op.format.pattern }];
    case 'skill.add':
      return [{ op: 'skill.remove', id: op.id }];
    case 'switch.set':
      return inverseSwitch(op);
    case 'skill.insert':
      return op.lines.map((anchor) => ({ op: 'skill.delete', id: op.id, anchor }));
    case 'skill.replace': {
      const [first, ...others] = op.lines;
      if (first === undefined) return null;
      const back: Op = { op: 'skill.replace', id: op.id, anchor: first, lines: [op.anchor] };
      return [...others.map((anchor): Op => ({ op: 'skill.delete', id: op.id, anchor })), back];
    }
    default:
      return null;
  }
}

function inverseSwitch(op: Extract<Op, { op: 'switch.set' }>): readonly Op[] | null {
  if (typeof op.value === 'boolean') return [{ ...op, value: !op.value }];
  if (op.key === 'protocol') return [{ ...op, value: op.value === 'text' ? 'native' : 'text' }];
  return null;
}

/**
 * An edit that takes `edit` back from `files`, which contain its effect: what was added is removed,
 * a two-valued switch is turned, a replaced line is put back. Null when the edit removed or rewrote
 * content that it does not carry, when more than 4 operations would be needed, or when the inverse
 * does not apply to the files any more.
 */
export function invertEdit(files: HarnessFiles, edit: Edit): Edit | null {
  const ops: Op[] = [];
  for (const op of edit.ops.toReversed()) {
    const back = inverse(op);
    if (back === null) return null;
    ops.push(...back);
  }
  if (ops.length > 4) return null;
  const result: Edit = {
    ops,
    hypothesis: `Without it: ${edit.hypothesis}`.slice(0, 400),
    addresses: edit.addresses,
    predicts: { fixes: 0, risks: 'what it cured may come back' },
    proposer: edit.proposer,
  };
  try {
    applyEdit(files, result);
    return result;
  } catch (error) {
    if (error instanceof EditError) return null;
    throw error;
  }
}
