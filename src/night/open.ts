/** Opens a night: takes the lock, brings the branch up to date, and finds out whether an interrupted night goes on. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { canonicalJson, sha256 } from '../digest.ts';
import { splitDigest } from '../environments/split.ts';
import { UsageError } from '../errors.ts';
import type { Budget } from '../evaluation/budget.ts';
import { openEvaluator } from '../evaluation/evaluator.ts';
import { fileJournal, JOURNAL } from '../evaluation/journal.ts';
import { parseHarness } from '../harness/parse.ts';
import { readHarnessFiles } from '../ledger/branch.ts';
import type { Decision } from '../ledger/decision.ts';
import { openRepository } from '../ledger/git.ts';
import { type Ledger, openLedger } from '../ledger/ledger.ts';
import { acquireLock } from '../ledger/lock.ts';
import { startNight } from '../ledger/start.ts';
import { findVersion } from '../ledger/versions.ts';
import { ownCommits } from '../ledger/walk.ts';
import { buildLeakIndex } from '../proposal/checks.ts';
import type { Emit } from '../report/events.ts';
import type { Agent, Environment, Harness, HarnessFiles, Task, Trace } from '../types.ts';
import { VERSION } from '../version.ts';
import type { Night, NightOptions } from './night.ts';
import { openRecorder } from './recorder.ts';
import { assertSound } from './sound.ts';

export interface NightInput {
  /** Top folder of the repository. */
  readonly root: string;
  readonly options: NightOptions;
  readonly environment: Environment;
  /** The selected tasks of the environment. */
  readonly tasks: readonly Task[];
  readonly agent: Agent;
  readonly budget: Budget;
  /** `harness/<env>` as it is in the work tree. */
  readonly workTree: HarnessFiles;
  readonly timeoutMs: number;
  readonly emit: Emit;
  readonly signal: AbortSignal;
  /** Milliseconds since 1970. */
  now(): number;
}

/** `config.json` of a run: what an interrupted night needs to go on as it began. */
const RunConfig = z.object({
  /** Digest of options, data, agent and program: a night goes on only if all of it is the same. */
  key: z.string(),
  night: z.int(),
  firstSeq: z.int(),
  /** Commit of the branch, or the checked-out one before the first decision. */
  start: z.string(),
  started: z.string(),
});
type RunConfig = z.infer<typeof RunConfig>;

/** Fewest tasks a split needs before anything can be decided on it. */
const MIN_TASKS = { train: 5, dev: 20, sealed: 30 } as const;

