/** Ends a night: records what is open, writes the morning page, gives the summary. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Edit } from '../edit/schema.ts';
import { EXIT } from '../exit-codes.ts';
import { pairedInterval, scoreInterval } from '../gate/interval.ts';
import { pairDifferences } from '../gate/pairs.ts';
import type { NightSummary, ReleaseLine, ScoreLine } from '../report/events.ts';
import { lossesOf } from '../report/losses.ts';
import { morningPage } from '../report/page.ts';
import { inPlainWords } from '../report/plain-edit.ts';
import type { Harness, Split } from '../types.ts';
import type { Branch, NightContext, Progress } from './night.ts';
import type { Look } from './release.ts';

/** What a night ends with. */
export interface NightEnd {
  readonly head: Harness;
  readonly look: Look;
  /** Score before this night, and where it was measured. */
  readonly baseline: ScoreLine;
  readonly baselineSplit: Split;
  /** Edits of a night that can test none. @default [] */
  readonly proposed?: readonly Edit[];
  /** @default 0 for a release, 4 for a regression, else 3 */
  readonly exitCode?: number;
}

export async function closeNight(
  night: NightContext,
  progress: Progress,
  { head, look, baseline, baselineSplit, proposed = [], exitCode }: NightEnd,
): Promise<NightSummary> {
  await night.recorder.close(head);
  const { budget } = night.evaluator.options;
  const verdicts = night.recorder.decisions.flatMap((one) => (one.kind === 'candidate' ? [one.verdict] : []));
  const rejected: Record<string, number> = {};
  for (const verdict of verdicts)
    if (verdict.decision !== 'accepted') rejected[verdict.reason] = (rejected[verdict.reason] ?? 0) + 1;
  const { vocabulary } = night.environment;
  const asked = night.options.proposers.filter((name) => name !== 'mine');
  const summary: NightSummary = {
    type: 'summary',
    env: night.options.env,
    agent: night.agent.id,
    simulated: night.agent.simulated,
    seed: night.options.seed,
    baseline,
    released: releasedOf(look),
    candidates: progress.candidates,
    kept: verdicts.filter((verdict) => verdict.decision === 'accepted').length,
    rejected,
    rollouts: budget.rollouts,
    voids: progress.lost.length,
    usd: night.agent.unpriced ? null : budget.usd,
    seconds: Math.round((night.now() - night.startedMs) / 100) / 10,
    run: night.run,
    night: night.number,
    repeated: progress.repeated,
    usage: night.evaluator.usage,
    proposerCalls: progress.proposerCalls,
    lost: lossesOf(progress.lost),
    notes: [...new Set(progress.notes)].filter((note) => asked.some((name) => note.startsWith(name))),
    notice: progress.notice,
    unproven: night.unproven === null ? null : { why: night.unproven, edits: inPlainWords(proposed, vocabulary) },
    outcome: look.outcome,
    command: night.command,
    signer: night.ledger.decisions().at(-1)?.signer ?? null,
    exitCode: exitCode ?? exitCodeOf(look),
  };
  writeFileSync(
    join(night.folder, 'report.md'),
    morningPage({
      summary,
      decisions: night.recorder.decisions,
      head,
      vocabulary,
      audit: night.decisions.flatMap((one) => (one.kind === 'audit' ? [one] : [])).at(-1) ?? null,
      approvals: night.options.policy.mode === 'propose' ? night.options.policy.approval.needed : 0,
      minedNothing:
        progress.proposed === 0 && baseline.score < 1 && [...new Set(night.options.proposers)].join() === 'mine',
      baselineSplit,
    }),
  );
  writeFileSync(join(night.folder, 'summary.json'), `${JSON.stringify(summary)}\n`);
  night.emit(summary);
  return summary;
}

function exitCodeOf({ released, verdict }: Look): number {
  if (released !== null) return EXIT.ok;
  return verdict?.reason === 'regression' ? EXIT.regression : EXIT.nothingCertified;
}

/** The baseline is the release before this night, on sealed tasks if there was a look. */
export function nightEndOf({ head, releaseBaseline }: Branch, look: Look): NightEnd {
  const looked = look.pairs.length > 0;
  const rewards = looked
    ? look.pairs.map((pair) => pair.before)
    : [...releaseBaseline.rows.values()].map((row) => row.rewards);
  const baseline = { ...scoreInterval(rewards), tasks: rewards.length };
  return { head, look, baseline, baselineSplit: looked ? 'sealed' : 'dev' };
}

function releasedOf(look: Look): ReleaseLine | null {
  const { released, verdict, pairs } = look;
  if (released === null || verdict === null) return null;
  const effect = pairedInterval(pairDifferences(pairs));
  return {
    ...released,
    ...scoreInterval(pairs.map((pair) => pair.after)),
    tasks: pairs.length,
    effect: verdict.effect ?? 0,
    effectLow: verdict.low ?? effect.low,
    effectHigh: verdict.high ?? effect.high,
    test: verdict.test,
    statistic: verdict.statistic ?? 0,
    alpha: verdict.alpha ?? 0,
  };
}
