/** The other commands: help, plan, run and env; none of them writes into the repository. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from './build.ts';
import { git, leftoversOf, newFolder, optimize, refsOf, retailRepository, runsOf } from './cli.ts';

const COMMANDS = [
  'night',
  'plan',
  'run',
  'log',
  'show',
  'at',
  'diff',
  'apply',
  'rollback',
  'verify',
  'keys',
  'init',
  'env',
  'aa',
];

describe.concurrent('help', () => {
  it('names every command, the exit codes and examples', async () => {
    const { code, stdout, stderr } = await optimize(newFolder(), '--help');
    expect([code, stderr]).toEqual([0, '']);
    for (const name of COMMANDS) expect(stdout).toMatch(new RegExp(`^  ${name}\\b`, 'm'));
    expect(stdout).toMatch(/\$ npx optimize --budget 20 --env retail/);
    for (const exit of [/0 released/, /3 finished, nothing certified/, /6 verify disagrees/, /130 interrupted/])
      expect(stdout).toMatch(exit);
    for (const flag of [
      '--seed',
      '--concurrency',
      '--max-rollouts',
      '--max-usd',
      '--max-minutes',
      '--proposer',
      '--tasks',
      '--tags',
      '--data',
    ])
      expect(stdout).toContain(`  ${flag} <`);
  });

  it.each([...COMMANDS, 'env check', 'env generate', 'keys init', 'keys rotate', 'keys revoke', 'keys list'])(
    '%s --help ends with 0',
    async (command) => {
      const { code, stdout, stderr } = await optimize(newFolder(), `${command} --help`);
      expect([code, stderr]).toEqual([0, '']);
      expect(stdout).toContain(`Usage: optimize ${command}`);
    },
  );

  it('docs/cli.md and the text of --help are what the commands say', () => {
    const check = spawnSync(process.execPath, [join(ROOT, 'scripts', 'docs-cli.mjs'), '--check'], { encoding: 'utf8' });
    expect([check.status, check.stderr]).toEqual([0, '']);
  });

  it('--version is that of the package', async () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
    expect((await optimize(newFolder(), '--version')).stdout).toBe(`${version}\n`);
  });
});

describe.concurrent('commands that only look', () => {
  let dir: string;
  let before: string;
  const state = () =>
    JSON.stringify([refsOf(dir), runsOf(dir), leftoversOf(dir), git(dir, 'status', '--porcelain', '-uall')]);
  beforeAll(() => {
    dir = retailRepository();
    before = state();
  });

  it('plan prints cost and power, and spends nothing', async () => {
    const { code, stdout } = await optimize(dir, 'plan --env retail --budget 20');
    expect(code).toBe(0);
    expect(stdout).toMatch(/200 train, 100 dev, 100 sealed/);
    expect(stdout).toMatch(/rollouts +about \d+, at most \d+; \d+ are needed to decide anything/);
    expect(stdout).toMatch(/a true gain of \d+\.\d points is released with 80 % power/);
    const json = JSON.parse((await optimize(dir, 'plan --env retail --budget 20 --json')).stdout) as Record<
      string,
      unknown
    >;
    expect(json).toMatchObject({ type: 'plan', tasks: { train: 200, dev: 100, sealed: 100 }, refusal: null });
    expect(state()).toBe(before);
  });

  it('plan tells money, minutes, the next look, and the power at the effect that is asked for', async () => {
    const { code, stdout } = await optimize(dir, 'plan --env retail');
    expect(code).toBe(0);
    expect(stdout).toMatch(/money +about \$0\.00/);
    expect(stdout).toMatch(/minutes +unknown before the first finished night/);
    expect(stdout).toMatch(
      /power +a gain of 10\.0 points is released with \d\d % \(noisy\), \d\d % \(repeats itself\)/,
    );
    expect(stdout).toMatch(
      /look +number 1 since the release in force, alpha 0\.02; each look after the first gets fresh tasks/,
    );
  });

  it('plan refuses what has less than 50 % power and names what would have it', async () => {
    const weak = await optimize(dir, 'plan --env retail --tasks 160');
    expect(weak.code).toBe(5);
    const [, sealed, effect] =
      /refused +a gain of 10 points .* 50 % have (\d+) sealed tasks, or --effect (\d+) on these 40/.exec(weak.stdout) ??
      [];
    expect(Number(sealed)).toBeGreaterThan(60);
    expect(Number(sealed)).toBeLessThan(100);
    expect((await optimize(dir, `plan --env retail --tasks 160 --effect ${effect}`)).code).toBe(0);
    expect((await optimize(dir, `plan --env retail --tasks 160 --effect ${Number(effect) - 2}`)).code).toBe(5);
    expect((await optimize(dir, 'plan --env retail --effect 0')).code).toBe(2);
  });

  it('plan tells of a refusal as the night would', async () => {
    const { code, stdout } = await optimize(dir, 'plan --env retail --max-rollouts 100');
    expect(code).toBe(5);
    expect(stdout).toMatch(/refused +--max-rollouts 100 cannot decide anything/);
  });

  it('a night of no more than its plan: the cap that the plan asks for is enough to decide', async () => {
    const args = '--env retail --tasks 120 --budget 2';
    const { rollouts } = JSON.parse((await optimize(dir, `plan ${args} --json`)).stdout) as {
      rollouts: { least: number };
    };
    const copy = retailRepository();
    const night = await optimize(copy, `${args} --max-rollouts ${rollouts.least} --json`);
    const summary = JSON.parse(night.stdout.trimEnd().split('\n').at(-1) ?? '') as Record<string, unknown>;
    expect(summary).toMatchObject({ type: 'summary', candidates: expect.any(Number) });
    expect([0, 3]).toContain(night.code);
    expect(summary.rollouts).toBeLessThanOrEqual(rollouts.least);
    expect(summary.outcome).not.toMatch(/caps do not allow/);
    expect((await optimize(copy, `plan ${args}`)).stdout).toMatch(
      /minutes +about \d+\.\d, at most \d+\.\d, as in retail-0001/,
    );
  });

  it('run scores the work tree and prints the documented summary', async () => {
    const { code, stdout, stderr } = await optimize(dir, 'run --env retail --tasks 40 --json');
    expect(code).toBe(0);
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(1);
    const summary = JSON.parse(lines[0] as string) as Record<string, number>;
    expect(Object.keys(summary)).toEqual(
      expect.arrayContaining(['type', 'score', 'low', 'high', 'tasks', 'rollouts', 'usd', 'seconds']),
    );
    expect(Object.keys(summary).slice(0, 5)).toEqual(['type', 'score', 'low', 'high', 'tasks']);
    expect([summary.tasks, summary.rollouts]).toEqual([40, 40]);
    expect(stderr).not.toMatch(/^\{/m);
    const page = await optimize(dir, 'run --env retail --tasks 40');
    expect(page.stdout).toMatch(
      /^retail, harness [0-9a-f]{12}, agent sim:medium, SIMULATED: \d+\.\d % \(95 % interval .*40 tasks\)/,
    );
    expect(state()).toBe(before);
  });

  it('run --generate plays fresh tasks: equal for equal seeds, others for others', async () => {
    const score = async (seed: number) => {
      const { stdout } = await optimize(dir, `run --env retail --generate 50 --tasks-seed ${seed} --json`);
      const { seconds: _, ...rest } = JSON.parse(stdout) as { seconds: number; tasks: number; score: number };
      return rest;
    };
    const first = await score(7);
    expect(first.tasks).toBe(50);
    expect(await score(7)).toEqual(first);
    const others = [await score(8), await score(9)];
    expect(others.map((other) => other.score)).not.toEqual([first.score, first.score]);
    expect(state()).toBe(before);
  });

  it('run --task ID --show prints one trace readably', async () => {
    const id = (
      JSON.parse(git(dir, 'show', 'HEAD:evals/retail/tasks/train.jsonl').split('\n')[0] as string) as { id: string }
    ).id;
    const { code, stdout } = await optimize(dir, `run --env retail --task ${id} --show`);
    expect(code).toBe(0);
    expect(stdout).toContain(`task ${id} (train), trial 0`);
    expect(stdout).toMatch(/user: "/);
    expect(stdout).toMatch(/^ +\d+ (?:call|model calls|model says)/m);
    expect(stdout).toMatch(/end: \w+/);
  });

  it('env check finds the built-in environment sound', async () => {
    const { code, stdout } = await optimize(dir, 'env check retail');
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(/16 tools, 400 tasks[\s\S]*oracle 100\.0 %[\s\S]*sound\n$/),
    ]);
  });

  it('env generate writes a data set that a night could use, and never over another', async () => {
    const out = join(newFolder(), 'fresh');
    const made = await optimize(dir, `env generate retail --seed 5 --tasks 60 --out ${out}`);
    expect([made.code, made.stdout]).toEqual([
      0,
      expect.stringMatching(/^60 tasks written to .*fresh \(digest [0-9a-f]{12}\)\n$/),
    ]);
    const again = await optimize(dir, `env generate retail --seed 5 --tasks 60 --out ${out}`);
    expect([again.code, again.stderr]).toEqual([2, expect.stringMatching(/is already there/)]);
    const twin = join(newFolder(), 'twin');
    await optimize(dir, `env generate retail --seed 5 --tasks 60 --out ${twin}`);
    expect(readFileSync(join(twin, 'tasks/train.jsonl'), 'utf8')).toBe(
      readFileSync(join(out, 'tasks/train.jsonl'), 'utf8'),
    );
    expect(state()).toBe(before);
  });
});
