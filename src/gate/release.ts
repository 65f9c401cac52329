/** Tier 2: a look. H0: on tasks like these the branch is on average no better than the release. */
import { z } from 'zod';
import type { Verdict } from '../types.ts';
import { countViolations, guardTag, violatesMore } from './guards.ts';
import { pairedInterval } from './interval.ts';
import { guardMetric, Limits, METRICS } from './metrics.ts';
import { CARRY_Z, orderEffects } from './order.ts';
import { isWinOrLose, type Pair, pairDifferences } from './pairs.ts';
import { RELEASE, V2_RULES } from './rules.ts';
import { runTest } from './statistic.ts';
import { percent, points, Spending, verdictOf } from './verdict.ts';

/** What is fixed before the first sealed rollout. */
export const ReleaseTerms = z.strictObject({
  /** Error rate of this look, above 0 and below 1. @default 0.02 */
  alpha: z.number().gt(0).lt(1).optional(),
  /** Tasks of the panel. */
  planned: z.int().min(1),
  /** Void pairs allowed, as a share of the panel. @default 0.02 */
  maxVoidShare: z.number().min(0).max(1).optional(),
  /** Tags that may not lose 10 points. @default [] */
  protectedTags: z.array(z.string()).readonly().optional(),
  /** Allowed growth of metrics. @default {} */
  maxIncrease: Limits.optional(),
  /** Rate of false releases when e-LOND computed `alpha`; absent = harmonic spending. */
  fdr: z.number().gt(0).max(0.5).optional(),
  /** True after a release on this panel: alpha is then not claimed. @default false */
  panelUsed: z.boolean().optional(),
  /** False if the candidate is above its harness's size caps. @default true */
  sizeWithinCap: z.boolean().optional(),
});
export type ReleaseTerms = z.infer<typeof ReleaseTerms>;

export const ReleaseOptions = Spending.extend(ReleaseTerms.shape);
export type ReleaseOptions = z.infer<typeof ReleaseOptions>;

/**
 * Judges `pairs` in the committed order, arms played now in a drawn order: the exact sign test for
 * win-or-lose tasks with one trial per arm, else the STaR bet. Both must also pass with every
 * void pair lost. The first reason that applies:
 * - `violations` (rejected): more state violations than the release, whatever follows;
 * - `incomplete`, `voids` (inconclusive): the panel is not covered, or above `maxVoidShare`;
 * - `carry_over` (inconclusive): what runs after the candidate plays worse for it (`orderEffects`);
 * - `regression` (rejected): the interval of the effect lies below 0;
 * - `guard` (rejected): the size cap, a protected tag, or a metric that grew too much;
 * - `improved` (accepted): H0 is rejected at alpha; else `inconclusive`.
 * `rules` of v2 know neither order nor lost voids. Throws RangeError as `assertPairs`, or for more
 * pairs than planned.
 */
export function decideRelease(pairs: readonly Pair[], options: ReleaseOptions, rules?: string): Verdict {
  const settings = ReleaseOptions.parse(options);
  const { alpha = RELEASE.alpha, planned, maxVoidShare = RELEASE.maxVoidShare, voids = 0 } = settings;
  const differences = pairDifferences(pairs);
  if (pairs.length > planned)
    throw new RangeError(`decideRelease: expected at most ${planned} pairs, got ${pairs.length}`);

  const complete = pairs.length + voids >= planned;
  const test = (ds: readonly number[]) => runTest(ds, isWinOrLose(pairs) ? 'sign' : 'star', alpha);
  const result = complete ? test(differences) : null;
  const current = rules !== V2_RULES;
  const order = current ? orderEffects(pairs) : null;
  // First, where a lost pair costs the bet most.
  const lost = current && voids > 0 && result?.passed && !test([...Array(voids).fill(-1), ...differences]).passed;
  const guards = (settings.protectedTags ?? []).map((tag) => guardTag(pairs, tag));
  // The order is fixed, whatever order the keys of a record have.
  const costs = METRICS.flatMap((metric) => {
    const limit = settings.maxIncrease?.[metric];
    return limit === undefined ? [] : [guardMetric(pairs, metric, limit)];
  });
  const remarks = [...guards, ...costs].map((guard) => guard.text);
  const violations = countViolations(pairs);
  if (violations.before + violations.after > 0)
    remarks.push(`${violations.after} forbidden state changes against ${violations.before} of the release before it`);
  if (order !== null) {
    const { effect, low, high } = order.place;
    remarks.push(`playing second: ${points(effect)} points (${points(low)} to ${points(high)})`);
  }
  if (lost) remarks.push('with its void pairs counted as lost it does not pass');
  if (settings.panelUsed) remarks.push('the panel was used for an earlier release, so the error bound is not claimed');

  const conclude = (decision: Verdict['decision'], reason: string, lead: string, mark?: string): Verdict =>
    verdictOf(pairs, settings, {
      stage: 'release',
      decision,
      reason,
      lead,
      test: result?.test ?? 'none',
      statistic: result?.statistic ?? null,
      alpha,
      remarks,
      ...(mark === undefined ? {} : { mark }),
    });

  if (violatesMore(pairs, planned - pairs.length - voids))
    return conclude('rejected', 'violations', 'more forbidden state changes');
  if (!complete) return conclude('inconclusive', 'incomplete', `${pairs.length} of ${planned} sealed tasks played`);
  if (voids > maxVoidShare * planned)
    return conclude('inconclusive', 'voids', `more than ${percent(maxVoidShare)} of the pairs are void`);
  if (order !== null && order.carryZ > CARRY_Z)
    return conclude(
      'inconclusive',
      'carry_over',
      `what runs after the candidate plays worse (z = ${order.carryZ.toFixed(1)}, limit ${CARRY_Z}), so the arms are not independent`,
    );
  if (pairedInterval(differences).high < 0)
    return conclude('rejected', 'regression', 'worse than the release before it');
  if (settings.sizeWithinCap === false) return conclude('rejected', 'guard', 'larger than its caps allow');
  const blocking = guards.find((guard) => guard.blocks);
  if (blocking) return conclude('rejected', 'guard', `protected tag ${blocking.tag} lost`);
  const tooCostly = costs.find((guard) => guard.blocks);
  if (tooCostly) return conclude('rejected', 'guard', `takes more ${tooCostly.metric} than the policy allows`);
  return result?.passed && !lost
    ? conclude('accepted', 'improved', 'better than the release before it', 'selected')
    : conclude('inconclusive', 'inconclusive', 'not shown to be better');
}
