/**
 * Private tasks: whoever has the repository alone learns neither their names nor whether a guess at
 * one is right.
 */
import { createHash } from 'node:crypto';
import { chmodSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { canonicalJson } from '../../src/digest.ts';
import { decisionsOf, git, newFolder, optimize, read, shopRepository, write } from './cli.ts';
import { refuseAs } from './refusal.ts';

const NIGHT = '--budget 2 --env my-shop --tasks 160';
const POLICY = 'evals/my-shop/policy.yaml';

it('records neither name nor plain digest of a task, and goes on and verifies with the salt alone', async () => {
  const dir = await shopRepository();
  // What stands in records when tasks are not private.
  const open = await shopRepository();
  await optimize(open, NIGHT);
  const rows = decisionsOf(open, 'my-shop').find(({ settings }) => settings !== undefined)?.settings?.tasks ?? [];
  expect(rows.length).toBeGreaterThan(100);

  write(dir, { [POLICY]: 'version: 1\nprivate_tasks: true\n' });
  const env = { OPTIMIZE_KEYS: join(newFolder(), 'keys') };
  await refuseAs(env, dir, NIGHT, 2, /no salt for them.*optimize keys salt/);
  const made = await optimize(dir, 'keys salt', { env });
  expect([made.code, made.stdout]).toEqual([0, expect.stringMatching(/the salt of private tasks is in/)]);
  expect((await optimize(dir, 'keys salt', { env })).stdout).toMatch(/there is a salt already/);

  const night = await optimize(dir, NIGHT, { env });
  expect([0, 3], night.stderr).toContain(night.code);
  const salt = read(env.OPTIMIZE_KEYS, 'task-salt').trim();
  const history = git(dir, 'log', '-p', '--format=%B', 'optimize/my-shop', '--', 'runs');
  const hidden = [...rows.flatMap(({ id, sha256 }) => [`"${id}"`, sha256]), salt];
  expect(hidden.filter((text) => history.includes(text))).toEqual([]);
  const [first] = decisionsOf(dir, 'my-shop').flatMap(({ settings }) => settings ?? []);
  expect(first?.tasks).toHaveLength(rows.length);
  expect(first?.salt).not.toBe(createHash('sha256').update(canonicalJson('salt')).digest('hex'));
  expect(read(dir, 'runs/my-shop-0001/config.json') + read(dir, 'runs/my-shop-0001/report.md')).not.toContain(salt);

  const played = decisionsOf(dir, 'my-shop').flatMap(({ gate }) => gate?.pairs ?? []);
  expect(played.map(({ task }) => task).filter((task) => !/^task-[0-9a-f]{16}$/.test(task))).toEqual([]);
  expect(played.length).toBeGreaterThan(50);
  const own = rows[0]?.id;
  expect((await optimize(dir, `run --env my-shop --split all --task ${own} --show`, { env })).code).toBe(0);

  const again = await optimize(dir, NIGHT, { env: { ...env, OPTIMIZE_TASK_SALT: salt } });
  expect([0, 3], again.stderr).toContain(again.code);
  expect(decisionsOf(dir, 'my-shop').filter(({ kind }) => kind === 'settings')).toHaveLength(1);
  expect((await optimize(dir, 'verify')).code).toBe(0);
  expect((await optimize(dir, 'verify --rescore', { env })).stdout).toMatch(/: verified at V1, V4/);

  chmodSync(join(env.OPTIMIZE_KEYS, 'task-salt'), 0o644);
  await refuseAs(env, dir, NIGHT, 2, /others can read this salt; run: chmod 600/);

  // Without it nothing is altered, and what needs the tasks could not be checked.
  rmSync(join(env.OPTIMIZE_KEYS, 'task-salt'));
  expect((await optimize(dir, 'verify', { env })).code).toBe(0);
  const lost = await optimize(dir, 'verify --rescore', { env });
  expect([lost.code, lost.stdout]).toEqual([2, expect.stringMatching(/could not check .*no salt/)]);
  await optimize(dir, 'keys salt', { env });
  await refuseAs(env, dir, NIGHT, 2, /named and digested with another salt.*optimize adopt/);
});
