import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { closeScratch, openScratch, sweepScratch } from './scratch.ts';

test('what a killed process left is ended and removed at the next start, what lives is kept', async () => {
  const mine = openScratch('work');
  const { pid: gone } = spawnSync('true');
  const owner = `${gone}.0123456789ab`;
  const left = join(dirname(dirname(mine)), owner);
  mkdirSync(join(left, 'work-1'), { recursive: true });
  const program = spawn('sleep', ['600'], {
    env: { ...process.env, HARNESS_OPTIMIZER_FAMILY: `${owner}.1.` },
    detached: true,
  });
  await new Promise((started) => program.once('spawn', started));
  const ended = new Promise((done) => program.once('exit', (_, signal) => done(signal)));
  sweepScratch();
  expect(await ended).toBe('SIGKILL');
  expect([existsSync(left), existsSync(mine)]).toEqual([false, true]);
  closeScratch(mine);
});
