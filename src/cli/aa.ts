/** `optimize aa`: what the gate makes of this environment and agent when nothing changes. */
import { resolve } from 'node:path';
import { randomOf } from '../digest.ts';
import { applyEdits } from '../edit/edits.ts';
import { UsageError } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { decideKeep } from '../gate/keep.ts';
import type { Pair } from '../gate/pairs.ts';
import { EFFECTS, type Rolls, type SelfTest, selfTest } from '../gate/self-test.ts';
import { parseHarness } from '../harness/parse.ts';
import { openRepository } from '../ledger/git/git.ts';
import { nullEdits } from '../proposal/null.ts';
import { percent, points } from '../report/terminal.ts';
import { wordsOf } from '../traces/words.ts';
import type { Task, Trace, Verdict } from '../types.ts';
import { say, sayJson } from './open-ledger.ts';
import { harnessOf } from './run.ts';
import { chooseTasks, openEnvironment, type PlayFlags, type TaskFlags } from './setup.ts';
import { openStage } from './stage.ts';

interface AaFlags extends PlayFlags, TaskFlags {
  readonly tasks?: number;
  readonly tags?: readonly string[];
  readonly harness?: string;
  readonly trials: number;
  readonly edits: number;
}

/**
 * Plays `--trials` re-rolls of one harness, one after the other over all tasks, and `--edits` null
 * edits once each.
 */
export async function aaCommand(given: Record<string, unknown>): Promise<number> {
  const flags = given as unknown as AaFlags;
  if (flags.trials < 3) throw new UsageError(`--trials: expected 3 or more, got ${flags.trials}`);
  if (flags.split === 'sealed' || flags.split === 'all')
    throw new UsageError('--split: the sealed tasks are for releases alone; use train or dev');
  const repository = await openRepository(process.cwd());
  const environment = await openEnvironment(
    { env: flags.env, ...(flags.data === undefined ? {} : { data: resolve(flags.data) }) },
    repository.root,
  );
  const tasks = chooseTasks(environment, flags, repository.root);
  if (tasks.length < 10)
    throw new UsageError(`${tasks.length} tasks show no noise; expected 10 or more: raise --tasks`);
  const harness = await harnessOf(repository, environment.name, flags.harness);
  const stage = await openStage(flags, repository.root, environment);
  try {
    const label = stage.agent.simulated ? `${stage.agent.id}, SIMULATED` : stage.agent.id;
    const rollouts = tasks.length * (flags.trials + flags.edits);
    if (!flags.json)
      say(
        `A/A on ${environment.name}, ${tasks.length} ${flags.split} tasks, agent ${label}: ${flags.trials} re-rolls, ${flags.edits} null edits, ${rollouts} rollouts`,
      );
    const traces: Trace[] = [];
    for (let trial = 0; trial < flags.trials; trial++)
      traces.push(...(await stage.play(harness, tasks, [trial], `re-roll ${trial + 1}`)));
    const rolls = rollsOf(tasks, traces, flags.trials);
    const verdicts: Verdict[] = [];
    for (const [index, edit] of nullEdits(harness, randomOf(flags.seed, 'aa'), flags.edits).entries()) {
      const edited = parseHarness(environment.name, applyEdits(harness.files, [edit]));
      // The trial after the last: its own draws, as a candidate of a real night has.
      const played = await stage.play(edited, tasks, [flags.trials + index], `null edit ${index + 1}`);
      verdicts.push(decideKeep(pairsOf(rolls, played), { planned: rolls.length, rollouts: played.length }));
    }
    const result = selfTest(rolls, randomOf(flags.seed, 'aa draws'));
    const voids = tasks.length - rolls.length;
    if (flags.json)
      sayJson({
        type: 'aa',
        env: environment.name,
        agent: stage.agent.id,
        simulated: stage.agent.simulated,
        ...result,
        nullEdits: verdicts,
        voids,
      });
    else tell(result, verdicts, voids);
  } finally {
    stage.close();
  }
  return EXIT.ok;
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

function pairsOf(rolls: readonly Rolls[], played: readonly Trace[]): Pair[] {
  return rolls.flatMap(({ task, family, rewards }) => {
    const reward = played.find((trace) => trace.task === task)?.score?.reward;
    if (reward === undefined) return [];
    return [
      { task, tags: [], ...(family === undefined ? {} : { family }), before: rewards.slice(0, 2), after: [reward] },
    ];
  });
}

function tell(result: SelfTest, verdicts: readonly Verdict[], voids: number): void {
  const { drift, needs, familyCorrelation } = result;
  const lines = [
    `tasks        ${result.tasks} with ${result.trials} trials each${voids === 0 ? '' : `; ${voids} without an answer left out`}`,
    `determinism  ${result.deterministic ? 'says the same, word for word' : 'does not repeat itself word for word'}; ${percent(result.sameScore)} % of the tasks scored the same in all trials`,
    `noise        variance of one trial ${result.noise.toFixed(3)} (0 settled, 0.25 a coin)`,
    `families     ${familyCorrelation === null ? 'none with two tasks' : `correlation of scores within a family ${familyCorrelation.toFixed(2)}`}`,
    `drift        later half of the re-rolls ${points(drift.effect)} points (${points(drift.low)} to ${points(drift.high)})`,
    `false keeps  ${percent(result.falseKeeps)} % of unchanged re-rolls; of ${verdicts.length} null edits ${verdicts.filter(({ decision }) => decision === 'accepted').length} would be kept on dev`,
    `releases     ${percent(result.falseReleases)} % of looks at two equal arms, alpha ${100 * result.alpha} %`,
    `needed       sealed tasks for 80 % power, of the tasks that change 4 get better for 1 that gets worse:`,
    ...EFFECTS.map((effect) => {
      const own = needs.filter((need) => need.effect === effect);
      return `             +${100 * effect} points: ${own.map(({ trials, tasks }) => `${tasks ?? 'more than 1000'} with ${trials} trial${trials === 1 ? '' : 's'} a task`).join(', ')}`;
    }),
  ];
  say(lines.join('\n'));
}
