/** A night on too few tasks for a release: it learns from train, proposes, and tests nothing. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NightSummary } from '../report/events.ts';
import { amount } from '../report/terminal.ts';
import { closeNight } from './close.ts';
import { learn } from './learn.ts';
import type { NightContext, Progress } from './night.ts';
import { noLook } from './release.ts';

/** The proposed edits in full, in the folder of the run. */
const PROPOSALS = 'proposals.json';

/** One round of learning. The edits that pass every free check are written down as unproven. */
export async function proposeOnly(night: NightContext, progress: Progress, why: string): Promise<NightSummary> {
  night.emit({ type: 'warning', message: `this night learns and proposes, and releases nothing: ${why}` });
  const { edits, score, calls, proposed, repeated, notice } = await learn(night, night.start, {
    round: 1,
    left: night.options.budget,
  });
  Object.assign(progress, { proposerCalls: calls, proposed, repeated, notice });
  if (notice !== null) night.emit({ type: 'warning', message: notice });
  writeFileSync(
    join(night.folder, PROPOSALS),
    `${JSON.stringify({ unproven: why, harness: night.start.id, edits }, null, 1)}\n`,
  );
  return closeNight(night, progress, {
    head: night.start,
    look: noLook(
      score.score === 1
        ? `all ${score.tasks} train tasks are solved already: nothing is left to learn here`
        : `${amount(edits.length, 'edit')} proposed and not tested: ${why}`,
    ),
    baseline: score,
    baselineSplit: 'train',
    proposed: edits,
  });
}
