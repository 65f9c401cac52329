/** One run of a program: its own variables, process group and time limit. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { endFamily, newFamily } from '../environments/child/family.ts';
import { childVariables } from '../environments/child/variables.ts';

export interface ProgramRun {
  readonly command: string;
  /** Where the files lie that the command names. */
  readonly cwd: string;
  readonly work: string;
  readonly home: string;
  readonly timeoutMs: number;
  /** Address and key of its gateway, the request. */
  readonly variables: Readonly<Record<string, string>>;
  /** Aborting ends it at once. */
  readonly signal: AbortSignal;
}

export interface ProgramEnd {
  /** Null after a signal. */
  readonly code: number | null;
  readonly timedOut: boolean;
  /** Its last words on stdout and stderr, some kB of each. */
  readonly stdout: string;
  readonly stderr: string;
}

/** Milliseconds between TERM and KILL. */
const GRACE_MS = 2000;
const KEPT = 64 * 1024;
/** Ways of the person's own agents, which a rollout does not share. */
const PERSONAL = /^(?:OPENAI_|ANTHROPIC_|CLAUDE|CODEX|XDG_|GIT_|npm_|NODE_|VITEST|TMPDIR$|TEMP$|TMP$)/;
const HERE = '127.0.0.1,localhost,::1';

/** Words that name files from `cwd` become absolute: the program runs in another folder. */
export const withPaths = (command: string, cwd: string): string =>
  command.replace(
    /(^|[\s"'=])(\.{0,2}[\w-][\w./@+-]*|\.{1,2}\/[\w./@+-]+)(?=$|[\s"';])/g,
    (all, before: string, word: string, at: number) => {
      const path = resolve(cwd, word);
      const isCommand = at === 0 && !word.includes('/');
      return isCommand || !existsSync(path)
        ? all
        : `${before}${/[\w./@+-]+/.exec(path)?.[0] === path ? path : `'${path}'`}`;
    },
  );

function variablesOf({ home, variables }: ProgramRun): Record<string, string> {
  const given = Object.entries(childVariables(process.env)).filter(([name]) => !PERSONAL.test(name));
  const folders = {
    HOME: home,
    XDG_CONFIG_HOME: join(home, '.config'),
    XDG_CACHE_HOME: join(home, '.cache'),
    XDG_DATA_HOME: join(home, '.local/share'),
    XDG_STATE_HOME: join(home, '.local/state'),
    XDG_RUNTIME_DIR: join(home, '.run'),
    CODEX_HOME: join(home, '.codex'),
    CLAUDE_CONFIG_DIR: join(home, '.claude'),
    TMPDIR: join(home, 'tmp'),
  };
  for (const folder of Object.values(folders)) mkdirSync(folder, { recursive: true, mode: 0o700 });
  return { ...Object.fromEntries(given), ...folders, NO_PROXY: HERE, no_proxy: HERE, ...variables };
}

/** Ends with everything that the program started, whatever happens. */
export async function runProgram(run: ProgramRun): Promise<ProgramEnd> {
  const { mark, variables } = newFamily(variablesOf(run));
  const said = { stdout: '', stderr: '' };
  if (run.signal.aborted) return { code: null, timedOut: false, ...said };
  const child = spawn('/bin/sh', ['-c', withPaths(run.command, run.cwd)], {
    cwd: run.work,
    env: { ...variables, PWD: run.work },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (piece: string) => {
      said[name] = (said[name] + piece).slice(-KEPT);
    });
  const end = () => endFamily(child.pid, mark);
  let timedOut = false;
  const kill = setTimeout(end, run.timeoutMs + GRACE_MS);
  const term = setTimeout(() => {
    timedOut = true;
    try {
      process.kill(-(child.pid as number), 'SIGTERM');
    } catch {
      // It has just ended.
    }
  }, run.timeoutMs);
  run.signal.addEventListener('abort', end, { once: true });
  try {
    const code = await new Promise<number | null>((ended) => {
      child.once('error', () => ended(127));
      child.once('exit', ended);
    });
    // What it left in the background holds its pipes.
    end();
    if (child.pid !== undefined && !child.stdout.closed) await new Promise((closed) => child.once('close', closed));
    return { code, timedOut, ...said };
  } finally {
    clearTimeout(kill);
    clearTimeout(term);
    run.signal.removeEventListener('abort', end);
  }
}
