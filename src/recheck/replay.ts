/** Replays a finished night from recorded replies and compares its decisions with the ledger. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jsonOf } from '../digest.ts';
import { splitDigest } from '../environments/split.ts';
import { InfrastructureError, UsageError, VerifyError } from '../errors.ts';
import { openBudget } from '../evaluation/budget.ts';
import { readPlain } from '../files.ts';
import { openLedger } from '../ledger/branch/ledger.ts';
import { openRepository } from '../ledger/git/git.ts';
import type { Decision } from '../ledger/kinds/index.ts';
import { recordedSources } from '../ledger/kinds/settings.ts';
import { fileReplies, REPLIES, type ReplyStore, replayAgent } from '../models/replies.ts';
import type { NightInput } from '../night/night.ts';
import { assembleNight } from '../night/open.ts';
import { STOPPED } from '../night/release.ts';
import { type RunConfig, readConfig } from '../night/run.ts';
import { type EnvironmentFlags, openEnvironment } from '../open/environment.ts';
import { chooseModel, labelOf, openAgent } from '../open/model.ts';
import { selectTasks } from '../open/tasks.ts';
import { optimize } from '../optimize.ts';
import { openProgram } from '../programs/command.ts';
import { builtInProposers } from '../proposal/built-in.ts';
import type { Check } from '../proposal/check.ts';
import { quotedTasks } from '../proposal/held-out.ts';
import { PROPOSERS } from '../proposal/proposer.ts';
import type { Emit, NightSummary } from '../report/events.ts';
import { type Redact, storedWhole } from '../secrets.ts';
import type { Agent, Environment, Task } from '../types.ts';
import { askedAsStored, storedLedger } from './stored.ts';

interface ReplayInput {
  /** Top folder of the repository. */
  readonly root: string;
  /** Name of the run, and its `config.json`. */
  readonly run: string;
  readonly config: RunConfig;
  readonly environment: Environment;
  readonly tasks: readonly Task[];
  /** The agent of a simulated night; null for a real one, which is replayed. */
  readonly simulated: Agent | null;
  readonly emit: Emit;
  readonly signal: AbortSignal;
}

export interface ReplayedNight {
  readonly run: string;
  readonly decisions: number;
  readonly rollouts: number;
  /** Number of replayed model calls; 0 for a simulated night. */
  readonly calls: number;
}

export interface ReplayedRun extends ReplayedNight {
  /** The source of answers: recorded calls, or the simulated agent. */
  readonly agent: string;
  /** Held-out tasks that a question to the proposer quotes; none is expected. */
  readonly quoted: readonly string[];
}

/** Throws as `replayNight`, and UsageError for an incomplete run folder. */
export async function replayRun(
  root: string,
  run: string,
  { env, data, signal }: Partial<EnvironmentFlags> & { readonly signal: AbortSignal },
): Promise<ReplayedRun> {
  const config = readConfig(join(root, 'runs', run));
  if (config === null)
    throw new UsageError(`runs/${run}/config.json is missing or incomplete; expected the folder of a finished run`);
  const { tags, tasks: count } = config.options;
  const ledger = await openLedger(await openRepository(root), config.options.env);
  const recorded = recordedSources(ledger.decisions());
  const environment = await openEnvironment({ env: env ?? config.options.env, data }, root, { recorded });
  const simulated = config.agent.simulated
    ? await openAgent(chooseModel({ model: config.agent.id }, root), environment)
    : null;
  const tasks = selectTasks(environment.tasks, { tags, count });
  const input = { root, run, config, environment, tasks, simulated, emit: () => {}, signal };
  const replayed = await replayNight({ ...input, environment: storedWhole(environment) }).catch((error) => {
    // What a proposer read with secrets cut is repeated by the same variables alone.
    if (error instanceof VerifyError && environment.redact !== undefined) return replayNight(input);
    throw error;
  });
  return {
    ...replayed,
    quoted: config.proposerModels.length === 0 ? [] : quotedTasks(join(root, 'runs', run, REPLIES), environment.tasks),
    agent: simulated === null ? `${replayed.calls} recorded calls` : labelOf(config.agent),
  };
}

/**
 * Throws UsageError when the run cannot be played here, VerifyError when a decision differs or a
 * reply is missing. Every decision must be equal, times apart; the repository stays unchanged.
 */
