/** Opens a night: takes the lock, finds the run, and builds what the stations share. */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { splitDigest } from '../environments/split.ts';
import type { Budget } from '../evaluation/budget.ts';
import { openEvaluator } from '../evaluation/evaluator.ts';
import { fileJournal, JOURNAL } from '../evaluation/journal.ts';
import { fileDigest, readPlain } from '../files.ts';
import { parseHarness } from '../harness/parse.ts';
import { assertNotFrozen } from '../ledger/acts/freeze.ts';
import { changeOfSettings } from '../ledger/acts/settings.ts';
import { readHarnessFiles } from '../ledger/branch/branch.ts';
import { type Ledger, openLedger } from '../ledger/branch/ledger.ts';
import { acquireLock } from '../ledger/branch/lock.ts';
import { findVersion, firstHarness } from '../ledger/branch/versions.ts';
import { openRepository } from '../ledger/git/git.ts';
import { type Decision, versionOf } from '../ledger/kinds/index.ts';
import { headBefore } from '../ledger/kinds/panels.ts';
import { chatOf } from '../models/ask.ts';
import { fileReplies, REPLIES, recordedAgent } from '../models/replies.ts';
import { buildLeakIndex } from '../proposal/checks.ts';
import { heldOutOf } from '../proposal/held-out.ts';
import type { Agent, Harness, Task, Trace } from '../types.ts';
import { guardedCheck } from './guard.ts';
import { lendModel } from './lend.ts';
import { type NightContext, type NightInput, openProgress, type Progress } from './night.ts';
import { fileAnswers, OWN_ANSWERS } from './own-answers.ts';
import { assertEnoughTasks, unprovenBy } from './reach.ts';
import { type NightFacts, openRecorder } from './recorder.ts';
import { findRun, type NightRun, settingsOfNight, whoOf } from './run.ts';

/** Rollouts are on disk after `flush`. */
export interface AssembledNight {
  readonly night: NightContext;
  readonly progress: Progress;
  flush(): void;
}

export interface OpenNight extends Omit<AssembledNight, 'flush'> {
  close(): Promise<void>;
}

