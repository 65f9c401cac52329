/** Environments whose state is a folder: copied for each rollout, changed by a program, scored. */
import { spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, isAbsolute, join, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { jsonOf, sha256 } from '../digest.ts';
import { EnvironmentError, UsageError } from '../errors.ts';
import { guarded } from '../runtime/guard.ts';
import type { Ending, Environment, MaybePromise, ProgramSettings, Score, ScoreContext, Tool } from '../types.ts';
import { childVariables } from './child/variables.ts';
import { defineEnvironment } from './define.ts';
import type { DefinedState, EnvironmentDefinition, TaskDefinition } from './definition.ts';
import { closeScratch, openScratch } from './scratch.ts';

type Given<Input> = Pick<
  EnvironmentDefinition<WorkspaceState, Input>,
  'name' | 'tasks' | 'prompt' | 'vocabulary' | 'volatile' | 'timeoutMs' | 'maxTurns' | 'ceiling' | 'digest'
>;

export interface WorkspaceDefinition<Input> extends Given<Input> {
  /**
   * The folder that each rollout gets a copy of: a path below `evals/<name>/`, an absolute one or a
   * URL, also as a function of the task. @default an empty folder
   */
  readonly template?: string | URL | ((task: TaskDefinition<Input>) => string | URL);
  /** Files beside those of the template: path -> text. */
  files?(task: TaskDefinition<Input>): Readonly<Record<string, string>>;
  /**
   * A shell command, run in `evals/<name>/` with WORKSPACE, TASK, TASK_INPUT, ANSWER and REWARD:
   * exit code 0 is 1, any other 0, unless it writes a number or {reward, checks} to $REWARD.
   */
  readonly score: string | WorkspaceScorer<Input>;
  /** The program that plays: made by `command`. */
  readonly agent?: { readonly settings: ProgramSettings };
  /** Tools of the program that rules may name. @default none are known */
  readonly tools?: readonly Tool[];
}

export type WorkspaceScorer<Input> = (
  task: TaskDefinition<Input>,
  folder: string,
  ending: Ending,
  context: ScoreContext,
) => MaybePromise<Score>;

/** Path -> digest of each file at the start; the folder itself stands in no text. */
interface WorkspaceState {
  readonly folder: string;
  readonly start: ReadonlyMap<string, string>;
}

/** What the program is given, which is no change of the state. */
const GIVEN = /^(?:TASK\.md|AGENTS\.md|skills(?:\/|$)|\.git(?:\/|$))/;
/** Files beyond that many are not compared. */
const MOST_FILES = 20_000;
const MOST_CHANGES = 200;

/** Path from `folder` -> digest; links as such. */
function filesIn(folder: string): Map<string, string> {
  const found = new Map<string, string>();
  const walk = (below: string): void => {
    for (const entry of readdirSync(join(folder, below), { withFileTypes: true })) {
      const path = below === '' ? entry.name : `${below}/${entry.name}`;
      if (GIVEN.test(path) || found.size >= MOST_FILES) continue;
      if (entry.isDirectory()) walk(path);
      else if (entry.isFile()) found.set(path, sha256(readFileSync(join(folder, path))));
      else if (entry.isSymbolicLink()) found.set(path, `-> ${readlinkSync(join(folder, path))}`);
    }
  };
  walk('');
  return found;
}

function changesOf({ folder, start }: WorkspaceState): string[] {
  const now = filesIn(folder);
  const lines = [
    ...[...now].flatMap(([path, digest]) => {
      const before = start.get(path);
      return before === digest ? [] : [`${path}: ${before === undefined ? 'added' : 'changed'}`];
    }),
    ...[...start.keys()].flatMap((path) => (now.has(path) ? [] : [`${path}: removed`])),
  ].sort();
  return lines.length <= MOST_CHANGES
    ? lines
    : [...lines.slice(0, MOST_CHANGES), `and ${lines.length - MOST_CHANGES} more`];
}

/** `evals/<name>` of the folder in which the command was typed, or of one above it. */
function homeOf(name: string): string {
  for (let at = process.cwd(); ; at = dirname(at)) {
    const home = join(at, 'evals', name);
    if (existsSync(home)) return home;
    if (dirname(at) === at) return process.cwd();
  }
}

const placeOf = (name: string, given: string | URL): string => {
  const path = given instanceof URL ? fileURLToPath(given) : given;
  return isAbsolute(path) ? path : resolve(homeOf(name), path);
};

/**
 * An environment for agents that are programs. Throws UsageError for a template that is no folder.
 *
 * @example
 * export default workspace({
 *   name: 'fixes',
 *   tasks: [{ id: 'sum', input: 'Make sum.js add.' }],
 *   template: 'template',
 *   score: 'node score.mjs',
 *   agent: command('python bot.py'),
 * });
 */
export function workspace<Input = string>(
  definition: WorkspaceDefinition<Input>,
): Environment<DefinedState<WorkspaceState>> {
  const { template, files, score, agent, tools, timeoutMs = 300_000, maxTurns = 200, ...given } = definition;
  const { name } = given;
  const environment = defineEnvironment<WorkspaceState, Input>({
    ...given,
    timeoutMs,
    maxTurns,
    tools: {},
    answer: { kind: 'text' },
    replayable: false,
    reset(task) {
      const folder = openScratch('work');
      if (template !== undefined) {
        const from = placeOf(name, typeof template === 'function' ? template(task) : template);
        if (!existsSync(from) || !lstatSync(from).isDirectory())
          throw new UsageError(`${name}: the template of task ${task.id} is no folder`, { where: from });
        cpSync(from, folder, { recursive: true, verbatimSymlinks: true });
      }
      for (const [path, text] of Object.entries(files?.(task) ?? {})) {
        const to = resolve(folder, path);
        if (!to.startsWith(folder + sep))
          throw new UsageError(`${name}: the file ${path} of task ${task.id} lies outside`);
        mkdirSync(dirname(to), { recursive: true });
        writeFileSync(to, text);
      }
      return { folder, start: filesIn(folder) };
    },
    changes: changesOf,
    dispose: ({ folder }) => closeScratch(folder),
    score: (task, { folder }, ending, context) =>
      typeof score === 'string'
        ? scoredByScript(score, { name, task, folder, ending, signal: context.signal })
        : score(task, folder, ending, context),
  });
  return guarded({
    ...environment,
    ...(tools === undefined ? {} : { tools }),
    ...(agent === undefined ? {} : { agent: agent.settings }),
    folder: ({ now }) => now.folder,
    stateText: ({ now }) => JSON.stringify([...now.start].sort()),
  });
}

interface Scored {
  readonly name: string;
  readonly task: TaskDefinition<unknown>;
  readonly folder: string;
  readonly ending: Ending;
  readonly signal?: AbortSignal | undefined;
}

/** The script lies outside of the folder, and its reward too: the program can write neither. */
async function scoredByScript(script: string, { name, task, folder, ending, signal }: Scored): Promise<Score> {
  const scratch = openScratch('score');
  const file = join(scratch, 'reward.json');
  try {
    const code = await new Promise<number | null>((ended, failed) => {
      const child = spawn('/bin/sh', ['-c', script], {
        cwd: homeOf(name),
        env: {
          ...childVariables(process.env),
          WORKSPACE: folder,
          TASK: task.id,
          TASK_INPUT: typeof task.input === 'string' ? task.input : JSON.stringify(task.input),
          ANSWER: ending.summary,
          REWARD: file,
        },
        stdio: ['ignore', 'ignore', 'inherit'],
        ...(signal ? { signal } : {}),
      });
      child.once('error', failed);
      child.once('exit', ended);
    });
    if (existsSync(file)) return scoreIn(readFileSync(file, 'utf8'), script);
    if (code === null || code === 126 || code === 127)
      throw new EnvironmentError(`the scorer \`${script}\` did not run (exit code ${code})`);
    return { reward: code === 0 ? 1 : 0, checks: [{ name: 'script', passed: code === 0 }] };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function scoreIn(text: string, script: string): Score {
  const value = jsonOf(text);
  const { reward, checks } = (typeof value === 'number' ? { reward: value } : value) as Partial<Score>;
  if (typeof reward !== 'number')
    throw new EnvironmentError(
      `the scorer \`${script}\` wrote ${text.slice(0, 100)}; expected a number or {"reward": 0 to 1}`,
    );
  return { reward, checks: checks ?? [{ name: 'script', passed: reward === 1, detail: `reward ${reward}` }] };
}
