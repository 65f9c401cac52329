/**
 * Builds `dist/` when it is missing or older than `src/`; of several test workers one builds and
 * the others wait.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '..', '..');

/** The newest change below a folder, in milliseconds; 0 when there is none. */
function newestIn(folder: string, matches: RegExp): number {
  let newest = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true }))
    if (entry.isFile() && matches.test(entry.name))
      newest = Math.max(newest, statSync(join(entry.parentPath, entry.name)).mtimeMs);
  return newest;
}

function isStale(): boolean {
  const built = statSync(join(ROOT, 'dist', 'cli.js'), { throwIfNoEntry: false });
  if (built === undefined) return true;
  return newestIn(join(ROOT, 'src'), /(?<!\.test|\.fixture)\.ts$/) > newestIn(join(ROOT, 'dist'), /\.js$/);
}

const isTaken = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'EEXIST';

/** Blocks: nothing of a test file may run before the command line is there. */
export function ensureBuilt(): void {
  if (!isStale()) return;
  const turn = join(ROOT, 'node_modules', '.e2e-build');
  for (;;) {
    try {
      mkdirSync(turn);
      break;
    } catch (error) {
      if (!isTaken(error)) throw error;
      // A folder of a worker that was killed blocks nobody for long.
      const since = statSync(turn, { throwIfNoEntry: false })?.mtimeMs ?? 0;
      if (Date.now() - since > 120_000) rmSync(turn, { recursive: true, force: true });
      else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
    }
  }
  try {
    if (isStale()) execFileSync('npx', ['tsc', '-p', 'tsconfig.build.json'], { cwd: ROOT, stdio: 'pipe' });
  } finally {
    rmSync(turn, { recursive: true, force: true });
  }
}
