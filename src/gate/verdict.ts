/** Builds a verdict: the numbers that all verdicts state, and the sentence. */
import { z } from 'zod';
import type { Verdict } from '../types.ts';
import { mean, rounded } from './arithmetic.ts';
import { pairedInterval } from './interval.ts';
import { countSigns, type Pair, pairDifferences } from './pairs.ts';
import { GATE_RULES } from './rules.ts';

/** Cost of a comparison; part of every gate's options. */
export const Spending = z.strictObject({
  /** Rollouts of both arms together. @default 0 */
  rollouts: z.int().min(0).optional(),
  /** Pairs without a score after their last attempt. @default 0 */
  voids: z.int().min(0).optional(),
  /** US dollars. @default 0 */
  costUsd: z.number().min(0).optional(),
});
export type Spending = z.infer<typeof Spending>;

export interface Conclusion extends Pick<Verdict, 'stage' | 'decision' | 'reason' | 'test' | 'statistic' | 'alpha'> {
  /** Opens the sentence, e.g. `released` or `hopeless after 25 of 100 tasks`. */
  readonly lead: string;
  /** Said after the effect, e.g. `selected`. */
  readonly mark?: string;
  /** Clauses that close the sentence. */
  readonly remarks?: readonly string[];
}

/** The verdict with effect, interval and counts; all numbers to 12 significant digits. */
export function verdictOf(pairs: readonly Pair[], spending: Spending, conclusion: Conclusion): Verdict {
  const differences = pairDifferences(pairs);
  const effect = rounded(mean(differences));
  const interval = pairedInterval(differences);
  const signs = countSigns(differences);
  const { rollouts = 0, voids = 0, costUsd = 0 } = spending;
  const mark = conclusion.mark === undefined ? '' : `, ${conclusion.mark}`;
  const parts = [
    `${conclusion.lead}: ${points(effect)} points (95 % interval ${points(interval.low)} to ${points(interval.high)}${mark})`,
    ...statisticText(conclusion),
    `${signs.better} better / ${signs.worse} worse / ${signs.same} same`,
    ...(voids > 0 ? [`${voids} void`] : []),
    `${grouped(rollouts)} rollouts`,
    `$${costUsd.toFixed(2)}`,
  ];
  return {
    stage: conclusion.stage,
    decision: conclusion.decision,
    reason: conclusion.reason,
    detail: [parts.join(', '), ...(conclusion.remarks ?? [])].join('; '),
    test: conclusion.test,
    statistic: conclusion.statistic,
    alpha: conclusion.alpha,
    effect,
    low: interval.low,
    high: interval.high,
    ...signs,
    tasks: pairs.length,
    rollouts,
    voids,
    costUsd: rounded(costUsd),
    rules: GATE_RULES,
  };
}

function statisticText({ test, statistic, alpha }: Conclusion): string[] {
  if (statistic === null) return [];
  if (test === 'mean') return [`z = ${statistic.toFixed(2)}`];
  if (alpha === null) return [];
  if (test === 'sign') return [`sign test p = ${significant(statistic)} against ${significant(alpha)}`];
  return [`wealth ${significant(statistic)} against ${significant(1 / alpha)}`];
}

/** A score difference as signed points with one decimal: 0.095 -> `+9.5`. */
export const points = (value: number): string => {
  const text = (value * 100).toFixed(1);
  return text === '0.0' || text === '-0.0' ? '0.0' : value > 0 ? `+${text}` : text;
};

/** A share 0-1 as whole per cent. */
export const percent = (share: number): string => `${(share * 100).toFixed(0)} %`;

/** Three significant digits without an exponent for everyday sizes. */
export const significant = (value: number): string => String(Number(value.toPrecision(3)));

const grouped = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, ',');

/** The verdict on what a free check refused: nothing was played, nothing was tested. */
export const refusedByCheck = (reason: string, detail: string): Verdict => ({
  stage: 'check',
  decision: 'rejected',
  reason,
  detail,
  test: 'none',
  statistic: null,
  alpha: null,
  effect: null,
  low: null,
  high: null,
  better: 0,
  worse: 0,
  same: 0,
  tasks: 0,
  rollouts: 0,
  voids: 0,
  costUsd: 0,
  rules: GATE_RULES,
});
