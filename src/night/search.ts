/**
 * Tries the bundle of edits, and its halves when it fails: every candidate is raced on dev and gets
 * one decision.
 */

import { applyEdits } from '../edit/edits.ts';
import { EditError } from '../edit/error.ts';
import type { Edit } from '../edit/schema.ts';
import { bundleTitle, editTitle } from '../edit/title.ts';
import { UsageError } from '../errors.ts';
import { parseHarness } from '../harness/parse.ts';
import { halvesOf, queueOf } from '../proposal/queue.ts';
import type { Harness } from '../types.ts';
import { type Lessons, whyNot } from './learn.ts';
import { type Branch, hasBudget, type NightContext, type Progress } from './night.ts';
import { race, reportBaseline } from './race.ts';

export type Searching = Parameters<typeof race>[0] &
  Parameters<typeof whyNot>[0] &
  Pick<NightContext, 'emit' | 'recorder' | 'sealed'>;

/**
 * Best gain per cost first; of a bundle that failed the better half next, so that what pays is on
 * the branch before the rest is tried on top of it.
 */
export async function search(
  night: Searching,
  progress: Progress,
  start: Branch,
  lessons: Pick<Lessons, 'edits' | 'diagnoses'>,
): Promise<Branch> {
  let branch = start;
  const open = queueOf(lessons.edits);
  for (let next = open.shift(); next !== undefined; next = open.shift()) {
    if (!hasBudget(night, progress, branch, night.dev.length)) break;
    if (whyNot(night, branch.head)(...next.edits) !== null) {
      open.unshift(...halvesOf(next.edits));
      continue;
    }
    const candidate = withEdits(branch.head, next.edits);
    if (candidate === null) {
      open.unshift(...halvesOf(next.edits));
      continue;
    }
    progress.candidates += 1;
    night.emit({
      type: 'phase',
      phase: `candidate ${progress.candidates}`,
      detail: `${next.form}: ${bundleTitle(next.edits)}`,
    });
    const result = await race(night, candidate, branch.baseline, {
      number: progress.candidates,
      independent: night.options.proposers.includes('null'),
    });
    const verdict = await night.recorder.candidate({
      ...next,
      parent: branch.head,
      child: candidate,
      gate: { stage: 'keep', pairs: result.pairs, options: { planned: result.planned, ...result.spending } },
      diagnoses: lessons.diagnoses,
    });
    if (verdict.decision === 'accepted') {
      branch = {
        ...branch,
        head: candidate,
        baseline: result.bar,
        kept: [...branch.kept, ...next.edits.map((edit) => ({ edit, title: editTitle(edit) }))],
      };
      reportBaseline(night, 'best so far', branch.baseline);
      // Where no task differs, parts differ on none either: halves would only spend the budget.
    } else if (verdict.better + verdict.worse > 0) open.unshift(...halvesOf(next.edits));
  }
  return branch;
}

/**
 * Null when what was kept before has taken an edit's place: another one of the same name, or its
 * anchor gone.
 */
function withEdits(head: Harness, edits: readonly Edit[]): Harness | null {
  try {
    return parseHarness(head.env, applyEdits(head.files, edits));
  } catch (error) {
    if (error instanceof EditError || error instanceof UsageError) return null;
    throw error;
  }
}
