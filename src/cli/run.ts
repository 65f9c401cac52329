/** `optimize run`: evaluates one harness version, or shows one trace. */

import { z } from 'zod';
import { privateId } from '../environments/private-tasks.ts';
import { UsageError } from '../errors.ts';
import { evaluationOf, totalUsage } from '../evaluation/evaluator.ts';
import { EXIT } from '../exit-codes.ts';
import { scoreInterval } from '../gate/interval.ts';
import { printable } from '../harness/text-checks.ts';
import { assertSound } from '../night/assert-lint.ts';
import { noticeOf } from '../night/notice.ts';
import { openHarness } from '../open/harness.ts';
import { labelOf } from '../open/model.ts';
import { chooseTasks } from '../open/tasks.ts';
import type { RunSummary } from '../report/events.ts';
import { lossesOf, lossLines } from '../report/losses.ts';
import { money, scoreText, tokensText } from '../report/terminal.ts';
import { renderTrace } from '../traces/view.ts';
import type { Agent, Environment, Harness, Task, Trace } from '../types.ts';
import { command } from './command.ts';
import { tellFailures } from './failures.ts';
import { flag, measuring, playing, split, text, trials, whole } from './options.ts';
import { say } from './output.ts';
import { admitSealed, openPlace, withStages } from './play.ts';

const options = z.object({
  ...playing,
  ...measuring,
  generate: whole('<n>', 'score on freshly generated tasks', { least: 1, of: 'tasks' }).exactOptional(),
  tasksSeed: whole('<n>', 'seed of --generate').default(1),
  split: split('train'),
  trials: trials(),
  task: text('<id>', 'one task').exactOptional(),
  show: flag('print the trace of --task'),
  failures: flag('say why tasks failed, with their ids'),
});
type RunFlags = z.output<typeof options>;

export const run = command({
  name: 'run',
  summary: 'evaluate one harness version',
  options,
  exits: ['budget', 'interrupted'],
  example: 'run --env retail --harness v1 --generate 1000 --tasks-seed 7',
  run: evaluateOnce,
});

async function evaluateOnce(flags: RunFlags): Promise<number> {
  const started = performance.now();
  // Showing a trace needs no scorer; every other use of `run` does.
  const unscored = flags.show && !flags.json && !flags.failures;
  const place = await openPlace(flags, { unscored });
  const { repository, root, environment: base } = place;
  const environment = flags.generate === undefined ? base : generated(base, flags.generate, flags.tasksSeed);
  const harness = await openHarness(repository, base.name, flags.harness);
  if (flags.harness === undefined) await assertSound(harness, base, null);
  const tasks = tasksOf(environment, flags, root);
  await admitSealed(place, { command: 'run', harness, tasks }, flags.json);
  const { stage, traces } = await withStages(flags, root, async (open) => {
    const stage = await open(environment);
    return { stage, traces: await stage.play(harness, tasks, flags.trials, 'run') };
  });
  if (flags.show && !flags.json) for (const trace of traces) process.stdout.write(printable(renderTrace(trace)));
  if (environment.unscored) return EXIT.ok;
  const summary = summaryOf(
    {
      environment,
      harness,
      agent: stage.agent,
      split: flags.generate === undefined ? flags.split : 'generated',
    },
    tasks,
    traces,
    started,
  );
  const notice = stage.agent.simulated ? null : noticeOf(traces, environment);
  if (notice !== null) stage.emit({ type: 'warning', message: notice });
  stage.emit(summary);
  if (!flags.json && !flags.show) {
    process.stdout.write(
      `${environment.name}, harness ${harness.id.slice(0, 12)}, agent ${labelOf(stage.agent)}: ${scoreText(summary)} on ${summary.split} tasks; ` +
        `${summary.rollouts} rollouts, ${summary.voids} void, ${money(summary.usd)}, ${summary.seconds} s${summary.simulated ? '' : `; ${tokensText(summary.usage)}`}\n`,
    );
  }
  if (!flags.json && !flags.show) for (const line of lossLines(summary.lost)) say(`  ${line}`);
  if (flags.failures) await tellFailures(traces, { environment, harness, tasks }, flags.json);
  return EXIT.ok;
}

function generated(environment: Environment, tasks: number, seed: number): Environment {
  if (environment.generate === undefined)
    throw new UsageError(
      `--generate: environment "${environment.name}" does not generate tasks (its "tasks" is a list, or --data was given)`,
    );
  return environment.generate({ seed, tasks, split: 'train' });
}

function tasksOf(environment: Environment, flags: RunFlags, root: string): Task[] {
  if (flags.task !== undefined) {
    const { mac } = environment;
    const names = [flags.task, ...(mac === undefined ? [] : [privateId(mac, flags.task)])];
    const task = environment.tasks.find(({ id }) => names.includes(id));
    if (task === undefined)
      throw new UsageError(
        `--task ${flags.task}: no such task; the first ids are ${environment.tasks
          .slice(0, 3)
          .map(({ id }) => id)
          .join(', ')}`,
      );
    return [task];
  }
  if (flags.show) throw new UsageError('--show needs --task ID');
  return chooseTasks(environment, flags, root);
}

function summaryOf(
  of: { environment: Environment; harness: Harness; agent: Agent; split: string },
  tasks: readonly Task[],
  traces: readonly Trace[],
  started: number,
): RunSummary {
  const rows = evaluationOf(of.harness, tasks[0]?.split ?? 'train', tasks, traces).tasks;
  const usage = totalUsage(traces);
  return {
    type: 'summary',
    ...scoreInterval(rows.map((row) => row.rewards)),
    tasks: rows.length,
    env: of.environment.name,
    agent: of.agent.id,
    simulated: of.agent.simulated,
    harness: of.harness.id,
    split: of.split,
    rollouts: traces.length,
    voids: traces.filter((trace) => trace.error !== undefined).length,
    lost: lossesOf(traces.flatMap(({ task, error }) => (error === undefined ? [] : [{ task, why: error }]))),
    usd: of.agent.unpriced ? null : usage.costUsd,
    usage,
    seconds: Math.round((performance.now() - started) / 100) / 10,
  };
}
