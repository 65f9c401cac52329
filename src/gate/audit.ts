/**
 * An audit: what a release is worth on tasks that decided nothing about it. The only figure to
 * publish as quality.
 */
import { z } from 'zod';
import type { Verdict } from '../types.ts';
import { pairedInterval, scoreInterval } from './interval.ts';
import { type Pair, pairDifferences } from './pairs.ts';
import { Spending, verdictOf } from './verdict.ts';

/** Days between two audits on given tasks: answers that steer what comes next would use them up. */
export const AUDIT_EVERY_DAYS = 28;
/** Fewest tasks that say something. */
export const AUDIT_LEAST_TASKS = 20;
/** Fresh tasks of an audit, where they can be generated. */
export const AUDIT_FRESH_TASKS = 200;

export const AuditOptions = Spending.extend({
  /** `vN`, the release that was audited: the arm `after`. */
  version: z.string(),
  /**
   * What it is held against: the release audited before, or `start`, the harness that the branch
   * began with.
   */
  against: z.string(),
});
export type AuditOptions = z.infer<typeof AuditOptions>;

/** Mean score of the audited release, families averaged, with its 95 % interval. */
export function auditScore(pairs: readonly Pair[]): { score: number; low: number; high: number; tasks: number } {
  const families = new Map<string, number[]>();
  for (const { task, family, after } of pairs) {
    const key = family === undefined ? `task ${task}` : `family ${family}`;
    families.set(key, [...(families.get(key) ?? []), ...after]);
  }
  return { ...scoreInterval([...families.values()]), tasks: pairs.length };
}

/**
 * Nothing is selected here, so score and effect are unbiased. The decision is about harm alone:
 * `regression` (rejected) when the interval of the effect lies below 0, `improved` (accepted) when
 * it lies above, else `no_difference` (inconclusive). Throws RangeError as `assertPairs`.
 */
export function decideAudit(pairs: readonly Pair[], options: AuditOptions): Verdict {
  const { version, against, ...spending } = AuditOptions.parse(options);
  const { score, low, high, tasks } = auditScore(pairs);
  const interval = pairedInterval(pairDifferences(pairs));
  const share = (value: number) => (100 * value).toFixed(1);
  const lead = `${version} scores ${share(score)} % (95 % interval ${share(low)} to ${share(high)}) on ${tasks} audit tasks; against ${against}`;
  const conclude = (decision: Verdict['decision'], reason: string) =>
    verdictOf(pairs, spending, { stage: 'audit', decision, reason, lead, test: 'none', statistic: null, alpha: null });
  if (interval.high < 0) return conclude('rejected', 'regression');
  return interval.low > 0 ? conclude('accepted', 'improved') : conclude('inconclusive', 'no_difference');
}
