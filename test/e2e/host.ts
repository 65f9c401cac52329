/** The one process in which the commands of a test worker run, one after another (`host.mjs`). */
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import type { Outcome } from './cli.ts';

interface Asked {
  readonly dir: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** `stale`: the command needs other modules than those that the process has loaded. */
type Answer = { readonly id: number } & ({ readonly stale: true } | (Outcome & { readonly stale?: undefined }));

let host: ChildProcess | undefined;
let last = 0;
const waiting = new Map<number, (answer: Answer | null) => void>();

function open(cli: string): ChildProcess {
  const child = fork(join(import.meta.dirname, 'host.mjs'), [cli], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    execArgv: [],
    env: { PATH: process.env.PATH ?? '' },
  });
  child.on('message', (message) => {
    const answer = message as Answer;
    waiting.get(answer.id)?.(answer);
    waiting.delete(answer.id);
  });
  child.on('exit', () => {
    host = undefined;
    for (const tell of waiting.values()) tell(null);
    waiting.clear();
  });
  child.unref();
  child.channel?.unref();
  return child;
}

/** What a command printed and its exit code; null when it needs a process of its own. */
export async function runInHost(cli: string, asked: Asked): Promise<Outcome | null> {
  host ??= open(cli);
  const [child, id] = [host, ++last];
  child.channel?.ref();
  const answer = await new Promise<Answer | null>((tell) => {
    waiting.set(id, tell);
    child.send({ id, ...asked });
  });
  if (waiting.size === 0) child.channel?.unref();
  if (answer === null || answer.stale) return null;
  const { code, stdout, stderr } = answer;
  return { code, stdout, stderr };
}
