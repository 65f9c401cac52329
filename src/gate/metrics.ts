/** Guards on what a release may cost: money, time, tokens and calls. */
import { z } from 'zod';
import { mean, normalCdf, rounded, variance } from './arithmetic.ts';
import type { Pair } from './pairs.ts';
import { percent } from './verdict.ts';

/** Per task and trial: US dollars, model seconds, tokens in and out, model calls. */
export const METRICS = ['usd', 'seconds', 'tokens', 'calls'] as const;
export type Metric = (typeof METRICS)[number];

/** Allowed growth of each metric, as a share of the release in force; 0 allows none. */
export const Limits = z.partialRecord(z.enum(METRICS), z.number().min(0).max(10)).readonly();
export type Limits = z.infer<typeof Limits>;

export interface MetricGuard {
  readonly metric: Metric;
  readonly blocks: boolean;
  /** Growth of the mean as a share; null when the release uses none of it. */
  readonly increase: number | null;
  /** Chance to see twice the allowed growth, 0-1; null without growth or measurement. */
  readonly power: number | null;
  /** One clause for the verdict. */
  readonly text: string;
}

/**
 * Blocks when the mean is above (1 + limit) times the release's on the same trials, or when a pair
 * was not measured. With e = after - (1 + limit) before per task, the power against a true growth
 * of 2 limit is Phi(limit mean(before) / se(e)), a normal approximation with the panel's own
 * variance.
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