async function replayNight(input: ReplayInput): Promise<ReplayedNight> {
  const { root, run, config, environment, tasks } = input;
  assertSameData(input);
  const ledger = await openLedger(await openRepository(root), config.options.env);
  const own = ledger.decisions().filter((decision) => decision.run === run && decision.seq >= config.firstSeq);
  if (own.at(-1)?.kind !== 'note')
    throw new UsageError(
      `expected a finished run, found ${run} without its end on ${ledger.branch}; type its command again to finish it`,
    );
  const recorded = join(root, 'runs', run);
  const folder = mkdtempSync(join(tmpdir(), 'optimize-replay-'));
  try {
    const store = input.simulated === null ? fileReplies(join(recorded, REPLIES), { readOnly: true }) : null;
    const agent =
      store === null
        ? (input.simulated as Agent)
        : playedBy(config, own, askedAsStored(replayAgent(config.agent, store, environment.redact), store));
    const asked = config.proposerModels.length > 0;
    const thoughts = asked ? (store ?? fileReplies(join(recorded, REPLIES), { readOnly: true })) : null;
    if (agent.digest !== config.agent.digest)
      throw new UsageError(`run ${run} was played by another build of ${agent.id}; check out the version that made it`);
    const { night, progress } = await assembleNight(
      {
        root,
        options: config.options,
        environment,
        tasks,
        agent,
        proposers: proposersOf(config, thoughts, environment.redact),
        checks: config.options.checks.map(recordedCheck),
        proposerTimeoutMs: 0,
        budget: openBudget({ maxRollouts: config.options.maxRollouts }, () => 0, stoppedAfter(recorded)),
        workTree: new Map(),
        timeoutMs: config.timeoutMs,
        emit: input.emit,
        signal: input.signal,
        now: () => Date.parse(config.started),
        command: '',
      },
      {
        ledger: storedLedger(ledger, { folder, recorded }),
        run: { name: run, config, resumed: true },
        folder,
        recorded,
      },
    );
    const summary = await optimize(night, progress);
    return { run, decisions: own.length, rollouts: summary.rollouts, calls: (store ?? thoughts)?.size ?? 0 };
  } catch (error) {
    if (error instanceof InfrastructureError)
      throw new VerifyError(
        `run ${run} cannot be played from ${REPLIES}, which is missing, was changed, or lacks replies that the night had (${error.message}); restore it from a copy`,
        { cause: error },
      );
    throw error;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * The agent with its program, which runs again. Throws UsageError unless the records name it and
 * its files are those of the night.
 */
function playedBy({ agent: { program } }: RunConfig, own: readonly Decision[], agent: Agent): Agent {
  if (program === undefined) return agent;
  const named = `command:${program.command}`;
  if (own.some(({ who }) => who.agent !== null && who.agent !== named))
    throw new UsageError(`the records do not name the program of config.json, so it was not run: ${program.command}`);
  const { digest, ...settings } = program;
  const opened = openProgram(settings);
  if (opened.digest !== digest)
    throw new UsageError(
      `the files of ${named} are not those of that night; check out the commit that it was played on`,
    );
  return { ...agent, program: opened };
}

/** The built-in proposers; edits of other proposers are in the record of the run. */
function proposersOf(
  { options, proposerModels }: RunConfig,
  store: ReplyStore | null,
  redact: Redact | undefined,
): NightInput['proposers'] {
  return options.proposers.map((name) => {
    const model = proposerModels.find(({ proposer }) => proposer === name);
    const agent = model && store ? askedAsStored(replayAgent(model, store, redact), store) : null;
    const own = { name, propose: () => ({ edits: [] }) };
    const known = PROPOSERS.find((one) => one === name);
    return { proposer: (known && builtInProposers(known, agent)[0]) ?? own, agent };
  });
}

/** A check of the caller; its answers are in the record of the run. */
const recordedCheck = (name: string): Check => ({ name, check: () => null });

/** Rollouts after which a cap of time or money ended the night; Infinity for none. */
function stoppedAfter(folder: string): number {
  try {
    const { outcome, rollouts } = jsonOf(readPlain(join(folder, 'summary.json')) ?? '') as object as NightSummary;
    return outcome.startsWith(STOPPED) ? rollouts : Number.POSITIVE_INFINITY;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

function assertSameData({ run, config, environment, tasks }: ReplayInput): void {
  const found = { environment: environment.digest, split: splitDigest(tasks) };
  for (const part of ['environment', 'split'] as const)
    if (found[part] !== config.data[part])
      throw new UsageError(
        `run ${run} was played on other data: expected ${part} ${config.data[part].slice(0, 12)}, found ${found[part].slice(0, 12)}; give the same --data, on the commit of that night`,
      );
}
