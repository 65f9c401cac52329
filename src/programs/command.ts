/** An agent that is a program: a rollout is one run of it against a gateway of its own. */
import { randomBytes } from 'node:crypto';
import { existsSync, lstatSync, readFileSync } from 'node:fs';
import { isAbsolute, relative, resolve } from 'node:path';
import { canonicalJson, sha256 } from '../digest.ts';
import { closeAllScratch, closeScratch, openScratch, sweepScratch } from '../environments/scratch.ts';
import { endedBy, UsageError } from '../errors.ts';
import type { Spend } from '../models/calls.ts';
import type { Price } from '../models/prices.ts';
import { faultOf } from '../runtime/answers.ts';
import type { Agent, AgentProgram, EpisodeResult, Fault, ProgramRollout, ProgramSettings } from '../types.ts';
import { placeFiles } from './files.ts';
import { openRolloutGateway } from './gateway.ts';
import { normalizing } from './normal.ts';
import { runProgram, withPaths } from './run.ts';
import { modelUpstream } from './upstream.ts';

export interface CommandOptions extends Omit<ProgramSettings, 'command'> {
  /** Name of the variable with the key of the endpoint. @default OPENAI_API_KEY */
  readonly keyEnv?: string;
  /** A file of the repository names the address: the key has to be bound outside of it. */
  readonly named?: true;
  readonly price?: Price;
  /** Concurrent calls of all rollouts. @default 64 */
  readonly concurrency?: number;
}

/** Opens the agent; `settings` is what an environment file says of it. */
export type CommandSource = ((spend: Spend) => Promise<Agent>) & { readonly settings: ProgramSettings };

const TIMEOUT_S = 600;
/** Most tokens of a reply to a program that names no limit; only a cap of money needs it. */
const MOST_TOKENS = 32_768;

/**
 * A program as agent. It finds the request in TASK.md and OPTIMIZE_REQUEST, the harness in
 * AGENTS.md and skills/, its model at OPENAI_BASE_URL; the last line that it prints is its answer.
 *
 * @example
 * await runNight({ root, environment, agent: command('python bot.py', { timeoutS: 120 }) });
 */
export function command(line: string, options: CommandOptions = {}): CommandSource {
  const { keyEnv: _, named: __, price: ___, concurrency: ____, ...given } = options;
  const settings: ProgramSettings = { command: line, ...given };
  return Object.assign((spend: Spend) => openCommand(settings, options, spend), { settings });
}

/** Opens and checks the endpoint. Throws as `openaiAgent`, and UsageError for an empty command. */
export async function openCommand(
  settings: ProgramSettings,
  { keyEnv, named, price, concurrency }: CommandOptions = {},
  spend?: Spend,
): Promise<Agent> {
  const { command: line, upstream } = settings;
  if (line.trim() === '') throw new UsageError('command: expected a command such as "python bot.py", got nothing');
  if (process.platform === 'win32') throw new UsageError('command: programs as agents need a system with /bin/sh');
  const { openaiAgent } = await import('../models/openai.ts');
  const model = await openaiAgent(
    {
      model: '(what the program asks for)',
      maxTokens: MOST_TOKENS,
      ...(upstream === undefined ? {} : { baseUrl: upstream }),
      ...(keyEnv === undefined ? {} : { keyEnv }),
      ...(named === undefined ? {} : { named }),
      ...(price === undefined ? {} : { price }),
      ...(concurrency === undefined ? {} : { concurrency }),
    },
    spend,
  );
  const program = openProgram(settings);
  return {
    ...model,
    id: `command:${line}`,
    digest: sha256(canonicalJson({ model: model.digest, program: program.digest })),
    program,
  };
}

const placeOf = ({ cwd = '.' }: ProgramSettings): string => resolve(cwd);

