/** `optimize run`: evaluates one harness version, or shows one trace. */
import { resolve } from 'node:path';
import { privateId } from '../environments/private-tasks.ts';
import { UsageError } from '../errors.ts';
import { evaluationOf, totalUsage } from '../evaluation/evaluator.ts';
import { EXIT } from '../exit-codes.ts';
import { scoreInterval } from '../gate/interval.ts';
import { loadHarness } from '../harness/load.ts';
import { parseHarness } from '../harness/parse.ts';
import { resolveHarness } from '../ledger/branch/history.ts';
import { openLedger } from '../ledger/branch/ledger.ts';
import { openRepository, type Repository } from '../ledger/git/git.ts';
import { assertSound } from '../night/assert-lint.ts';
import type { RunSummary } from '../report/events.ts';
import { money, scoreText, tokensText } from '../report/terminal.ts';
import { renderTrace } from '../traces/view.ts';
import type { Agent, Environment, Harness, Task, Trace } from '../types.ts';
import { tellFailures } from './failures.ts';
import { chooseTasks, openEnvironment, type PlayFlags } from './setup.ts';
import { openStage } from './stage.ts';

interface RunFlags extends PlayFlags {
  readonly harness?: string;
  readonly generate?: number;
  readonly tasksSeed: number;
  readonly split?: string;
  readonly unusedBy?: string;
  readonly trials: number;
  readonly task?: string;
  readonly show?: boolean;
  readonly failures?: boolean;
}

export async function runCommand(given: Record<string, unknown>): Promise<number> {
  const flags = given as unknown as RunFlags;
  const started = performance.now();
  const repository = await openRepository(process.cwd());
  const base = await openEnvironment(
    { env: flags.env, ...(flags.data === undefined ? {} : { data: resolve(flags.data) }) },
    repository.root,
    // One trace can be looked at where nothing scores it; every other use of `run` is a score.
    { unscored: flags.show === true && !flags.json && flags.failures !== true },
  );
  if (flags.trials < 1) throw new UsageError(`--trials: expected 1 or more, got ${flags.trials}`);
  if (flags.tasks !== undefined && flags.tasks < 1)
    throw new UsageError(`--tasks: expected 1 or more, got ${flags.tasks}`);
  const environment = flags.generate === undefined ? base : generated(base, flags.generate, flags.tasksSeed);
  const harness = await harnessOf(repository, base.name, flags.harness);
  if (flags.harness === undefined) await assertSound(harness, base, null);
  const tasks = tasksOf(environment, flags, repository.root);
  const stage = await openStage(flags, repository.root, environment);
  const traces = await stage.play(harness, tasks, flags.trials, 'run').finally(() => stage.close());
  if (flags.show === true && !flags.json) for (const trace of traces) process.stdout.write(renderTrace(trace));
  if (environment.unscored) return EXIT.ok;
  const summary = summaryOf(
    {
      environment,
      harness,
      agent: stage.agent,
      split: flags.generate === undefined ? (flags.split ?? 'train') : 'generated',
    },
    tasks,
    traces,
    started,
  );
  stage.emit(summary);
  if (!flags.json && flags.show !== true) {
    const label = summary.simulated ? `${summary.agent}, SIMULATED` : summary.agent;
    process.stdout.write(
      `${environment.name}, harness ${harness.id.slice(0, 12)}, agent ${label}: ${scoreText(summary)} on ${summary.split} tasks; ` +
        `${summary.rollouts} rollouts, ${summary.voids} void, ${money(summary.usd)}, ${summary.seconds} s${summary.simulated ? '' : `; ${tokensText(summary.usage)}`}\n`,
    );
  }
  if (flags.failures === true) await tellFailures(traces, { environment, harness, tasks }, flags.json === true);
  return EXIT.ok;
}

function generated(environment: Environment, tasks: number, seed: number): Environment {
  if (environment.generate === undefined)
    throw new UsageError(
      `--generate: environment "${environment.name}" does not generate tasks (its "tasks" is a list, or --data was given)`,
    );
  if (tasks < 1) throw new UsageError('--generate: expected 1 task or more');
  return environment.generate({ seed, tasks, split: 'train' });
}

/** `undefined` means the work tree. */
export async function harnessOf(repository: Repository, env: string, ref: string | undefined): Promise<Harness> {
  if (ref === undefined) return loadHarness(repository.root, env);
  const { files } = await resolveHarness(await openLedger(repository, env), ref);
  if (files.size === 0) throw new UsageError(`--harness ${ref}: there is no harness/${env} at that commit`);
  return parseHarness(env, files);
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
  if (flags.show === true) throw new UsageError('--show needs --task ID');
  return chooseTasks(environment, { ...flags, split: flags.split ?? 'train' }, root);
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
    usd: of.agent.unpriced ? null : usage.costUsd,
    usage,
    seconds: Math.round((performance.now() - started) / 100) / 10,
  };
}
