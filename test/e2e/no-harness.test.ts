/** An environment alone, as docs/environments.md shows it: no harness folder means the defaults. */
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from './build.ts';
import { decisionsOf, git, optimize, read, repositoryOf } from './cli.ts';

const [, LAMPS = ''] = /```js\n([\s\S]*?)```/.exec(read(ROOT, 'docs/environments.md')) ?? [];
// As many tasks as a release needs for its look.
const text = LAMPS.replace('length: 120', 'length: 240');

it('the first example plays a night without a harness, and apply writes the folder', async () => {
  const dir = repositoryOf({ '.gitignore': 'node_modules\n', 'evals/lamps/environment.mjs': text });
  mkdirSync(join(dir, 'node_modules'));
  symlinkSync(ROOT, join(dir, 'node_modules', 'harness-optimizer'));
  expect(await optimize(dir, 'env check lamps')).toMatchObject({ code: 0, stdout: expect.stringMatching(/sound\n$/) });
  const night = await optimize(dir, '--env lamps --budget 1');
  expect(night.stdout).toMatch(/# lamps, night 1: released v1/);
  expect(decisionsOf(dir, 'lamps').map(({ kind }) => kind)).not.toContain('external');
  expect(git(dir, 'status', '--porcelain')).not.toMatch(/harness/);
  expect(await optimize(dir, 'apply --env lamps')).toMatchObject({ code: 0, stderr: '' });
  expect(read(dir, 'harness/lamps/regulation.yaml')).toMatch(/^monitors:/);
  expect(git(dir, 'status', '--porcelain', 'harness')).toBe('');
  expect((await optimize(dir, '--env lamps --budget 1')).stdout).toMatch(/# lamps, night 2/);
  expect((await optimize(dir, 'verify --env lamps')).stdout).toContain('every decision agrees');
});