export async function openNight(input: NightInput): Promise<OpenNight> {
  assertEnoughTasks(input);
  const repository = await openRepository(input.root);
  const lock = await acquireLock(repository, input.options.env, new Date(input.now()).toISOString());
  try {
    const ledger = await openLedger(repository, input.options.env, input.keys);
    // Do not start what could not be recorded at the end.
    ledger.assertWritable();
    await ledger.rehearse();
    assertNotFrozen(input.options.env, ledger.decisions());
    const run = await findRun(input, ledger);
    const folder = join(input.root, 'runs', run.name);
    // A simulated agent costs nothing to ask again.
    const asks = [input.agent, ...input.proposers.flatMap(({ agent }) => agent ?? [])];
    const replies = asks.every(({ simulated }) => simulated) ? null : fileReplies(join(folder, REPLIES));
    if (replies !== null) keepSpending(input.budget, join(folder, SPENDING));
    const recorded = (agent: Agent) =>
      replies === null || agent.simulated ? agent : recordedAgent(agent, replies, input.environment.redact);
    const proposers = input.proposers.map(({ proposer, agent }) => ({ proposer, agent: agent && recorded(agent) }));
    const { flush, ...opened } = await assembleNight(
      { ...input, agent: recorded(input.agent), proposers },
      { ledger, run, folder, recorded: folder },
    );
    return {
      ...opened,
      async close() {
        try {
          flush();
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

export interface Assembly {
  readonly ledger: Ledger;
  readonly run: NightRun;
  /** Absolute; rollouts and the page are written here. */
  readonly folder: string;
  /** Folder of the recorded replies; only read when it is not `folder`. */
  readonly recorded: string;
}

/** A night from a known run: its place in the ledger and its rollouts so far. */
export async function assembleNight(
  input: NightInput,
  { ledger, run, folder, recorded }: Assembly,
): Promise<AssembledNight> {
  const { options, environment, agent } = input;
  const { config, resumed } = run;
  const before = ledger.decisions().filter((decision) => decision.seq < config.firstSeq);
  const releases = ledger.releases().filter(({ decision }) => decision.seq < config.firstSeq);
  const files = await readHarnessFiles(ledger.repository, options.env, config.start);
  const start = parseHarness(options.env, resumed || ledger.started ? files : input.workTree);
  const release = await releaseInForce(ledger, before.filter(isVersioned).map(versionOf).at(-1) ?? null, start);
  const journal = fileJournal(
    folder,
    agent.simulated ? { keepSteps: false, bufferLines: 64 } : { keepSteps: true, bufferLines: 1 },
  );
  const split = <S extends Task['split']>(name: S) =>
    input.tasks.filter((task): task is Task<S> => task.split === name);
  let served = agent.id;
  const others = otherAgents(before, agent.id);
  if (others.length > 0)
    input.emit({
      type: 'warning',
      message: `the branch holds decisions made with ${others.join(', ')}; tonight's agent is ${agent.id} and goes on from that harness`,
    });
  const facts: NightFacts = {
    env: options.env,
    run: run.name,
    id: config.id ?? null,
    who: () => ({ ...whoOf(input), served }),
    data: { environment: environment.digest, split: splitDigest(input.tasks) },
    limits: [
      ...(agent.simulated ? ['simulated agent: evidence about the optimizer, not about any model'] : []),
      ...(others.length > 0 ? [`went on from a harness that was chosen with another agent: ${others.join(', ')}`] : []),
    ],
    async artifacts() {
      journal.seal();
      const found = [];
      for (const [place, name] of [
        [folder, JOURNAL],
        [recorded, REPLIES],
        [recorded, OWN_ANSWERS],
      ] as const) {
        const sha256 = await fileDigest(place, name);
        if (sha256 !== null) found.push({ name, sha256 });
      }
      return found;
    },
    time: () => new Date(input.now()).toISOString(),
  };
  const recorder = openRecorder(ledger, facts, config.firstSeq, input.emit);
  const change = changeOfSettings(options.env, before, settingsOfNight(input));
  if (change !== null) recorder.settings(change, start);
  const progress = openProgress();
  const heldOut = heldOutOf(input.tasks);
  const answers = fileAnswers(join(recorded, OWN_ANSWERS), { readOnly: folder !== recorded });
  const night: NightContext = Object.freeze({
    options,
    run: run.name,
    folder,
    number: config.night,
    resumed,
    environment,
    agent,
    proposers: input.proposers.map(({ proposer, agent }) => ({
      proposer,
      lent: agent && lendModel(chatOf(agent, 'proposer'), (text) => heldOut(text) !== null),
    })),
    checks: input.checks.map((check) => guardedCheck(check, answers)),
    answers,
    proposerTimeoutMs: input.proposerTimeoutMs,
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
        if (trace.error !== undefined) progress.lost.push({ task: trace.task, why: trace.error });
        else if (trace.model !== '' && (agent.simulated || trace.model !== agent.id)) served = trace.model;
      },
    }),
    train: split('train'),
    dev: split('dev'),
    sealed: split('sealed'),
    unproven: unprovenBy(input.tasks),
    ledger,
    decisions: before,
    chain: headBefore(ledger.decisions(), run.name, ledger.head().entry),
    leak: await buildLeakIndex({ ...environment, tasks: input.tasks }, start.policy),
    recorder,
    emit(event: Parameters<typeof input.emit>[0]) {
      if (event.type === 'learned') progress.notes.push(...event.notes);
      input.emit(event);
    },
    signal: input.signal,
    start,
    release,
    releases: releases.length,
    report(phase: string, done: number, total: number) {
      const { rollouts, usd } = input.budget;
      input.emit({ type: 'progress', phase, done, total, rollouts, candidates: progress.candidates, usd });
    },
    served: () => served,
    startedMs: input.now(),
    now: input.now,
    command: input.command,
  });
  return { night, progress, flush: () => journal.flush() };
}

/** Other agents with which the branch was changed or released. */
const otherAgents = (decisions: readonly Decision[], agent: string): string[] => [
  ...new Set(
    decisions.flatMap((decision) => {
      const { kind, who } = decision;
      const changed = (kind === 'candidate' || kind === 'release') && decision.verdict.decision === 'accepted';
      return changed && who.agent !== null && who.agent !== agent ? [who.agent] : [];
    }),
  ),
];

const isVersioned = (decision: Decision): boolean =>
  versionOf(decision) !== null && (decision.kind === 'release' || decision.kind === 'rollback');

/** The version released or restored last, or the first harness of the branch. */
async function releaseInForce(ledger: Ledger, version: string | null, start: Harness): Promise<Harness> {
  const { env } = ledger;
  if (version !== null) return parseHarness(env, (await findVersion(ledger, version)).files);
  const first = await firstHarness(ledger);
  return first === null ? start : parseHarness(env, first);
}

/** One change of the US dollars spent per line; a call that was cut off keeps its maximum. */
const SPENDING = 'spending.txt';

function keepSpending(budget: Budget, path: string): void {
  const text = readPlain(path) ?? '';
  const spent = text.split('\n').reduce((sum, line) => sum + (Number(line) || 0), 0);
  // Ends a line that a kill cut off, so that it does not swallow the next one.
  if (text !== '' && !text.endsWith('\n')) appendFileSync(path, '\n');
  budget.keepUsd(spent, (change) => appendFileSync(path, `${change}\n`));
}
