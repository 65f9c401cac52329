/**
 * `optimize replay RUN`: plays a finished night again from what was recorded, and holds its
 * decisions against the ledger.
 */
import { existsSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { UsageError } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { openRepository } from '../ledger/git/git.ts';
import { REPLIES } from '../models/replies.ts';
import { readConfig } from '../night/run.ts';
import { quotedTasks } from '../proposal/held-out.ts';
import { type ReplayedNight, replayNight } from '../replay.ts';
import { printable } from '../report/terminal.ts';
import { chooseModel, openAgent } from './agent.ts';
import { interruptible } from './interruption.ts';
import { say, sayJson } from './open-ledger.ts';
import { openEnvironment, selectTasks } from './setup.ts';

interface DataFlags {
  readonly env?: string;
  readonly data?: string;
}

/** Throws as `replayNight`, and UsageError for a run whose folder is not whole. */
export async function replayRun(
  root: string,
  run: string,
  flags: DataFlags,
): Promise<ReplayedNight & { agent: string; quoted: readonly string[] }> {
  const config = readConfig(join(root, 'runs', run));
  if (config === null)
    throw new UsageError(`runs/${run}/config.json is missing or was cut off; expected the folder of a finished run`);
  const { env, tags, tasks: count } = config.options;
  const environment = await openEnvironment(
    { env: flags.env ?? env, ...(flags.data === undefined ? {} : { data: resolve(flags.data) }) },
    root,
  );
  const simulated = config.agent.simulated
    ? await openAgent(chooseModel({ model: config.agent.id }, root), environment)
    : null;
  const interruption = interruptible();
  const replayed = await replayNight({
    root,
    run,
    config,
    environment,
    tasks: selectTasks(environment.tasks, { tags, count }),
    simulated,
    emit: () => {},
    signal: interruption.signal,
  }).finally(() => interruption.stop());
  return {
    ...replayed,
    quoted: config.proposerModels.length === 0 ? [] : quotedTasks(join(root, 'runs', run, REPLIES), environment.tasks),
    agent: simulated === null ? `${replayed.calls} recorded calls` : `${config.agent.id}, SIMULATED`,
  };
}

/**
 * `given` is a run of the repository here (retail-0001), or the path of a run's folder in any
 * repository.
 */
export async function replayCommand(options: Record<string, unknown>, given = ''): Promise<number> {
  const flags = options as DataFlags & { json?: boolean };
  const { root, run } = await placeOf(given);
  const started = performance.now();
  const { agent, quoted: _, ...replayed } = await replayRun(root, run, flags);
  const seconds = Math.round((performance.now() - started) / 100) / 10;
  if (flags.json) sayJson({ type: 'replay', ...replayed, seconds });
  else
    say(
      printable(
        `${run}: ${replayed.decisions} decisions came out equal, times apart; ${replayed.rollouts} rollouts played from ` +
          `${agent}, 0 calls made, ${seconds} s`,
      ),
    );
  return EXIT.ok;
}

async function placeOf(given: string): Promise<{ root: string; run: string }> {
  const path = resolve(given);
  if (existsSync(path) && statSync(path).isDirectory() && basename(dirname(path)) === 'runs')
    return { root: (await openRepository(dirname(dirname(path)))).root, run: basename(path) };
  return { root: (await openRepository(process.cwd())).root, run: given };
}
