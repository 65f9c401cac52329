/** What a release may cost: the guard on money, time, tokens and calls. */
import { z } from 'zod';
import { mean, normalCdf, rounded, variance } from './arithmetic.ts';
import type { Pair } from './pairs.ts';
import { percent } from './verdict.ts';

/**
 * What is counted of a task, a trial: US dollars, seconds that the model took, tokens in and out,
 * model calls.
 */
export const METRICS = ['usd', 'seconds', 'tokens', 'calls'] as const;
export type Metric = (typeof METRICS)[number];

/**
 * By how much each metric may grow, as a share of what the release in force takes; 0 allows no
 * growth.
 */
export const Limits = z.partialRecord(z.enum(METRICS), z.number().min(0).max(10)).readonly();
export type Limits = z.infer<typeof Limits>;

export interface MetricGuard {
  readonly metric: Metric;
  readonly blocks: boolean;
  /** Growth of the mean over the panel, as a share; null when the release takes nothing of it. */
  readonly increase: number | null;
  /**
   * Chance that twice the allowed growth is seen, 0-1; null where no growth is allowed, or nothing
   * was measured.
   */
  readonly power: number | null;
  /** One clause for the verdict. */
  readonly text: string;
}

/**
 * Blocks when the candidate's mean is above (1 + limit) times the release's on the same tasks and
 * trials, or when a pair has no measurement: what was not measured is not passed. With e = after -
 * (1 + limit) before per task, the power against a true growth of 2 limit is P(mean(e) > 0) =
 * Phi(limit mean(before) / se(e)), by the normal approximation with the panel's own variance.
 */
export function guardMetric(pairs: readonly Pair[], metric: Metric, limit: number): MetricGuard {
  const rows = pairs.flatMap(({ metrics }) => metrics?.[metric] ?? []);
  const allowed = `${percent(limit)} allowed`;
  if (rows.length < pairs.length)
    return { metric, blocks: true, increase: null, power: null, text: `${metric}: not measured (${allowed}) BLOCKS` };
  const before = mean(rows.map((row) => row.before));
  const excess = rows.map((row) => row.after - (1 + limit) * row.before);
  const blocks = mean(excess) > 0;
  const increase = before > 0 ? rounded(mean(rows.map((row) => row.after)) / before - 1) : null;
  const error = Math.sqrt(variance(excess) / excess.length);
  const power = limit === 0 || before === 0 ? null : error === 0 ? 1 : rounded(normalCdf((limit * before) / error));
  const grown =
    increase === null ? (blocks ? 'from nothing' : 'nothing') : `${increase < 0 ? '' : '+'}${percent(increase)}`;
  const seen = power === null ? '' : `, ${percent(power)} power against ${percent(2 * limit)}`;
  return { metric, blocks, increase, power, text: `${metric}: ${grown} (${allowed}${seen})${blocks ? ' BLOCKS' : ''}` };
}
