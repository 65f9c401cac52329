/** Runs the built command line in temporary repositories, as a person or a script would. */
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { AnyFields } from '../../src/ledger/any-fields.fixture.ts';
import { decisionOf, type Statement } from '../../src/ledger/format/statement.ts';
import type { Event, NightSummary } from '../../src/report/events.ts';
import { ensureBuilt, ROOT } from './build.ts';
import { runInHost } from './host.ts';

ensureBuilt();
/** `E2E=all`: each command is a process of its own, and nights are killed at more moments. */
export const THOROUGH = process.env.E2E === 'all';
const CLI = join(ROOT, 'dist', 'cli.js');
const base = mkdtempSync(join(tmpdir(), 'optimize-e2e-'));
process.on('exit', () => rmSync(base, { recursive: true, force: true }));

/** Nothing of the machine's or the user's git and model settings reaches a test. */
export const cleanEnv: Readonly<Record<string, string>> = {
  PATH: process.env.PATH ?? '',
  HOME: base,
  TMPDIR: base,
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_OPTIONAL_LOCKS: '0',
  // A process for each environment would be half of what these tests take.
  ...(THOROUGH ? {} : { OPTIMIZE_IN_PROCESS: '1' }),
};
const person = ['-c', 'user.name=Kim', '-c', 'user.email=kim@example.org', '-c', 'commit.gpgsign=false'];

let folders = 0;
/** A new empty folder, removed when the tests have ended. */
export function newFolder(): string {
  const folder = join(base, `${++folders}`);
  mkdirSync(folder);
  return folder;
}

/** Git as a person uses it; gives what it printed, without the last line end. */
export const git = (dir: string, ...args: string[]): string =>
  execFileSync('git', [...person, ...args], { cwd: dir, env: cleanEnv, encoding: 'utf8', stdio: 'pipe' }).replace(
    /\n$/,
    '',
  );

/** Writes files by path from the top of `dir`. */
export function write(dir: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  }
}

export const read = (dir: string, path: string): string => readFileSync(join(dir, path), 'utf8');

export interface Outcome {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Arguments that hold spaces, after the others. */
  readonly more?: readonly string[];
  /** Its abort is a kill -9. */
  readonly kill?: AbortSignal;
  /** Told of each whole line of stdout; may end the process. */
  onLine?(line: string, kill: (signal: NodeJS.Signals) => void): void;
}

/**
 * `optimize ARGS` in a folder; arguments are split at spaces. What a test kills, or listens to
 * while it works, is a process of its own, and with `E2E=all` everything is.
 */
export async function optimize(dir: string, args: string, options: RunOptions = {}): Promise<Outcome> {
  const argv = [...args.split(' ').filter((word) => word !== ''), ...(options.more ?? [])];
  const env = { ...cleanEnv, ...options.env };
  const alone = options.kill !== undefined || options.onLine !== undefined || THOROUGH;
  return (alone ? null : await runInHost(CLI, { dir, argv, env })) ?? spawned(dir, argv, env, options);
}

function spawned(
  dir: string,
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
  options: RunOptions,
): Promise<Outcome> {
  const child = spawn(process.execPath, [CLI, ...argv], { cwd: dir, env, stdio: ['ignore', 'pipe', 'pipe'] });
  options.kill?.addEventListener('abort', () => child.kill('SIGKILL'));
  let [stdout, stderr] = ['', ''];
  let lines = 0;
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
    const whole = stdout.split('\n').slice(0, -1);
    for (const line of whole.slice(lines)) {
      lines += 1;
      options.onLine?.(line, (signal) => child.kill(signal));
    }
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** The events of a command with `--json`; throws when a line is no JSON. */
export const eventsOf = ({ stdout }: Outcome): Event[] =>
  stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Event);

/** The last line of a night with `--json`. */
export function summaryOf(outcome: Outcome): NightSummary {
  const last = eventsOf(outcome).at(-1);
  if (last?.type !== 'summary' || !('run' in last))
    throw new Error(`no summary:\n${outcome.stdout}\n${outcome.stderr}`);
  return last;
}

