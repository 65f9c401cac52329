/** One night: learn from failures, try edits on dev, prune, and look once at the sealed panel. */
import { BudgetError } from './errors.ts';
import { EXIT } from './exit-codes.ts';
import { closeNight, nightEndOf } from './night/close.ts';
import { learn } from './night/learn.ts';
import { type Branch, hasBudget, MAX_ROUNDS, type NightContext, type Progress } from './night/night.ts';
import { isSolved, LostRepliesError, standstill } from './night/notice.ts';
import { proposeOnly } from './night/propose-only.ts';
import { prune } from './night/prune.ts';
import { playBaseline, playReleaseBaseline, reportBaseline } from './night/race.ts';
import { type Look, look, noLook, STOPPED } from './night/release.ts';
import { search } from './night/search.ts';
import type { NightSummary } from './report/events.ts';

/**
 * The algorithm. Data flows one way: `learn` sees train alone, `search` and `prune` steer by dev,
 * `look` asks the sealed panel, and only "released" flows back. Every candidate gets one decision.
 */
export async function optimize(night: NightContext, progress: Progress): Promise<NightSummary> {
  try {
    return await (night.unproven === null
      ? findRelease(night, progress)
      : proposeOnly(night, progress, night.unproven));
  } catch (error) {
    if (!(error instanceof LostRepliesError)) throw error;
    progress.notice = error.message;
    night.emit({ type: 'warning', message: error.message });
    const look = noLook('ended early: nearly every reply was lost, and no edit of a harness changes that');
    const { score: baseline, split: baselineSplit } = error;
    return closeNight(night, progress, { head: night.start, look, baseline, baselineSplit, exitCode: EXIT.usage });
  }
}

async function findRelease(night: NightContext, progress: Progress): Promise<NightSummary> {
  let branch = await startBranch(night, progress);
  let still: string | null = null;
  let result: Look;
  try {
    for (let round = 1; round <= MAX_ROUNDS; round++) {
      const left = night.options.budget - progress.candidates;
      const lessons = await learn(night, branch.head, { round, left });
      progress.proposerCalls += lessons.calls;
      progress.proposed = (progress.proposed ?? 0) + lessons.proposed;
      progress.repeated += lessons.repeated;
      still = standstill(branch, progress, lessons.score);
      if (lessons.edits.length === 0 || isSolved(branch, lessons.score)) break;
      const before = branch.head.id;
      branch = await search(night, progress, branch, lessons);
      still = standstill(branch, progress, lessons.score);
      // A head that did not change teaches nothing new.
      if (branch.head.id === before || !hasBudget(night, progress, branch, night.train.length + night.dev.length))
        break;
    }
    branch = await prune(night, progress, branch);
    result = await lookAt(night, branch, still);
  } catch (error) {
    // A cap may end the night anywhere; what was decided stands and is reported.
    const decided = night.recorder.decisions.filter((one) => one.kind === 'candidate' && one.gate !== undefined).length;
    if (!(error instanceof BudgetError) || decided === 0) throw error;
    progress.candidates = decided;
    result = noLook(`${STOPPED}: ${error.message}`);
  }
  return closeNight(night, progress, nightEndOf(branch, result));
}

/** What is not asked: a branch where nothing moved, and one to which a given edit added nothing. */
async function lookAt(night: NightContext, branch: Branch, still: string | null): Promise<Look> {
  if (still !== null && branch.head.id === night.release.id) return noLook(still);
  if (night.options.given && branch.kept.length === 0)
    return noLook('the edit is not kept, so no sealed task was played');
  return look(night, branch);
}

/** Plays the branch head: scores of earlier nights are never carried over. */
async function startBranch(night: NightContext, progress: Progress): Promise<Branch> {
  night.emit({ type: 'phase', phase: 'baseline', detail: `${night.dev.length} dev tasks` });
  const { baseline, deterministic, notice } = await playBaseline(night, night.start);
  progress.notice = notice;
  if (notice !== null) night.emit({ type: 'warning', message: notice });
  reportBaseline(night, 'start', baseline);
  const isReleased = night.release.id === night.start.id;
  const releaseBaseline = isReleased ? baseline : await playReleaseBaseline(night, baseline);
  return { head: night.start, baseline, releaseBaseline, kept: [], deterministic };
}
