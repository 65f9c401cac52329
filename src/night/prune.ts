/** Drops parts of tonight's edits that dev does not miss: a smaller harness is easier to trust. */

import { applyEdits, invertEdit } from '../edit/edits.ts';
import type { Edit } from '../edit/schema.ts';
import { parseHarness } from '../harness/parse.ts';
import { testsGate } from '../proposal/proposer.ts';
import { type Branch, hasBudget, type KeptEdit, type Progress } from './night.ts';
import { race } from './race.ts';
import type { Searching } from './search.ts';

/** Parts of one kind are dropped together first: one candidate may save many. */
export async function prune(night: Searching, progress: Progress, start: Branch): Promise<Branch> {
  if (testsGate(night.options.proposers) || start.kept.length < 2) return start;
  let branch = start;
  for (const kind of ['skill', 'monitor'] as const) {
    const parts = branch.kept.filter(({ edit }) => kindOf(edit) === kind);
    if (parts.length > 1 && parts.length < branch.kept.length) branch = await without(night, progress, branch, parts);
  }
  const doubtful = [...branch.kept].sort((a, b) => a.edit.predicts.fixes - b.edit.predicts.fixes);
  for (const part of doubtful) branch = await without(night, progress, branch, [part]);
  return branch;
}

/** The kind of document that all operations of an edit touch; null when they differ. */
function kindOf(edit: Edit): string | null {
  const kinds = new Set(edit.ops.map(({ op }) => op.split('.')[0] as string));
  return kinds.size === 1 ? ([...kinds][0] as string) : null;
}

/** The branch without `parts`, if dev is not worse then. */
async function without(
  night: Searching,
  progress: Progress,
  branch: Branch,
  parts: readonly KeptEdit[],
): Promise<Branch> {
  if (!hasBudget(night, progress, branch, night.dev.length)) return branch;
  let { files } = branch.head;
  const inverses: Edit[] = [];
  for (const { edit } of parts) {
    const inverse = invertEdit(files, edit);
    if (inverse === null) return branch;
    inverses.push(inverse);
    files = applyEdits(files, [inverse]);
  }
  const candidate = parseHarness(branch.head.env, files);
  progress.candidates += 1;
  const title =
    parts.length === 1
      ? `"${parts[0]?.title}"`
      : `${parts.length} parts: ${parts.map((part) => part.title).join(', ')}`;
  night.emit({ type: 'phase', phase: `candidate ${progress.candidates}`, detail: `prune: without ${title}` });
  const result = await race(night, candidate, branch.baseline, {
    number: progress.candidates,
    independent: false,
  });
  const verdict = await night.recorder.candidate({
    form: 'prune',
    edits: inverses,
    parent: branch.head,
    child: candidate,
    gate: { stage: 'prune', pairs: result.pairs, options: result.spending },
    diagnoses: new Map(),
  });
  if (verdict.decision !== 'accepted') return branch;
  return {
    ...branch,
    head: candidate,
    baseline: result.bar,
    kept: branch.kept.filter((kept) => !parts.includes(kept)),
  };
}
