/** What the gate makes of an environment and an agent when nothing changes. */
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

/** Fewest tasks that show noise. */
export const AA_TASKS = 10;

export interface AaResult extends SelfTest {
  readonly nullEdits: readonly Verdict[];
  /** Tasks that were left out because a trial got no answer. */
  readonly voids: number;
}

/** `trials` re-rolls of one harness over all tasks, then `edits` null edits once each. */
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
    // The trial after the last: its own draws, as a candidate of a real night has.
    const played = await stage.play(edited, tasks, [trials + index], `null edit ${index + 1}`);
    const after = new Map(played.flatMap(({ task, score }) => (score === null ? [] : [[task, [score.reward]]])));
    const pairs = pairsOf(tasks, before, after);
    verdicts.push(decideKeep(pairs, { planned: rolls.length, rollouts: played.length }));
  }
  const voids = tasks.length - rolls.length;
  return { ...selfTest(rolls, randomOf(stage.seed, 'aa draws')), nullEdits: verdicts, voids };
}

/** Tasks with a score in every trial; a task without an answer says nothing about noise. */
function rollsOf(tasks: readonly Task[], traces: readonly Trace[], trials: number): Rolls[] {
  return tasks.flatMap(({ id, family }) => {
    const own = traces.filter(({ task, score }) => task === id && score !== null);
    if (own.length < trials) return [];
    const rewards = own.map(({ score }) => score?.reward ?? 0);
    return [{ task: id, ...(family === undefined ? {} : { family }), rewards, words: own.map(wordsOf) }];
  });
}