export async function openNight(input: NightInput): Promise<{ night: Night; close(): Promise<void> }> {
  const { options, environment, agent } = input;
  assertEnoughTasks(input.tasks);
  const repository = await openRepository(input.root);
  const lock = await acquireLock(repository, options.env, new Date(input.now()).toISOString());
  try {
    const ledger = await openLedger(repository, options.env);
    const { run, config, resumed } = await findRun(input, ledger);
    const folder = join(input.root, 'runs', run);
    const before = ledger.decisions().filter((decision) => decision.seq < config.firstSeq);
    const releases = ledger.releases().filter(({ decision }) => decision.seq < config.firstSeq);
    const files = await readHarnessFiles(repository, options.env, config.start);
    const start = parseHarness(options.env, resumed || ledger.started ? files : input.workTree);
    const release = await releaseInForce(ledger, before.findLast(isVersioned)?.version ?? null, start);
    const journal = fileJournal(
      folder,
      agent.simulated ? { keepSteps: false, bufferLines: 64 } : { keepSteps: true, bufferLines: 1 },
    );
    const split = <S extends Task['split']>(name: S) =>
      input.tasks.filter((task): task is Task<S> => task.split === name);
    let served = agent.id;
    const facts = {
      env: options.env,
      run,
      who: () => ({ ...whoOf(input), served }),
      data: { environment: environment.digest, split: splitDigest(input.tasks) },
      limits: agent.simulated ? ['simulated agent: evidence about the optimizer, not about any model'] : [],
      artifacts: () => {
        journal.flush();
        return [{ name: JOURNAL, sha256: sha256(readFileSync(join(folder, JOURNAL), 'utf8')) }];
      },
      time: () => new Date(input.now()).toISOString(),
    };
    const night: Night = {
      options,
      run,
      folder,
      number: config.night,
      resumed,
      environment,
      agent,
      evaluator: openEvaluator({
        environment,
        agent,
        budget: input.budget,
        journal,
        seed: options.seed,
        night: config.night,
        concurrency: options.concurrency,
        timeoutMs: input.timeoutMs,
        signal: input.signal,
        onRollout: (trace: Trace) => {
          if (trace.error !== undefined) night.voids += 1;
          if (trace.model !== '') served = trace.model;
        },
      }),
      train: split('train'),
      dev: split('dev'),
      sealed: split('sealed'),
      ledger,
      decisions: before,
      leak: buildLeakIndex({ ...environment, tasks: input.tasks }, start.policy),
      recorder: openRecorder(ledger, facts, config.firstSeq, input.emit),
      emit: input.emit,
      signal: input.signal,
      start,
      release,
      releases: releases.length,
      deterministic: false,
      candidates: 0,
      voids: 0,
      served: () => served,
      startedMs: input.now(),
      now: input.now,
    };
    return {
      night,
      async close() {
        try {
          journal.flush();
        } finally {
          await lock.release();
        }
      },
    };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

function assertEnoughTasks(tasks: readonly Task[]): void {
  for (const [split, least] of Object.entries(MIN_TASKS)) {
    const count = tasks.filter((task) => task.split === split).length;
    if (count < least)
      throw new UsageError(
        `${count} ${split} tasks; a night needs at least ${least} (train 50 %, dev 25 %, sealed 25 %): add tasks or raise --tasks`,
      );
  }
}

const whoOf = ({ agent, options }: NightInput): Decision['who'] => ({
  tool: `harness-optimizer ${VERSION}`,
  agent: agent.id,
  served: agent.id,
  proposer: options.proposer,
  simulated: agent.simulated,
  operator: 'unattended',
});

/** The interrupted run with the same configuration, or a new one. */
async function findRun(
  input: NightInput,
  ledger: Ledger,
): Promise<{ run: string; config: RunConfig; resumed: boolean }> {
  const { options, environment, agent } = input;
  const folder = join(input.root, 'runs');
  const key = sha256(
    canonicalJson({
      ...options,
      // A higher cap goes on where a lower one stopped, and the order of rollouts changes no decision.
      maxRollouts: null,
      maxUsd: null,
      maxMinutes: null,
      concurrency: null,
      environment: environment.digest,
      tasks: splitDigest(input.tasks),
      agent: agent.digest,
      version: VERSION,
    }),
  );
  const own = new RegExp(`^${options.env}-(\\d{4,})$`);
  const runs = existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => own.test(name))
        .sort()
    : [];
  const last = runs.at(-1);
  const config = last === undefined ? null : readConfig(join(folder, last));
  if (last !== undefined && config !== null && config.key === key && !existsSync(join(folder, last, 'summary.json')))
    return { run: last, config, resumed: true };

  const taken = [...runs, ...ledger.decisions().map((decision) => decision.run)].flatMap(
    (name) => own.exec(name)?.[1] ?? [],
  );
  const night = Math.max(0, ...taken.map(Number)) + 1;
  const run = `${options.env}-${String(night).padStart(4, '0')}`;
  const time = new Date(input.now()).toISOString();
  const known = ledger.started ? parseHarness(options.env, ledger.head().files) : null;
  assertSound(parseHarness(options.env, input.workTree), environment, known);
  const started = await startNight(ledger, { workTree: input.workTree, run, who: whoOf(input), time });
  const fresh: RunConfig = { key, night, firstSeq: ledger.nextSeq, start: started.commit, started: time };
  mkdirSync(join(folder, run), { recursive: true });
  // Keeps the run out of a person's `git status` and `git add -A`; its decisions come with the branch.
  writeFileSync(join(folder, run, '.gitignore'), '*\n');
  writeFileSync(
    join(folder, run, 'config.json'),
    `${JSON.stringify({ ...fresh, options, agent: agent.id }, null, 1)}\n`,
  );
  return { run, config: fresh, resumed: false };
}

function readConfig(folder: string): RunConfig | null {
  try {
    return RunConfig.parse(JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')));
  } catch {
    // A run that was cut off before its configuration was whole has played nothing.
    return null;
  }
}

const isVersioned = ({ kind, version }: Decision): boolean =>
  version !== null && (kind === 'release' || kind === 'rollback');

/** The version that was released or restored last, or the harness that the branch began with. */
async function releaseInForce(ledger: Ledger, version: string | null, start: Harness): Promise<Harness> {
  const { repository, env } = ledger;
  if (version !== null) return parseHarness(env, (await findVersion(ledger, version)).files);
  const origin = (await ownCommits(repository, env, ledger.head().commit))[0]?.parents[0];
  if (origin === undefined) return start;
  const files = await readHarnessFiles(repository, env, origin);
  return files.size === 0 ? start : parseHarness(env, files);
}
