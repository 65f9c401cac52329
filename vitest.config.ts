import { defineConfig } from 'vitest/config';

const own = { testTimeout: 120_000, hookTimeout: 120_000 };
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
