/**
 * `optimize baseline`: what the same rollouts buy without any harness, by sampling and by trying
 * again with feedback.
 */
import { resolve } from 'node:path';
import { UsageError } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { mean } from '../gate/arithmetic.ts';
import { pairedInterval, scoreInterval } from '../gate/interval.ts';
import { pairDifferences } from '../gate/pairs.ts';
import { parseHarness } from '../harness/parse.ts';
import { openRepository } from '../ledger/git/git.ts';
import { percent, points } from '../report/terminal.ts';
import type { Harness, Task, Trace } from '../types.ts';
import { say, sayJson } from './open-ledger.ts';
import { harnessOf } from './run.ts';
import { chooseTasks, openEnvironment, type PlayFlags, type TaskFlags } from './setup.ts';
import { openStage, type Stage } from './stage.ts';

interface BaselineFlags extends PlayFlags, TaskFlags {
  readonly tasks?: number;
  readonly tags?: readonly string[];
  readonly harness?: string;
  readonly rollouts: number;
}

/** One reward a task: the best that the method reached. */
type Rewards = ReadonlyMap<string, number>;

/**
 * Both methods get `--rollouts` in all and are helped by the scorer, which nobody has in
 * production: the best of k samples is chosen by it, and a failed try is told that it failed.
 * `--harness` is played once a task on the same tasks, so that it is paired.
 */
export async function baselineCommand(given: Record<string, unknown>): Promise<number> {
  const flags = given as unknown as BaselineFlags;
  const repository = await openRepository(process.cwd());
  const environment = await openEnvironment(
    { env: flags.env, ...(flags.data === undefined ? {} : { data: resolve(flags.data) }) },
    repository.root,
  );
  const tasks = chooseTasks(environment, flags, repository.root);
  const tries = Math.floor(flags.rollouts / tasks.length);
  if (tries < 1)
    throw new UsageError(`--rollouts ${flags.rollouts}: expected at least one for each of ${tasks.length} tasks`);
  const harness = await harnessOf(repository, environment.name, flags.harness);
  // The policy is part of the task; everything else of a harness is off.
  const bare = parseHarness(
    environment.name,
    new Map([
      ['policy.md', harness.policy],
      ['harness.yaml', 'version: 1\n'],
    ]),
  );
  const stage = await openStage(flags, repository.root, environment);
  const sampling = stage.agent.simulated
    ? stage
    : await openStage({ ...flags, temperature: 0.7 }, repository.root, environment, stage.budget);
  try {
    const label = stage.agent.simulated ? `${stage.agent.id}, SIMULATED` : stage.agent.id;
    if (!flags.json)
      say(
        `${environment.name}, ${tasks.length} ${flags.split} tasks, agent ${label}; ${tries} rollouts a task, the scorer chooses`,
      );
    const own = await bestOf(stage, harness, tasks, 1);
    tell(flags, `harness ${harness.id.slice(0, 12)}, 1 try`, own, own, tasks);
    tell(flags, `best of ${tries} samples, no harness`, await bestOf(sampling, bare, tasks, tries), own, tasks);
    tell(flags, `up to ${tries} tries with feedback, no harness`, await retried(stage, bare, tasks, tries), own, tasks);
  } finally {
    stage.close();
    sampling.close();
  }
  return EXIT.ok;
}

/** The best of so many samples; a task with a void rollout is left out: no answer is no failure. */
async function bestOf(stage: Stage, bare: Harness, tasks: readonly Task[], tries: number): Promise<Rewards> {
  const best = new Map<string, number>();
  const voids = new Set<string>();
  for (const { task, score } of await stage.play(bare, tasks, tries, tries === 1 ? 'harness' : 'samples')) {
    if (score === null) voids.add(task);
    else best.set(task, Math.max(best.get(task) ?? 0, score.reward));
  }
  for (const task of voids) best.delete(task);
  return best;
}

/** A fresh try of what failed, with what the scorer said of the try before. */
async function retried(stage: Stage, bare: Harness, tasks: readonly Task[], tries: number): Promise<Rewards> {
  const best = new Map<string, number>();
  let open: readonly Task[] = tasks;
  for (let attempt = 1; attempt <= tries && open.length > 0; attempt++) {
    const traces = await stage.play(bare, open, 1, `try ${attempt}`);
    const traceOf = new Map(traces.map((trace) => [trace.task, trace]));
    open = open.flatMap((task) => {
      const trace = traceOf.get(task.id);
      if (trace?.score === undefined || trace.score === null) {
        best.delete(task.id);
        return [];
      }
      best.set(task.id, Math.max(best.get(task.id) ?? 0, trace.score.reward));
      return trace.score.reward === 1 ? [] : [{ ...task, request: `${task.request}\n\n${feedbackOf(trace)}` }];
    });
  }
  return best;
}

function feedbackOf({ score, steps }: Trace): string {
  const last = steps.at(-1);
  const failed = score?.checks.flatMap(({ name, passed, detail }) => (passed ? [] : [detail ?? name])) ?? [];
  const ended =
    last?.kind === 'end' && last.ending.summary !== '' ? ` It ended with: ${last.ending.summary.slice(0, 300)}` : '';
  return `An earlier try at this failed (${failed.join('; ') || 'the result is not what was asked for'}).${ended} Do it in another way.`;
}

function tell(flags: BaselineFlags, method: string, rewards: Rewards, own: Rewards, tasks: readonly Task[]): void {
  const score = scoreInterval([...rewards.values()].map((reward) => [reward]));
  const pairs = tasks.flatMap(({ id, family }) => {
    const [before, after] = [rewards.get(id), own.get(id)];
    if (before === undefined || after === undefined) return [];
    return [{ task: id, tags: [], before: [before], after: [after], ...(family === undefined ? {} : { family }) }];
  });
  const differences = pairDifferences(pairs);
  const ahead = { effect: mean(differences), ...pairedInterval(differences) };
  const voids = tasks.length - rewards.size;
  if (flags.json) sayJson({ type: 'baseline', method, ...score, tasks: rewards.size, voids, harnessAhead: ahead });
  else
    say(
      `${method.padEnd(42)} ${percent(score.score).padStart(5)} % (${percent(score.low)} to ${percent(score.high)})` +
        `${rewards === own ? '' : `, the harness is ${points(ahead.effect)} points ahead (${points(ahead.low)} to ${points(ahead.high)})`}` +
        `${voids === 0 ? '' : `; ${voids} tasks without an answer left out`}`,
    );
}
