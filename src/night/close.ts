/** Ends a night: records what is open, writes the morning page, gives the summary. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT } from '../exit-codes.ts';
import { pairedInterval, scoreInterval } from '../gate/interval.ts';
import { pairDifferences } from '../gate/pairs.ts';
import type { NightSummary, ReleaseLine, ScoreLine } from '../report/events.ts';
import { morningPage } from '../report/page.ts';
import type { Branch, NightContext, Progress } from './night.ts';
import type { Look } from './release.ts';

export async function closeNight(
  night: NightContext,
  progress: Progress,
  branch: Branch,
  look: Look,
): Promise<NightSummary> {
  await night.recorder.close(branch.head);
  const { budget } = night.evaluator.options;
  const verdicts = night.recorder.decisions.flatMap((one) => (one.kind === 'candidate' ? [one.verdict] : []));
  const rejected: Record<string, number> = {};
  for (const verdict of verdicts)
    if (verdict.decision !== 'accepted') rejected[verdict.reason] = (rejected[verdict.reason] ?? 0) + 1;
  const baseline = baselineOf(branch, look);
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
    voids: progress.voids,
    usd: night.agent.unpriced ? null : budget.usd,
    seconds: Math.round((night.now() - night.startedMs) / 100) / 10,
    run: night.run,
    night: night.number,
    repeated: progress.repeated,
    usage: night.evaluator.usage,
    proposerCalls: progress.proposerCalls,
    outcome: look.outcome,
    command: night.command,
    signer: night.ledger.decisions().at(-1)?.signer ?? null,
    exitCode: look.released ? EXIT.ok : look.verdict?.reason === 'regression' ? EXIT.regression : EXIT.nothingCertified,
  };
  writeFileSync(
    join(night.folder, 'report.md'),
    morningPage({
      summary,
      decisions: night.recorder.decisions,
      head: branch.head,
      vocabulary: night.environment.vocabulary,
      audit: night.decisions.flatMap((one) => (one.kind === 'audit' ? [one] : [])).at(-1) ?? null,
      approvals: night.options.policy.mode === 'propose' ? night.options.policy.approval.needed : 0,
      minedNothing: progress.proposed === 0 && [...new Set(night.options.proposers)].join() === 'mine',
      baselineSplit: look.pairs.length > 0 ? 'sealed' : 'dev',
    }),
  );
  writeFileSync(join(night.folder, 'summary.json'), `${JSON.stringify(summary)}\n`);
  night.emit(summary);
  return summary;
}

/** The release before this night: sealed scores when there was a look, else dev scores. */
function baselineOf(branch: Branch, look: Look): ScoreLine {
  const rewards =
    look.pairs.length > 0
      ? look.pairs.map((pair) => pair.before)
      : [...branch.releaseBaseline.rows.values()].map((row) => row.rewards);
  return { ...scoreInterval(rewards), tasks: rewards.length };
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
