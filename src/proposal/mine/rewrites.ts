/** Edits of existing rules: enforces ignored ones, removes wrong ones, rewords none. */

import type { Edit } from '../../edit/schema.ts';
import type { Diagnosis } from '../../types.ts';
import type { MineContext } from './context.ts';
import { toEdit } from './gains.ts';

const ENOUGH = 2;

/** At most one edit per clause, none for protected clauses. */
export function mineRewrites(context: MineContext): Edit[] {
  const { harness, diagnoses } = context;
  const open = harness.contract.clauses.filter((c) => !harness.settings.protected.includes(c.id));
  return open.flatMap((clause): Edit[] => {
    const blamed = diagnoses.filter((d) => d.blames === clause.id);
    const wrong = blamed.filter((d) => d.cause === 'rule_wrong');
    const ignored = blamed.filter((d) => d.cause === 'rule_ignored');
    if (wrong.length >= ENOUGH && wrong.length > ignored.length) return [remove(clause.id, wrong)];
    const enforceable = clause.require !== undefined && ['off', 'shadow', 'note'].includes(clause.enforce);
    if (ignored.length < ENOUGH || !enforceable) return [];
    return [
      toEdit({
        ops: [{ op: 'clause.replace', id: clause.id, clause: { ...clause, enforce: 'block' } }],
        hypothesis: `${ignored.length} runs read ${clause.id} and did not follow it: it is enforced, not reworded.`,
        answers: ignored,
        risks: 'A right call that the rule does not foresee is refused.',
      }),
    ];
  });
}

const remove = (id: string, wrong: readonly Diagnosis[]): Edit =>
  toEdit({
    ops: [{ op: 'clause.remove', id }],
    hypothesis: `${wrong.length} runs failed on a block by ${id}: it is taken out.`,
    answers: wrong,
    risks: 'The failures that it prevented come back.',
  });
