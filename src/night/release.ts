/** One look at the sealed panel: is the branch better than the release in force? */
import { type Pair, pairDifferences } from '../gate/pairs.ts';
import { predictedPower } from '../gate/power.ts';
import { recompute } from '../gate/record.ts';
import { alphaOf, GATE_RULES, POWER } from '../gate/rules.ts';
import { significant } from '../gate/verdict.ts';
import { looksAt, looksSinceRelease, sameQuestion } from '../ledger/panels.ts';
import type { Verdict } from '../types.ts';
import { compare } from './compare.ts';
import { type Bank, type Branch, type Night, trialsOf } from './night.ts';
import { choosePanel } from './panel.ts';

export interface Look {
  readonly verdict: Verdict | null;
  /** Paired sealed scores; [] when there was no look. */
  readonly pairs: readonly Pair[];
  /** `v2` and its commit, when it was released. */
  readonly released: { readonly version: string; readonly commit: string } | null;
  /** One sentence for a person. */
  readonly outcome: string;
}

/** How the outcome of a night begins that a cap has ended. */
export const STOPPED = 'stopped before the end';

/** A night that ends without a look, and why. */
export const noLook = (outcome: string): Look => ({ verdict: null, pairs: [], released: null, outcome });

/** At most one look a night, and only when dev predicts at least 50 % power: every look makes the next one harder to pass. */
export async function look(night: Night, branch: Branch): Promise<Look> {
  const reached = night.evaluator.options.budget.reached();
  if (reached !== null) return noLook(`${STOPPED}: ${reached}`);
  if (branch.head.id === night.release.id)
    return noLook('the branch equals the release in force, so there is nothing to test');
  const panel = choosePanel(night);
  if (typeof panel === 'string') return noLook(panel);
  const alpha = alphaOf(looksSinceRelease(night.decisions) + 1);
  const dev = pairsOf(night, branch.releaseBank, branch.bank);
  const { trials, power } = chooseTrials(night, dev, { tasks: panel.tasks.length, alpha });
  const detail = `dev predicts ${(100 * power).toFixed(0)} % power with ${trials} trial${trials === 1 ? '' : 's'} a task at alpha ${significant(alpha)}`;
  night.emit({ type: 'phase', phase: 'sealed', detail });
  if (power < POWER.minPredicted) return noLook(`${detail}; a look needs ${100 * POWER.minPredicted} %`);
  const needed = 2 * trials * panel.tasks.length;
  if (!night.evaluator.options.budget.affords(needed))
    return noLook(`the sealed panel needs ${needed} rollouts, which the caps do not allow`);

  const question = {
    panel: panel.digest,
    release: night.release.id,
    branch: branch.head.id,
    served: night.served(),
    rules: GATE_RULES,
  };
  const earlier = sameQuestion(night.decisions, question);
  if (earlier !== null) return noLook(`the same question was answered before: ${earlier.detail}`);

  const result = await compare(night, { before: night.release, after: branch.head, panel, trials, alpha });
  if (result.pairs.length === 0) return noLook('no sealed pair could be scored');
  const gate = {
    stage: 'release' as const,
    pairs: [...result.pairs],
    options: {
      alpha,
      planned: panel.tasks.length,
      rollouts: result.rollouts,
      voids: result.voids,
      costUsd: result.costUsd,
      panelUsed: panel.used,
    },
  };
  const verdict = recompute(gate);
  const version = verdict.decision === 'accepted' ? `v${night.releases + 1}` : null;
  const commit = await night.recorder.release({
    parent: night.release,
    child: branch.head,
    gate,
    verdict,
    panel: panel.digest,
    panelSeed: panel.seed,
    look: looksAt(night.decisions, panel.digest) + 1,
    version,
  });
  return {
    verdict,
    pairs: result.pairs,
    released: version === null ? null : { version, commit },
    outcome: verdict.detail,
  };
}

/** Power that dev has to predict before fewer trials than the most are enough for an agent whose rollouts cost something. */
const ENOUGH_POWER = 0.9;

/**
 * Trials a task and arm, chosen from dev alone before the panel is touched: one for an agent that repeats itself, the
 * most for a simulated one, else the fewest with enough predicted power. Any number of trials keeps alpha.
 */
function chooseTrials(
  night: Night,
  dev: readonly Pair[],
  look: { readonly tasks: number; readonly alpha: number },
): { trials: number; power: number } {
  const differences = pairDifferences(dev);
  const most = trialsOf(night);
  const devTrials = { before: dev[0]?.before.length ?? 1, after: dev[0]?.after.length ?? 1 };
  const candidates = night.agent.simulated ? [most] : [1, 2, most].filter((trials) => trials <= most);
  const predicted = candidates.map((trials) => ({
    trials,
    power: predictedPower({ ...look, differences, trials, binary: trials === 1, devTrials }),
  }));
  return predicted.find(({ power }) => power >= ENOUGH_POWER) ?? (predicted.at(-1) as (typeof predicted)[number]);
}

/** Tasks that both banks scored, as pairs. */
export function pairsOf(night: Night, before: Bank, after: Bank): Pair[] {
  const families = new Map(night.dev.map(({ id, family }) => [id, family]));
  return [...after.rows].flatMap(([task, row]) => {
    const old = before.rows.get(task);
    const family = families.get(task);
    const pair = { task, tags: [], ...(family === undefined ? {} : { family }) };
    return old ? [{ ...pair, before: [...old.rewards], after: [...row.rewards] }] : [];
  });
}
