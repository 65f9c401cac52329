/** Measures what the gate concludes about an environment and an agent when nothing changes. */
import { randomOf } from '../digest.ts';
import { applyEdits } from '../edit/edits.ts';
import { decideKeep } from '../gate/keep.ts';
import { type Rolls, type SelfTest, selfTest } from '../gate/self-test.ts';
import { parseHarness } from '../harness/parse.ts';
import { nullEdits } from '../proposal/null.ts';
import { wordsOf } from '../traces/words.ts';
import type { Harness, Task, Trace, Verdict } from '../types.ts';
import { pairsOf } from './advantage.ts';
import type { Stage } from './stage.ts';

/** Minimum number of tasks for a test of noise. */
export const AA_TASKS = 10;

export interface AaResult extends SelfTest {
  readonly nullEdits: readonly Verdict[];
  /** Tasks left out because a trial is void. */
  readonly voids: number;
}

/** Plays one harness `trials` times over all tasks, then each null edit once. */
export async function playAa(
  stage: Stage,
  harness: Harness,
  tasks: readonly Task[],
  { trials, edits }: { readonly trials: number; readonly edits: number },
): Promise<AaResult> {
  const traces: Trace[] = [];
  for (let trial = 0; trial < trials; trial++)
    traces.push(...(await stage.play(harness, tasks, [trial], `re-roll ${trial + 1}`)));
  const rolls = rollsOf(tasks, traces, trials);
  const before = new Map(rolls.map(({ task, rewards }) => [task, rewards.slice(0, 2)]));
  const verdicts: Verdict[] = [];
  for (const [index, edit] of nullEdits(harness, randomOf(stage.seed, 'aa'), edits).entries()) {
    const edited = parseHarness(stage.environment.name, applyEdits(harness.files, [edit]));
    // The next trial has its own draws, like a candidate of a real night.
    const played = await stage.play(edited, tasks, [trials + index], `null edit ${index + 1}`);
    const after = new Map(played.flatMap(({ task, score }) => (score === null ? [] : [[task, [score.reward]]])));
    const pairs = pairsOf(tasks, before, after);
    verdicts.push(decideKeep(pairs, { planned: rolls.length, rollouts: played.length }));
  }
  const voids = tasks.length - rolls.length;
  return { ...selfTest(rolls, randomOf(stage.seed, 'aa draws')), nullEdits: verdicts, voids };
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
