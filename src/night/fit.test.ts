/** An environment that was found sound is not played again while its files stay the same. */
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, it } from 'vitest';
import type { Environment, Task } from '../types.ts';
import { checkedFit, type FitInput, forgetFit } from './fit.ts';
import { lamp } from './lamp.fixture.ts';

const folders: string[] = [];
afterAll(() => folders.forEach((folder) => void rmSync(folder, { recursive: true })));

let root: string;
let resets: number;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'fit-'));
  folders.push(root);
  resets = 0;
});

const counted: Environment = {
  ...lamp,
  file: '/lamp.js',
  reset(task: Task) {
    resets += 1;
    return lamp.reset(task);
  },
};
const DAY = 86_400_000;
const NOW = Date.parse('2026-05-01T10:00:00Z');

/** Times that the environment was started by one night, which is kept. */
async function startsOf(change: Partial<FitInput> = {}): Promise<number> {
  resets = 0;
  const fit = await checkedFit({ root, environment: counted, tasks: counted.tasks, nowMs: NOW, ...change });
  fit.keep();
  return resets;
}

it('plays once, says since when, and is out of git', async () => {
  const first = await startsOf();
  expect([first > 20, await startsOf()]).toEqual([true, 0]);
  const again = await checkedFit({ root, environment: counted, tasks: counted.tasks, nowMs: NOW + DAY });
  expect(again.since).toBe('2026-05-01T10:00:00.000Z');
  expect(readFileSync(join(root, 'runs/env-check/.gitignore'), 'utf8')).toBe('*\n');
});

it.each<[string, Partial<FitInput>]>([
  ['other files', { environment: { ...counted, digest: 'b'.repeat(64) } }],
  ['other tasks', { tasks: lamp.tasks.slice(1) }],
  ['a model, which asks for a fresh process', { freshly: async () => [] }],
  ['a month later', { nowMs: NOW + 30 * DAY }],
  ['a clock that was turned back', { nowMs: NOW - DAY }],
])('plays again with %s', async (_, change) => {
  await startsOf();
  expect(await startsOf(change)).toBeGreaterThan(20);
});

it('plays again after env check found a problem, and where the verdict is half a file', async () => {
  await startsOf();
  forgetFit(root, 'lamp');
  expect(await startsOf()).toBeGreaterThan(20);
  writeFileSync(join(root, 'runs/env-check/lamp.json'), '{"key":');
  expect(await startsOf()).toBeGreaterThan(20);
});

it('keeps no verdict of a fault, none before the night has begun, and follows no link', async () => {
  let served = 0;
  const score: Environment['score'] = () => ({ reward: served++ % 2, checks: [] });
  const faulty = { ...counted, score };
  for (const _ of ['first', 'second']) await expect(startsOf({ environment: faulty })).rejects.toThrow(/not fit/);
  await checkedFit({ root, environment: counted, tasks: counted.tasks, nowMs: NOW });
  expect(await startsOf()).toBeGreaterThan(20);
  rmSync(join(root, 'runs/env-check'), { recursive: true });
  symlinkSync(tmpdir(), join(root, 'runs/env-check'));
  await expect(startsOf()).rejects.toThrow(/link or device/);
});
