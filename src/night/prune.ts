/**
 * Leaves out parts of what was kept tonight and drops what does not pay: a smaller harness is
 * easier to read and to trust.
 */

import { applyEdits, invertEdit } from '../edit/edits.ts';
import type { Edit } from '../edit/schema.ts';
import { parseHarness } from '../harness/parse.ts';
import { type Branch, hasBudget, type KeptEdit, type Night, testsGate } from './night.ts';
import { race } from './race.ts';

/**
 * Only parts of a bundle are doubtful: what was kept by itself has already shown that it pays. All
 * parts of one kind are left out together first (all skills, all monitors): one candidate may drop
 * what would take many.
 */
export async function prune(night: Night, start: Branch): Promise<Branch> {
  if (testsGate(night.options.proposer) || start.kept.length < 2) return start;
  let branch = start;
  for (const kind of ['skill', 'monitor'] as const) {
    const parts = branch.kept.filter(({ edit }) => kindOf(edit) === kind);
    if (parts.length > 1 && parts.length < branch.kept.length) branch = await without(night, branch, parts);
  }
  const doubtful = [...branch.kept].sort((a, b) => a.edit.predicts.fixes - b.edit.predicts.fixes);
  for (const part of doubtful) branch = await without(night, branch, [part]);
  return branch;
}

/** The kind of document that all ops of an edit touch; null when they differ. */
function kindOf(edit: Edit): string | null {
  const kinds = new Set(edit.ops.map(({ op }) => op.split('.')[0] as string));
  return kinds.size === 1 ? ([...kinds][0] as string) : null;
}

/** The branch without `parts`, if dev is no worse without them. */
async function without(night: Night, branch: Branch, parts: readonly KeptEdit[]): Promise<Branch> {
  if (!hasBudget(night, night.dev.length)) return branch;
  let { files } = branch.head;
  const inverses: Edit[] = [];
  for (const { edit } of parts) {
    const inverse = invertEdit(files, edit);
    if (inverse === null) return branch;
    inverses.push(inverse);
    files = applyEdits(files, [inverse]);
  }
  const candidate = parseHarness(branch.head.env, files);
  night.candidates += 1;
  const title =
    parts.length === 1
      ? `"${parts[0]?.title}"`
      : `${parts.length} parts: ${parts.map((part) => part.title).join(', ')}`;
  night.emit({ type: 'phase', phase: `candidate ${night.candidates}`, detail: `prune: without ${title}` });
  const result = await race(night, candidate, branch.bank, false);
  const verdict = await night.recorder.candidate({
    form: 'prune',
    edits: inverses,
    parent: branch.head,
    child: candidate,
    gate: { stage: 'prune', pairs: result.pairs, options: result.spending },
    diagnoses: new Map(),
  });
  if (verdict.decision !== 'accepted') return branch;
  return { ...branch, head: candidate, bank: result.bar, kept: branch.kept.filter((kept) => !parts.includes(kept)) };
}
