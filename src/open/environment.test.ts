/** An environment that was made by hand is played under time limits, as any other. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { NO_POLICY } from '../policy/policy.ts';
import type { Environment, Task } from '../types.ts';
import { openEnvironment, shelter } from './environment.ts';

const task: Task = { id: 't1', split: 'train', tags: [], request: 'Wait.', target: null };
const byHand: Environment = {
  name: 'counter',
  digest: 'by hand',
  tools: [],
  tasks: [task],
  maxTurns: 5,
  ceiling: 0,
  timeoutMs: 5,
  reset: () => new Promise(() => {}),
  execute: () => new Promise(() => {}),
  score: () => ({ reward: 2, checks: [] }),
};

test('hangs and wrong answers of an environment made by hand are its own faults', async () => {
  const environment = shelter(byHand, '.', NO_POLICY);
  await expect(environment.reset(task)).rejects.toThrow('reset of task t1 gave no answer within 0.005 s');
  expect(() => environment.score(task, {}, { reason: 'done', summary: '' })).toThrow(
    /a reward of 2; expected a number from 0 to 1/,
  );
  expect(shelter(environment, '.', NO_POLICY).reset).toBe(environment.reset);
});

test('a variable that the process of an environment is not given is no secret of what it says', () => {
  vi.stubEnv('SORT_KEY', '#W4536725');
  const apart = shelter({ ...byHand }, '.', NO_POLICY, { apart: true });
  expect(shelter(apart, '.', NO_POLICY).redact?.('#W4536725') ?? '#W4536725').toBe('#W4536725');
  expect(shelter({ ...byHand }, '.', NO_POLICY).redact?.('#W4536725')).toBe('[secret]');
  vi.unstubAllEnvs();
});

test('bytes that no record knows are not run', async () => {
  const root = mkdtempSync(join(tmpdir(), 'recorded-'));
  mkdirSync(join(root, 'evals/shop'), { recursive: true });
  const [file, mark] = [join(root, 'evals/shop/environment.mjs'), join(root, 'ran')];
  writeFileSync(file, `import { writeFileSync } from 'node:fs';\nwriteFileSync(${JSON.stringify(mark)}, '');\n`);
  const recorded = { plain: new Set(['0'.repeat(64)]), keyed: new Set<string>() };
  await expect(openEnvironment({ env: 'shop' }, root, { recorded })).rejects.toThrow(
    /not those of any recorded setting/,
  );
  expect(existsSync(mark)).toBe(false);
  rmSync(root, { recursive: true });
});
