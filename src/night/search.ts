/** Tries the bundle of edits, and its halves when it fails: every candidate is raced on dev and gets one decision. */

import { parseHarness } from '../harness/parse.ts';
import { bisect } from '../proposal/bundle.ts';
import type { Edit } from '../proposal/edit-schema.ts';
import { applyEdits } from '../proposal/edits.ts';
import { bundleTitle, editTitle } from '../report/title.ts';
import { type Lessons, whyNot } from './learn.ts';
import { type Branch, hasBudget, type Night, testsGate } from './night.ts';
import { race, tellBank } from './race.ts';

interface Proposal {
  readonly form: 'bundle' | 'half' | 'single';
  readonly edits: readonly Edit[];
}

/** Depth first, better half first, so that what pays is on the branch before the rest is tried on top of it. */
export async function search(night: Night, start: Branch, lessons: Lessons): Promise<Branch> {
  let branch = start;
  const open: Proposal[] = firstProposals(night, lessons.edits);
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (!hasBudget(night, night.dev.length)) break;
    if (whyNot(night, branch.head)(...next.edits) !== null) {
      open.push(...halves(next.edits));
      continue;
    }
    const files = applyEdits(branch.head.files, next.edits);
    const candidate = parseHarness(branch.head.env, files);
    night.candidates += 1;
    night.emit({
      type: 'phase',
      phase: `candidate ${night.candidates}`,
      detail: `${next.form}: ${bundleTitle(next.edits)}`,
    });
    const result = await race(night, candidate, branch.bank, night.options.proposer === 'null');
    const verdict = await night.recorder.candidate({
      ...next,
      parent: branch.head,
      child: candidate,
      gate: { stage: 'keep', pairs: result.pairs, options: { planned: result.planned, ...result.spending } },
      diagnoses: lessons.diagnoses,
    });
    if (verdict.decision === 'accepted') {
      branch = {
        head: candidate,
        bank: result.bank,
        kept: [...branch.kept, ...next.edits.map((edit) => ({ edit, title: editTitle(edit) }))],
        releaseBank: branch.releaseBank,
      };
      tellBank(night, 'best so far', branch.bank);
      // Where no task differs, parts differ on none either: halves would only spend the budget.
    } else if (verdict.better + verdict.worse > 0) open.push(...halves(next.edits));
  }
  return branch;
}

/** The two halves of a bundle, the better one last so that it is tried first; [] for a single edit. */
function halves(edits: readonly Edit[]): Proposal[] {
  if (edits.length < 2) return [];
  const [first, second] = bisect(edits);
  return [second, first].map((half) => ({
    form: half.length > 1 ? ('half' as const) : ('single' as const),
    edits: half,
  }));
}

/** What was mined starts as one bundle, since some of it only pays together; all else comes one by one after it. */
function firstProposals(night: Night, edits: readonly Edit[]): Proposal[] {
  if (edits.length === 0) return [];
  const mined = testsGate(night.options.proposer) ? [] : edits.filter(({ proposer }) => proposer === 'mine');
  const others = edits
    .filter((edit) => !mined.includes(edit))
    .map((edit) => ({ form: 'single' as const, edits: [edit] }));
  if (mined.length === 0) return others.reverse();
  return [...others.reverse(), { form: mined.length > 1 ? 'bundle' : 'single', edits: mined }];
}
