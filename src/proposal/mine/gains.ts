/** Turns what was learned into edits, with traces and expected fixes. */

import type { Edit, Op } from '../../edit/schema.ts';
import type { Diagnosis } from '../../types.ts';

export interface EditDraft {
  readonly ops: readonly Op[];
  readonly hypothesis: string;
  /** Failures that it addresses. */
  readonly answers: readonly Diagnosis[];
  /** Expected fixes without a diagnosis. @default 0 */
  readonly prior?: number;
  readonly risks: string;
}

/** An edit of the miner, which names every trace that it addresses. */
export function toEdit(draft: EditDraft): Edit {
  const traces = [...new Set(draft.answers.map((d) => d.trace))];
  const evidence = traces.slice(0, 6);
  const ops = draft.ops.map((op): Op => (op.op === 'clause.add' ? { ...op, clause: { ...op.clause, evidence } } : op));
  const fixes = Math.max(traces.length, draft.prior ?? 0);
  return {
    ops,
    hypothesis: draft.hypothesis.slice(0, 400),
    addresses: traces,
    predicts: { fixes: Math.round(fixes * 10) / 10, risks: draft.risks.slice(0, 400) },
    proposer: 'mine',
  };
}

/** Diagnoses with one of the patterns, of the tool and arguments if given. */
export function matching(
  diagnoses: readonly Diagnosis[],
  patterns: readonly string[],
  where: { tool?: string; arguments?: readonly string[] } = {},
): Diagnosis[] {
  return diagnoses.filter(
    (d) =>
      patterns.includes(d.pattern) &&
      (where.tool === undefined || d.tool === where.tool) &&
      (where.arguments === undefined || d.argument === undefined || where.arguments.includes(d.argument)),
  );
}
