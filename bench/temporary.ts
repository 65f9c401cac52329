/**
 * A temporary repository with the retail harness and tasks of this project, for benchmarks that run
 * whole nights.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export const projectRoot = resolve(import.meta.dirname, '..');

export interface TemporaryRepository {
  readonly root: string;
  /** Runs the built CLI; gives exit code and the last JSON line. */
  optimize(...args: string[]): { code: number; last: Record<string, unknown> };
  remove(): void;
}

export function temporaryRepository(envs: readonly string[] = ['retail']): TemporaryRepository {
  const root = mkdtempSync(join(tmpdir(), 'optimize-bench-'));
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=bench', '-c', 'user.email=bench@localhost', ...args], {
      cwd: root,
      stdio: 'pipe',
    });
  for (const env of envs)
    for (const folder of ['harness', 'evals'])
      cpSync(join(projectRoot, folder, env), join(root, folder, env), { recursive: true });
  git('init', '-q', '-b', 'main');
  git('add', '.');
  git('commit', '-q', '-m', 'start');
  return {
    root,
    optimize(...args) {
      let stdout: string;
      let code = 0;
      try {
        stdout = execFileSync('node', [join(projectRoot, 'dist/cli.js'), ...args, '--json'], {
          cwd: root,
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'pipe'],
          maxBuffer: 1 << 28,
        });
      } catch (error) {
        const failed = error as { status: number; stdout: string };
        code = failed.status;
        stdout = failed.stdout;
      }
      const lines = stdout.trim().split('\n');
      return { code, last: JSON.parse(lines.at(-1) || '{}') as Record<string, unknown> };
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

/** `--name 20` on the command line, else the default. */
export function flag(name: string, fallback: number): number {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : Number(process.argv[at + 1]);
}

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1
    ? (sorted[Math.floor(middle)] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
};
