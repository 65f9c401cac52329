/** Leaves out each part that was kept tonight and drops what does not pay: a smaller harness is easier to read and to trust. */
import { parseHarness } from '../harness/parse.ts';
import { applyEdit, invertEdit } from '../proposal/edits.ts';
import { type Branch, hasBudget, type KeptEdit, type Night } from './night.ts';
import { race } from './race.ts';

/** Only parts of a bundle are doubtful: what was kept by itself has already shown that it pays. */
export async function prune(night: Night, start: Branch): Promise<Branch> {
  if (night.options.proposer !== 'mine' || start.kept.length < 2) return start;
  let branch = start;
  const doubtful = [...start.kept].sort((a, b) => a.edit.predicts.fixes - b.edit.predicts.fixes);
  for (const part of doubtful) {
    if (!hasBudget(night, night.dev.length)) break;
    branch = await withoutPart(night, branch, part);
  }
  return branch;
}

async function withoutPart(night: Night, branch: Branch, part: KeptEdit): Promise<Branch> {
  const inverse = invertEdit(branch.head.files, part.edit);
  if (inverse === null) return branch;
  const files = applyEdit(branch.head.files, inverse);
  const candidate = parseHarness(branch.head.env, files);
  night.candidates += 1;
  night.emit({ type: 'phase', phase: `candidate ${night.candidates}`, detail: `prune: without "${part.title}"` });
  const result = await race(night, candidate, branch.bank, false);
  const verdict = await night.recorder.candidate({
    form: 'prune',
    edits: [inverse],
    parent: branch.head,
    child: candidate,
    gate: { stage: 'prune', pairs: result.pairs, options: result.spending },
    diagnoses: new Map(),
  });
  if (verdict.decision !== 'accepted') return branch;
  return { ...branch, head: candidate, bank: result.bank, kept: branch.kept.filter((kept) => kept !== part) };
}
