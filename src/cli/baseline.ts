/** `optimize baseline`: what the same rollouts buy without any harness, by sampling and by trying again with feedback. */
import { resolve } from 'node:path';
import { UsageError } from '../errors.ts';
import { mean } from '../gate/arithmetic.ts';
import { pairedInterval, scoreInterval } from '../gate/interval.ts';
import { pairDifferences } from '../gate/pairs.ts';
import { parseHarness } from '../harness/parse.ts';
import { openRepository } from '../ledger/git.ts';
import { percent, points } from '../report/terminal.ts';
import type { Environment, Harness, Split, Task, Trace } from '../types.ts';
import { EXIT } from './exit.ts';
import { say, sayJson } from './open-ledger.ts';
import { harnessOf } from './run.ts';
import { openEnvironment, type PlayFlags, selectTasks } from './setup.ts';
import { openStage, type Stage } from './stage.ts';

interface BaselineFlags extends PlayFlags {
  readonly harness?: string;
  readonly rollouts: number;
  readonly split: string;
}

/** One reward a task: the best that the method reached. */
type Rewards = ReadonlyMap<string, number>;

/**
 * Both methods get `--rollouts` in all and are helped by the scorer, which nobody has in production: the best of k samples is chosen
 * by it, and a failed try is told that it failed. `--harness` is played once a task on the same tasks, so that it is paired.
 */
export async function baselineCommand(given: Record<string, unknown>): Promise<number> {
  const flags = given as unknown as BaselineFlags;
  const repository = await openRepository(process.cwd());
  const environment = await openEnvironment(
    { env: flags.env, ...(flags.data === undefined ? {} : { data: resolve(flags.data) }) },
    repository.root,
  );
  const tasks = tasksOf(environment, flags);
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
    : await openStage({ ...flags, temperature: 0.7 }, repository.root, environment);
  try {
    const label = stage.agent.simulated ? `${stage.agent.id}, SIMULATED` : stage.agent.id;
    if (!flags.json)
      say(
        `${environment.name}, ${tasks.length} ${flags.split} tasks, agent ${label}; ${tries} rollouts a task, the scorer chooses`,
      );
    const own = await once(stage, harness, tasks);
    tell(flags, `harness ${harness.id.slice(0, 12)}, 1 try`, own, own);
    tell(flags, `best of ${tries} samples, no harness`, await bestOf(sampling, bare, tasks, tries), own);
    tell(flags, `up to ${tries} tries with feedback, no harness`, await retried(stage, bare, tasks, tries), own);
  } finally {
    stage.close();
    sampling.close();
  }
  return EXIT.ok;
}

function tasksOf(environment: Environment, flags: BaselineFlags): Task[] {
  if (!['train', 'dev', 'sealed'].includes(flags.split))
    throw new UsageError(`--split: expected train, dev or sealed, got "${flags.split}"`);
  const own = environment.tasks.filter((task) => task.split === (flags.split as Split));
  return selectTasks(own, { ...(flags.tags ? { tags: flags.tags } : {}), count: flags.tasks ?? null });
}

const rewardOf = ({ score }: Trace): number => score?.reward ?? 0;

async function once(stage: Stage, harness: Harness, tasks: readonly Task[]): Promise<Rewards> {
  const traces = await stage.play(harness, tasks, 1, 'harness');
  return new Map(traces.map((trace) => [trace.task, rewardOf(trace)]));
}

async function bestOf(stage: Stage, bare: Harness, tasks: readonly Task[], tries: number): Promise<Rewards> {
  const best = new Map<string, number>();
  for (const trace of await stage.play(bare, tasks, tries, 'samples'))
    best.set(trace.task, Math.max(best.get(trace.task) ?? 0, rewardOf(trace)));
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
      const trace = traceOf.get(task.id) as Trace;
      best.set(task.id, Math.max(best.get(task.id) ?? 0, rewardOf(trace)));
      return rewardOf(trace) === 1 ? [] : [{ ...task, request: `${task.request}\n\n${feedbackOf(trace)}` }];
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

function tell(flags: BaselineFlags, method: string, rewards: Rewards, own: Rewards): void {
  const score = scoreInterval([...rewards.values()].map((reward) => [reward]));
  const pairs = [...own].map(([task, reward]) => ({
    task,
    tags: [],
    before: [rewards.get(task) ?? 0],
    after: [reward],
  }));
  const differences = pairDifferences(pairs);
  const ahead = { effect: mean(differences), ...pairedInterval(differences) };
  if (flags.json) sayJson({ type: 'baseline', method, ...score, tasks: rewards.size, harnessAhead: ahead });
  else
    say(
      `${method.padEnd(42)} ${percent(score.score).padStart(5)} % (${percent(score.low)} to ${percent(score.high)})` +
        `${rewards === own ? '' : `, the harness is ${points(ahead.effect)} points ahead (${points(ahead.low)} to ${points(ahead.high)})`}`,
    );
}
