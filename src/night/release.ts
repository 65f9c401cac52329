/** One look at the sealed panel: is the branch better than the release in force? */
import { type Pair, pairDifferences, pairOf } from '../gate/pairs.ts';
import { chooseTrials, predictedPower } from '../gate/power.ts';
import { recompute } from '../gate/record.ts';
import { alphaOf, GATE_RULES, POWER } from '../gate/rules.ts';
import { significant } from '../gate/verdict.ts';
import { demandsOf, lookPlace, looksAt, sameQuestion } from '../ledger/kinds/panels.ts';
import { amount } from '../report/terminal.ts';
import type { Task, Verdict } from '../types.ts';
import { compare } from './compare.ts';
import { filteredTasks } from './filtered.ts';
import { type Branch, type DevBaseline, type NightContext, trialsOf } from './night.ts';
import { choosePanel } from './panel.ts';

type Looking = Parameters<typeof compare>[0] &
  Parameters<typeof choosePanel>[0] &
  Pick<NightContext, 'dev' | 'emit' | 'recorder' | 'release' | 'releases' | 'served'>;

export interface Look {
  readonly verdict: Verdict | null;
  /** Paired sealed scores; [] when there was no look. */
  readonly pairs: readonly Pair[];
  /** Such as `v2`, with its commit. */
  readonly released: { readonly version: string; readonly commit: string } | null;
  /** One sentence for a person. */
  readonly outcome: string;
}

/** First words of the outcome of a night that a cap ended. */
export const STOPPED = 'stopped before the end';

/** The result of a night without a look. */
export const noLook = (outcome: string): Look => ({ verdict: null, pairs: [], released: null, outcome });

/** At most one look per night, if dev predicts 50 % power: each one lowers the next alpha. */
export async function look(night: Looking, branch: Branch): Promise<Look> {
  const reached = night.evaluator.options.budget.reached();
  if (reached !== null) return noLook(`${STOPPED}: ${reached}`);
  if (branch.head.id === night.release.id)
    return noLook(
      `the branch equals the ${night.releases === 0 ? 'first harness' : 'release in force'}, so there is nothing to test`,
    );
  const panel = choosePanel(night, branch.head);
  if (typeof panel === 'string') return noLook(panel);
  const { fdr, protected_tags: protectedTags, max_increase: maxIncrease } = night.options.policy;
  const alpha = alphaOf(lookPlace(night.decisions), fdr);
  const dev = pairsOf(night.dev, branch.releaseBaseline, branch.baseline);
  const { trials, power } = trialsAndPower(night.agent.simulated, trialsOf(branch), dev, {
    tasks: panel.tasks.length,
    alpha,
  });
  const detail = `dev predicts ${(100 * power).toFixed(0)} % power with ${amount(trials, 'trial')} per task at alpha ${significant(alpha)}`;
  night.emit({ type: 'phase', phase: 'sealed', detail });
  if (power < POWER.minPredicted) return noLook(`${detail}; a look needs ${100 * POWER.minPredicted} %`);
  const needed = 2 * trials * panel.tasks.length;
  if (!night.evaluator.options.budget.affords(needed))
    return noLook(`the sealed panel needs ${needed} rollouts, more than the caps allow`);

  const question = {
    panel: panel.digest,
    release: night.release.id,
    branch: branch.head.id,
    served: night.served(),
    rules: GATE_RULES,
    demands: demandsOf({ protectedTags, maxIncrease }),
  };
  const earlier = sameQuestion(night.decisions, question);
  if (earlier !== null) return noLook(`the same question was answered before: ${earlier.detail}`);

  const head = night.chain;
  const leftOut = await filteredTasks(night, [night.release, branch.head], panel, head);
  const played = panel.tasks.filter(({ id }) => !leftOut.includes(id));
  if (leftOut.length > 0)
    night.emit({
      type: 'warning',
      message: `a content filter refuses ${leftOut.length} sealed tasks before the first reply, in both arms; they are left out: ${leftOut.join(', ')}`,
    });
  if (played.length === 0) return noLook('a content filter refuses every sealed task');
  const terms = {
    alpha,
    planned: played.length,
    panelUsed: panel.used,
    ...(fdr === undefined ? {} : { fdr }),
    ...(protectedTags.length === 0 ? {} : { protectedTags }),
    ...(Object.keys(maxIncrease).length === 0 ? {} : { maxIncrease }),
  };
  const tasks = played.map(({ id }) => id);
  const about = {
    parent: night.release,
    child: branch.head,
    panel: panel.digest,
    panelSeed: panel.seed,
    look: looksAt(night.decisions, panel.digest, panel.seed === null ? tasks : []) + 1,
  };
  // Stored before the first rollout, so that an interrupted look counts too.
  const out = leftOut.length === 0 ? {} : { leftOut };
  await night.recorder.openLook({ ...about, plan: { tasks, ...out, trials, terms, head } });
  const arms = { before: night.release, after: branch.head, look: about.look, head };
  const result = await compare(night, { ...arms, panel: { ...panel, tasks: played }, trials, alpha });
  if (result.pairs.length === 0) return noLook('no sealed pair could be scored');
  const { rollouts, voids, costUsd } = result;
  const gate = { stage: 'release' as const, pairs: [...result.pairs], options: { ...terms, rollouts, voids, costUsd } };
  const verdict = recompute(gate);
  const version = verdict.decision === 'accepted' ? `v${night.releases + 1}` : null;
  const commit = await night.recorder.release({ ...about, gate, verdict, version });
  return {
    verdict,
    pairs: result.pairs,
    released: version === null ? null : { version, commit },
    outcome: verdict.detail,
  };
}

/** A simulated agent's rollouts are free, so it plays the most trials. */
function trialsAndPower(
  simulated: boolean,
  most: number,
  dev: readonly Pair[],
  look: { readonly tasks: number; readonly alpha: number },
): { readonly trials: number; readonly power: number } {
  const devTrials = { before: dev[0]?.before.length ?? 1, after: dev[0]?.after.length ?? 1 };
  const binary = dev.every(({ before, after }) =>
    [...before, ...after].every((reward) => reward === 0 || reward === 1),
  );
  const prediction = { ...look, differences: pairDifferences(dev), devTrials };
  return simulated
    ? { trials: most, power: predictedPower({ ...prediction, trials: most, binary: binary && most === 1 }) }
    : chooseTrials({ ...prediction, binary }, most);
}

/** Tasks that both baselines scored. */
export function pairsOf(dev: readonly Task[], before: DevBaseline, after: DevBaseline): Pair[] {
  const tasks = new Map(dev.map((task) => [task.id, task]));
  return [...after.rows].flatMap(([id, row]) => {
    const [task, old] = [tasks.get(id), before.rows.get(id)];
    return task && old ? [pairOf(task, { before: old.rewards, after: row.rewards })] : [];
  });
}
