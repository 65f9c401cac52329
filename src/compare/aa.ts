/** Measures what the gate concludes about an environment and an agent when nothing changes. */
import { randomOf } from '../digest.ts';
import { applyEdits } from '../edit/edits.ts';
import { decideKeep } from '../gate/keep.ts';
import { type OrderEffects, orderEffects } from '../gate/order.ts';
import type { Pair } from '../gate/pairs.ts';
import { fixedReleases, type Rolls, type SelfTest, selfTest } from '../gate/self-test.ts';
import { parseHarness } from '../harness/parse.ts';
import { nullEdits } from '../proposal/null.ts';
import { wordsOf } from '../traces/words.ts';
import type { Harness, Task, Trace, Verdict } from '../types.ts';
import { pairsOf } from './advantage.ts';
import { type Stage, tasksDigest } from './stage.ts';

/** Minimum number of tasks for a test of noise. */
export const AA_TASKS = 10;

export interface AaResult extends SelfTest {
  readonly nullEdits: readonly Verdict[];
  /** What place and neighbour are worth, in the order of a look; null without null edits. */
  readonly order: OrderEffects | null;
  /** Share of looks at equal arms that a fixed order would release. */
  readonly fixedReleases: number | null;
  /** Tasks left out because a trial is void. */
  readonly voids: number;
}

/**
 * Plays pairs of the harness and each null edit first, in the order of a look, because an effect of
 * first use shows only once; then the harness `trials` times over all tasks.
 */
export async function playAa(
  stage: Stage,
  harness: Harness,
  tasks: readonly Task[],
  { trials, edits }: { readonly trials: number; readonly edits: number },
): Promise<AaResult> {
  const changed = nullEdits(harness, randomOf(stage.seed, 'aa'), edits).map((edit) =>
    parseHarness(stage.environment.name, applyEdits(harness.files, [edit])),
  );
  const panel = tasksDigest(tasks);
  const played: (readonly Pair[])[] = [];
  for (const [index, edited] of changed.entries()) {
    const key = { head: null, panel, look: index + 1 };
    const tier = `null edit ${index + 1}`;
    played.push((await stage.compare([harness, edited], tasks, { trials: 1, tier, key })).pairs);
  }
  const traces: Trace[] = [];
  for (let trial = 0; trial < trials; trial++)
    traces.push(...(await stage.play(harness, tasks, [trial], `re-roll ${trial + 1}`)));
  const rolls = rollsOf(tasks, traces, trials);
  const before = new Map(rolls.map(({ task, rewards }) => [task, rewards.slice(0, 2)]));
  const verdicts = played.map((pairs) => {
    const after = new Map(pairs.map(({ task, after }) => [task, after] as const));
    return decideKeep(pairsOf(tasks, before, after), { planned: rolls.length, rollouts: 2 * tasks.length });
  });
  const pairs = mergedByTask(played.flat());
  return {
    ...selfTest(rolls, randomOf(stage.seed, 'aa draws')),
    nullEdits: verdicts,
    order: orderEffects(pairs),
    fixedReleases: pairs.length === 0 ? null : fixedReleases(pairs, randomOf(stage.seed, 'aa order')),
    voids: tasks.length - rolls.length,
  };
}

/** One pair per task, its trials those of all null edits. */
function mergedByTask(pairs: readonly Pair[]): Pair[] {
  const merged = new Map<string, Pair>();
  for (const pair of pairs) {
    const { before = [], after = [], order = '' } = merged.get(pair.task) ?? {};
    merged.set(pair.task, {
      ...pair,
      before: [...before, ...pair.before],
      after: [...after, ...pair.after],
      order: `${order}${pair.order ?? ''}`,
    });
  }
  return [...merged.values()];
}

/** Tasks with a score in every trial; a void trial says nothing about noise. */
function rollsOf(tasks: readonly Task[], traces: readonly Trace[], trials: number): Rolls[] {
  return tasks.flatMap(({ id, family }) => {
    const own = traces.filter(({ task, score }) => task === id && score !== null);
    if (own.length < trials) return [];
    const rewards = own.map(({ score }) => score?.reward ?? 0);
    return [{ task: id, ...(family === undefined ? {} : { family }), rewards, words: own.map(wordsOf) }];
  });
}
