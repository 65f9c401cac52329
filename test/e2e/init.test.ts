/**
 * `optimize init NAME`: an environment of one's own, from nothing to a released harness, without
 * the package installed there.
 */
import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  decisionsOf,
  git,
  type Outcome,
  optimize,
  RELEASING,
  read,
  repositoryOf,
  summaryOf,
  THOROUGH,
  write,
} from './cli.ts';

describe('an environment of my own', () => {
  let dir: string;
  let made: Outcome;
  beforeAll(async () => {
    dir = repositoryOf({ 'README.md': 'Our shop.\n' });
    made = await optimize(dir, 'init my-shop');
  });

  it('is one file of at most 25 lines, a policy and settings', () => {
    expect(made.code).toBe(0);
    expect(git(dir, 'status', '--porcelain', '-uall').replaceAll('?? ', '').split('\n')).toEqual([
      'evals/my-shop/environment.js',
      'harness/my-shop/harness.yaml',
      'harness/my-shop/policy.md',
    ]);
    const lines = read(dir, 'evals/my-shop/environment.js').trimEnd().split('\n');
    expect(lines.length).toBeLessThanOrEqual(25);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(140);
  });

  it('says what to type next, and that works as it is written', async () => {
    const commands = [...made.stdout.matchAll(/optimize (env check .*|--budget .*)$/gm)].map((match) => match[1] ?? '');
    expect(commands).toEqual(['env check my-shop', '--budget 5 --env my-shop']);
    git(dir, 'add', '-A');
    git(dir, 'commit', '-q', '-m', 'add my-shop');
    const checked = await optimize(dir, commands[0] as string);
    expect([checked.code, checked.stdout]).toEqual([
      0,
      expect.stringMatching(
        /400 tasks \(200 train, 100 dev, 100 sealed\)\noracle 100\.0 %, do-nothing agent 0\.0 %.*\n400 tasks: learns, proposes and can release\.\n(?:note: .*\n)*sound\n$/,
      ),
    ]);
  });

  it.each(THOROUGH ? ['commonjs', 'module', undefined] : ['module'])(
    'loads in a package of type %s, as .mjs and as .js',
    async (type) => {
      const own = repositoryOf({ 'package.json': JSON.stringify({ name: 'own', type }) });
      expect((await optimize(own, 'init my-shop')).code).toBe(0);
      expect((await optimize(own, 'env check my-shop')).stdout).toMatch(/\nsound\n$/);
      const file = join(own, 'evals/my-shop/environment');
      const [written, other] = type === 'module' ? ['js', 'mjs'] : ['mjs', 'js'];
      renameSync(`${file}.${written}`, `${file}.${other}`);
      expect((await optimize(own, 'env check my-shop')).stdout).toMatch(/\nsound\n$/);
    },
  );

  it('is imported by name although the package is not installed there', () => {
    expect(existsSync(join(dir, 'node_modules'))).toBe(false);
    expect(read(dir, 'evals/my-shop/environment.js')).toContain("from 'harness-optimizer'");
  });

  it('gets a night that ends with a page and learns from its failures', async () => {
    const night = await optimize(dir, THOROUGH ? '--budget 5 --env my-shop' : RELEASING);
    expect(night.code).toBe(0);
    expect(night.stdout).toMatch(/^\n# my-shop, night 1: released v1\n/);
    expect(night.stdout).toMatch(/optimize apply --env my-shop/);
    expect(night.stdout.trim()).toBe(read(dir, 'runs/my-shop-0001/report.md').trim());
    const contract = git(dir, 'show', 'optimize/my-shop:harness/my-shop/contract.yaml');
    expect(contract).toMatch(/repair: \{prefix: "#"\}/);
    expect(contract).toMatch(/require: parcel\.status == "waiting"/);
    const causes = decisionsOf(dir, 'my-shop').flatMap(({ causes = [] }) => causes.map(({ pattern }) => pattern));
    expect(causes).toEqual(expect.arrayContaining(['missing_prefix', 'text_call']));
  });

  it('scores the release on tasks that nobody has seen', async () => {
    const scores = [];
    for (const harness of ['main', 'v1']) {
      const run = await optimize(
        dir,
        `run --env my-shop --harness ${harness} --generate ${THOROUGH ? 200 : 100} --tasks-seed 11 --json`,
      );
      expect(run.code).toBe(0);
      scores.push((JSON.parse(run.stdout) as { score: number }).score);
    }
    expect(scores[1]).toBeGreaterThan(scores[0] as number);
  });

  it('may be TypeScript', async () => {
    const path = 'evals/my-shop/environment';
    renameSync(join(dir, `${path}.js`), join(dir, `${path}.ts`));
    const text = read(dir, `${path}.ts`);
    write(dir, { [`${path}.ts`]: text.replace('const towns = [', 'const towns: [string, ...string[]] = [') });
    const checked = await optimize(dir, 'env check my-shop --json');
    expect(checked.stderr).toBe('');
    expect(JSON.parse(checked.stdout)).toMatchObject({ type: 'check', tasks: 400, problems: [] });
  });

  it('is refused by env check when its oracle does not solve its tasks', async () => {
    const path = 'evals/my-shop/environment.ts';
    write(dir, {
      [path]: read(dir, path).replace("'send_parcel' : 'redirect_parcel'", "'send_parcel' : 'send_parcel'"),
    });
    const checked = await optimize(dir, 'env check my-shop');
    expect(checked.code).toBe(2);
    expect(checked.stdout).toMatch(/problem: .*oracle/);
  });
});

it('a night on an environment of one file, named by its path', async () => {
  const dir = repositoryOf({ 'README.md': 'Our shop.\n' });
  await optimize(dir, 'init my-shop');
  renameSync(join(dir, 'evals/my-shop/environment.js'), join(dir, 'parcels.mjs'));
  git(dir, 'add', '-A');
  git(dir, 'commit', '-q', '-m', 'parcels');
  const night = await optimize(dir, '--env parcels.mjs --tasks 120 --budget 1 --json');
  expect([0, 3]).toContain(night.code);
  expect(summaryOf(night).env).toBe('my-shop');
});
