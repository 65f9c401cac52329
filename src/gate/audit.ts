/** An audit scores a release on tasks that decided nothing about it: the figure to publish. */
import { z } from 'zod';
import type { Verdict } from '../types.ts';
import { pairedInterval, scoreInterval } from './interval.ts';
import { type Pair, pairDifferences } from './pairs.ts';
import { Spending, verdictOf } from './verdict.ts';

/** Days between two audits on given tasks; more frequent answers would steer the search. */
export const AUDIT_EVERY_DAYS = 28;
/** Minimum number of tasks in an audit. */
export const AUDIT_LEAST_TASKS = 20;
/** Number of generated tasks in an audit, where the environment can generate them. */
export const AUDIT_FRESH_TASKS = 200;

export const AuditOptions = Spending.extend({
  /** `vN`, the release that was audited: the arm `after`. */
  version: z.string(),
  /** Compared with: the release audited before, or `start`, the branch's first harness. */
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

/** As `decideDifference`; score and effect are unbiased, since nothing is selected. */
export function decideAudit(pairs: readonly Pair[], options: AuditOptions): Verdict {
  const { version, against, ...spending } = AuditOptions.parse(options);
  const { score, low, high, tasks } = auditScore(pairs);
  const share = (value: number) => (100 * value).toFixed(1);
  const lead = `${version} scores ${share(score)} % (95 % interval ${share(low)} to ${share(high)}) on ${tasks} audit tasks; against ${against}`;
  return decideDifference(pairs, spending, lead);
}

/**
 * `regression` (rejected): the 95 % interval lies below 0; `improved` (accepted): above 0; else
 * `no_difference`. Throws RangeError as `assertPairs`.
 */
export function decideDifference(pairs: readonly Pair[], spending: Spending, lead: string): Verdict {
  const interval = pairedInterval(pairDifferences(pairs));
  const conclude = (decision: Verdict['decision'], reason: string) =>
    verdictOf(pairs, spending, { stage: 'audit', decision, reason, lead, test: 'none', statistic: null, alpha: null });
  if (interval.high < 0) return conclude('rejected', 'regression');
  return interval.low > 0 ? conclude('accepted', 'improved') : conclude('inconclusive', 'no_difference');
}
