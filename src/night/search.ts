/** Races the bundle of edits on dev, then its halves when it fails. */

import { bundleTitle, editTitle } from '../edit/title.ts';
import { halvesOf, queueOf } from '../proposal/queue.ts';
import { type Lessons, whyNot, withEdits } from './learn.ts';
import { type Branch, hasBudget, type NightContext, type Progress } from './night.ts';
import { race, reportBaseline } from './race.ts';

export type Searching = Parameters<typeof race>[0] &
  Parameters<typeof whyNot>[0] &
  Pick<NightContext, 'emit' | 'recorder' | 'sealed'>;

/** Best gain per cost first, and the better half of a failed bundle next. */
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
    const refused = whyNot(night, branch.head)(...next.edits) !== null;
    const candidate = refused ? null : withEdits(branch.head, next.edits);
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
      // Parts of a bundle that changes no task's score change none either.
    } else if (verdict.better + verdict.worse > 0) open.unshift(...halvesOf(next.edits));
  }
  return branch;
}
