import { mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** Hundreds of repositories are made, each write of git waiting for the disk: memory has none. */
const MEMORY = '/dev/shm';
const ROOM = 4 * 2 ** 30;
function hasRoom(): boolean {
  try {
    const { bavail, bsize } = statfsSync(MEMORY);
    return bavail * bsize >= ROOM;
  } catch {
    return false;
  }
}
if (process.env.TMPDIR === undefined && hasRoom()) {
  const folder = mkdtempSync(join(MEMORY, 'optimize-tests-'));
  process.env.TMPDIR = folder;
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
}

/** Ends what hangs alone: concurrent tests wait for each other, on a busy machine for minutes. */
const own = { testTimeout: 300_000, hookTimeout: 300_000 };
/** Files share a worker and what it has loaded, since starting costs more than most tests do. */
const shared = { ...own, isolate: false };
/** Files that replace a module of Node cannot share it. */
const alone = ['src/models/faults.test.ts'];

export default defineConfig({
  test: {
    maxWorkers: '100%',
    projects: [
      { test: { ...shared, name: 'e2e', include: ['test/e2e/*.test.ts'] } },
      { test: { ...shared, name: 'unit', include: ['src/**/*.test.ts', 'test/*.test.ts'], exclude: alone } },
      { test: { ...own, name: 'alone', include: alone } },
    ],
  },
});
