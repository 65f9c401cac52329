/** Compares two versions of a harness on the same tasks; nothing is proposed, kept or recorded. */
import { InfrastructureError, UsageError } from '../errors.ts';
import { decideDifference } from '../gate/audit.ts';
import { scoreInterval } from '../gate/interval.ts';
import { RELEASE } from '../gate/rules.ts';
import type { ScoreLine } from '../report/events.ts';
import type { Harness, Task, Verdict } from '../types.ts';
import { type Stage, tasksDigest } from './stage.ts';

export interface NamedVersion {
  /** As given. */
  readonly ref: string;
  readonly harness: Harness;
}

/** The last line of `optimize compare --json`; the difference is b - a, fractions. */
export interface CompareSummary {
  readonly type: 'summary';
  readonly env: string;
  readonly agent: string;
  readonly simulated: boolean;
  readonly split: string;
  readonly tasks: number;
  readonly trials: number;
  readonly a: ScoreLine & { readonly ref: string; readonly harness: string };
  readonly b: ScoreLine & { readonly ref: string; readonly harness: string };
  readonly effect: number;
  readonly effectLow: number;
  readonly effectHigh: number;
  readonly better: number;
  readonly worse: number;
  readonly same: number;
  /** Whether the 95 % interval lies above 0, below 0, or holds it. */
  readonly decision: 'better' | 'worse' | 'nothing_certified';
  readonly why: string;
  readonly rollouts: number;
  readonly voids: number;
  /** US dollars paid now, without recorded replies; null when no price is known. */
  readonly usd: number | null;
}

const DECISIONS: Readonly<Record<Verdict['decision'], CompareSummary['decision']>> = {
  accepted: 'better',
  rejected: 'worse',
  inconclusive: 'nothing_certified',
};

/** Throws UsageError for one version under two names, InfrastructureError for over 2 % voids. */
export async function compareVersions(
  stage: Stage,
  [a, b]: readonly [a: NamedVersion, b: NamedVersion],
  tasks: readonly Task[],
  { split, trials }: { readonly split: string; readonly trials: number },
): Promise<CompareSummary> {
  if (a.harness.id === b.harness.id)
    throw new UsageError(`${a.ref} and ${b.ref} are the same harness (${a.harness.id.slice(0, 12)}); name another`);
  const key = { head: null, panel: tasksDigest(tasks), look: 0 };
  const found = await stage.compare([a.harness, b.harness], tasks, { trials, tier: 'compare', key });
  const { pairs, rollouts, voids, costUsd } = found;
  if (voids > RELEASE.maxVoidShare * tasks.length)
    throw new InfrastructureError(
      `${voids} of ${tasks.length} pairs are void, expected at most 2 %; type the same command again`,
    );
  const lead = `${b.ref} against ${a.ref} on ${pairs.length} ${split} tasks`;
  const verdict = decideDifference(pairs, { rollouts, voids, costUsd }, lead);
  const armOf = ({ ref, harness }: NamedVersion, side: 'before' | 'after') => ({
    ref,
    harness: harness.id,
    ...scoreInterval(pairs.map((pair) => pair[side])),
    tasks: pairs.length,
  });
  const { agent, budget, environment } = stage;
  return {
    type: 'summary',
    env: environment.name,
    agent: agent.id,
    simulated: agent.simulated,
    split,
    tasks: pairs.length,
    trials,
    a: armOf(a, 'before'),
    b: armOf(b, 'after'),
    effect: verdict.effect ?? 0,
    effectLow: verdict.low ?? -1,
    effectHigh: verdict.high ?? 1,
    better: verdict.better,
    worse: verdict.worse,
    same: verdict.same,
    decision: DECISIONS[verdict.decision],
    why: verdict.detail,
    rollouts,
    voids,
    usd: agent.unpriced ? null : budget.usd,
  };
}