/** sha256 (hex) of the command, its limit and the files that it names. */
export function programDigest(settings: ProgramSettings): string {
  const place = placeOf(settings);
  const files = withPaths(settings.command, place)
    .split(/[\s"';]+/)
    .filter((word) => isAbsolute(word) && existsSync(word) && lstatSync(word).isFile())
    .filter((word) => !relative(place, word).startsWith('..'))
    .map((word) => [relative(place, word), sha256(readFileSync(word))]);
  return sha256(canonicalJson({ command: settings.command, timeoutS: settings.timeoutS ?? TIMEOUT_S, files }));
}

let swept = false;

/** The program without a model: what a replay needs. */
export function openProgram(settings: ProgramSettings): AgentProgram {
  if (!swept) {
    swept = true;
    sweepScratch();
    process.once('exit', closeAllScratch);
  }
  return { settings, digest: programDigest(settings), play: (rollout) => play(settings, rollout) };
}

async function play(settings: ProgramSettings, rollout: ProgramRollout): Promise<EpisodeResult> {
  const { harness, environment, task, seed, model, folder } = rollout;
  const home = openScratch('home');
  const work = folder ?? openScratch('work');
  const stop = new AbortController();
  let failed: { readonly error: unknown } | null = null;
  const token = randomBytes(24).toString('hex');
  const words: [string, string][] = [[token, 'token']];
  const normal = normalizing({
    paths: [
      [work, '/rollout/work'],
      [home, '/rollout/home'],
    ],
    words,
    volatile: environment.volatile ?? [],
    startedMs: Date.now(),
  });
  const onFault = (error: unknown) => {
    failed ??= { error };
    stop.abort();
  };
  const upstream = modelUpstream(model, { seed, normal, onFault });
  const gateway = await openRolloutGateway(rollout, { upstream, token });
  words.push([new URL(gateway.url).host, 'gateway']);
  try {
    placeFiles(work, task.request, harness, environment);
    const timeoutMs = (settings.timeoutS ?? TIMEOUT_S) * 1000;
    const end = await runProgram({
      command: settings.command,
      cwd: placeOf(settings),
      work,
      home,
      timeoutMs,
      variables: {
        OPENAI_BASE_URL: gateway.url,
        OPENAI_API_BASE: gateway.url,
        OPENAI_API_KEY: token,
        OPTIMIZE_REQUEST: task.request,
        OPTIMIZE_WORKSPACE: work,
      },
      signal: AbortSignal.any([rollout.signal, stop.signal]),
    });
    if (rollout.signal.aborted) throw endedBy(rollout.signal);
    const { steps, prompt } = normal.out(gateway.trace());
    const played = { prompt, model: upstream.model, usage: upstream.usage };
    // A fault of the endpoint is not the program's: it throws what must end the night.
    if (failed !== null) return { ...played, ending: null, fault: faultIn(failed), steps };
    const summary = normal.out(end.stdout.trimEnd().split('\n').at(-1)?.trim() ?? '');
    const ending = { reason: reasonOf(end), summary } as const;
    const note =
      end.code === 0 || end.timedOut ? [] : [{ kind: 'note', by: 'program', text: codeOf(end.code) } as const];
    if (note.length > 0) tellFault(task.id, end.stderr);
    return { ...played, ending, steps: [...steps, ...note, { kind: 'end', ending }] };
  } finally {
    await gateway.close();
    closeScratch(home);
    if (folder === undefined) closeScratch(work);
  }
}

const faultIn = ({ error }: { readonly error: unknown }): Fault => faultOf(error);
const codeOf = (code: number | null): string => (code === null ? 'ended by a signal' : `exit code ${code}`);
const reasonOf = ({ code, timedOut }: { code: number | null; timedOut: boolean }) =>
  timedOut ? 'timeout' : code === 0 ? 'text' : 'stopped';

/** Programs whose last words are shown: more say nothing new. */
const MOST_TOLD = 3;
let told = 0;
function tellFault(task: string, stderr: string): void {
  told += 1;
  if (told > MOST_TOLD) return;
  const words = stderr.trim().slice(-1000);
  process.stderr.write(
    `optimize: the program failed on task ${task}: ${words === '' ? '(it said nothing)' : JSON.stringify(words)}\n`,
  );
}
