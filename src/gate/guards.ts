/** Guards of a release: each can block it, however good the mean is. */
import { mean, normalCdf, rounded, variance } from './arithmetic.ts';
import { mixtureWealth } from './mixture.ts';
import { type Pair, pairDifferences } from './pairs.ts';
import { KEEP, TAG } from './rules.ts';
import { percent, points } from './verdict.ts';

/** State violations of both arms on the same tasks and trials; more than the release blocks. */
export function countViolations(pairs: readonly Pair[]): { before: number; after: number } {
  const count = { before: 0, after: 0 };
  for (const { violationsBefore = 0, violationsAfter = 0 } of pairs) {
    count.before += violationsBefore;
    count.after += violationsAfter;
  }
  return count;
}

/** True if the candidate has more, even if the release violates in all `remaining` tasks. */
export function violatesMore(pairs: readonly Pair[], remaining: number): boolean {
  const { before, after } = countViolations(pairs);
  return after - before > remaining * (pairs[0]?.before.length ?? 1);
}

export interface TagGuard {
  readonly tag: string;
  readonly blocks: boolean;
  /** Mean difference on the tag's tasks, families averaged; null without such tasks. */
  readonly effect: number | null;
  /** Wealth of the bet that the tag got worse; null without such tasks. */
  readonly against: number | null;
  /** Chance to see a true loss of 20 points, 0-1. */
  readonly power: number;
  /** One clause for the verdict. */
  readonly text: string;
}

/**
 * Blocks at a loss of 10 points, at mixture wealth 3 on -d, or without a task: an unmeasured tag
 * does not pass (`docs/gate.md#tag-guard`). The bet blocks an unharmed tag in at most 1 of 3 cases
 * (Ville), about 4 % in simulation; the point loss has no such bound. Power is a lower bound: the
 * normal P(mean <= -.10 | true loss .20) for the point loss, variance at least .03.
 */
export function guardTag(pairs: readonly Pair[], tag: string): TagGuard {
  const tagged = pairs.filter((pair) => pair.tags.includes(tag));
  if (tagged.length === 0)
    return { tag, blocks: true, effect: null, against: null, power: 0, text: `${tag}: no task, not checked BLOCKS` };
  const differences = pairDifferences(tagged);
  const effect = rounded(mean(differences));
  const against = mixtureWealth(differences.map((d) => -d));
  const error = Math.sqrt(Math.max(variance(differences), KEEP.varianceFloor) / differences.length);
  const power = rounded(normalCdf((TAG.powerLoss - TAG.loss) / error));
  const blocks = effect <= -TAG.loss || against >= TAG.wealth;
  const seen = `${percent(power)} power against a loss of ${TAG.powerLoss * 100} points`;
  const text = `${tag}: ${points(effect)} points on ${tagged.length} tasks (${seen})${blocks ? ' BLOCKS' : ''}`;
  return { tag, blocks, effect, against: rounded(against), power, text };
}