/** A repository with one commit and nothing but these files. */
export function repositoryOf(files: Readonly<Record<string, string>>): string {
  const dir = newFolder();
  git(dir, 'init', '-q', '-b', 'main');
  write(dir, { '.gitattributes': '* -text\n', ...files });
  git(dir, 'add', '-A');
  git(dir, 'commit', '-q', '-m', 'start');
  return dir;
}

/** A copy with its own history, index and work tree. */
export function copyOf(dir: string): string {
  const copy = newFolder();
  cpSync(dir, copy, { recursive: true, preserveTimestamps: true });
  return copy;
}

let retail: string | undefined;
/** A repository with this project's retail harness and tasks. */
export function retailRepository(): string {
  if (retail === undefined) {
    retail = repositoryOf({ 'README.md': 'Our agent.\n' });
    for (const folder of ['harness/retail', 'evals/retail'])
      cpSync(join(ROOT, folder), join(retail, folder), { recursive: true });
    git(retail, 'add', '-A');
    git(retail, 'commit', '-q', '-m', 'retail');
  }
  return copyOf(retail);
}

let shop: Promise<string> | undefined;
/**
 * A repository with the environment that `optimize init my-shop` writes, the package installed: a
 * night on it takes a second. `init.test.ts` does without the installation.
 */
export async function shopRepository(): Promise<string> {
  shop ??= makeShop();
  return copyOf(await shop);
}

/** A night on the shop that releases v1, on a third of the tasks that it would take by itself. */
export const RELEASING = '--env my-shop --tasks 140 --budget 1';

let released: Promise<string> | undefined;
/** The shop after that night. */
export async function releasedRepository(): Promise<string> {
  released ??= makeRelease();
  return copyOf(await released);
}

async function makeRelease(): Promise<string> {
  const dir = await shopRepository();
  const { code, stderr } = await optimize(dir, RELEASING);
  if (code !== 0) throw new Error(stderr);
  return dir;
}

async function makeShop(): Promise<string> {
  const dir = repositoryOf({ 'README.md': 'Our shop.\n', '.gitignore': 'node_modules\n' });
  mkdirSync(join(dir, 'node_modules'));
  symlinkSync(ROOT, join(dir, 'node_modules', 'harness-optimizer'));
  const { code, stderr } = await optimize(dir, 'init my-shop');
  if (code !== 0) throw new Error(stderr);
  git(dir, 'add', '-A');
  git(dir, 'commit', '-q', '-m', 'my-shop');
  return dir;
}

/** All decisions of an environment in the order of the chain, read from its branch by git alone. */
export function decisionsOf(dir: string, env: string): AnyFields[] {
  const branch = `optimize/${env}`;
  const paths = git(dir, 'ls-tree', '-r', '--name-only', branch, 'runs/')
    .split('\n')
    .filter((path) => path.endsWith('.json'));
  return paths
    .map((path) => decisionOf(JSON.parse(git(dir, 'show', `${branch}:${path}`)) as Statement))
    .sort((a, b) => a.seq - b.seq);
}

/**
 * A decision without what differs between two equal nights: times, the ids of commits, which hold
 * times, and the digest of the journal, whose lines stand in the order in which rollouts ended.
 */
export const timeless = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (key, inner) => (['time', 'prev', 'commit', 'artifacts'].includes(key) ? undefined : inner)),
  );

/** Branches and tags with the commits they name. */
export const refsOf = (dir: string): string => git(dir, 'for-each-ref', '--format=%(objectname) %(refname)');

/** Runs that left a folder; [] when there is none. */
export function runsOf(dir: string): string[] {
  try {
    return readdirSync(join(dir, 'runs')).filter((name) => /-\d{4}$/.test(name));
  } catch {
    return [];
  }
}

/** What is left in the folder that the program keeps in the git folder: locks and scratch files. */
export function leftoversOf(dir: string): string[] {
  try {
    return readdirSync(join(dir, '.git', 'optimize'));
  } catch {
    return [];
  }
}
