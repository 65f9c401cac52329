/**
 * What measures a released harness: layers left out, other ways to spend the same rollouts, tasks
 * that no night used.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { type Outcome, optimize, read, releasedRepository, write } from './cli.ts';

const rowsOf = ({ stdout }: Outcome) =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('a released harness', () => {
  let dir: string;
  const used = 140;
  beforeAll(async () => {
    dir = await releasedRepository();
  });
  const measure = (args: string) => optimize(dir, `${args} --env my-shop --harness v1`);

  it('is held against the variants asked for, pair by pair', async () => {
    const { code, stdout } = await measure('ablate --split sealed --variants none,text,no-contract --json');
    const rows = rowsOf({ code, stdout, stderr: '' });
    expect([code, rows.map(({ variant }) => variant)]).toEqual([
      0,
      ['all layers', 'none', 'text protocol, rescue', 'without contract'],
    ]);
    const [all, none] = rows as { score: number; missing: { effect: number; low: number } }[];
    expect(none?.missing.effect).toBeCloseTo((all?.score ?? 0) - (none?.score ?? 0), 9);
    expect(none?.missing.low).toBeGreaterThan(0);
    expect(all?.missing.effect).toBe(0);
  });

  it('is compared with other versions by commit and folder, with an exit code for each verdict', async () => {
    const compare = async (args: string) => {
      const outcome = await optimize(dir, `compare ${args} --env my-shop --json`);
      return { code: outcome.code, stderr: outcome.stderr, last: rowsOf(outcome).at(-1) };
    };
    const better = await compare('HEAD v1');
    expect(better, better.stderr).toMatchObject({
      code: 0,
      last: { type: 'summary', decision: 'better', split: 'dev' },
    });
    expect(better.last?.effectLow).toBeGreaterThan(0);
    expect(await compare('v1 HEAD')).toMatchObject({ code: 4, last: { effect: -(better.last?.effect as number) } });
    write(dir, { 'other/harness.yaml': `${read(dir, 'harness/my-shop/harness.yaml')}# Ours.\n` });
    write(dir, { 'other/policy.md': read(dir, 'harness/my-shop/policy.md') });
    expect(await compare('HEAD other --tasks 20')).toMatchObject({ code: 3, last: { decision: 'nothing_certified' } });
    expect(await compare('HEAD ./nowhere')).toMatchObject({ code: 2, last: { type: 'error' } });
    expect(await compare('HEAD main')).toMatchObject({ code: 2 });
  });

  it('is played with each layer alone and left out when nothing is said', async () => {
    const { stdout } = await measure('ablate --split dev --tasks 10');
    for (const row of ['contract alone', 'without regulation', 'skills alone', 'text protocol, rescue'])
      expect(stdout).toMatch(new RegExp(`^${row} +[\\d.]+ % .*all layers are [+-][\\d.]+ points better`, 'm'));
    expect(stdout).toMatch(/SIMULATED/);
  });

  it('is held against as many rollouts without it', async () => {
    const rows = rowsOf(await measure('baseline --rollouts 90 --tasks 30 --json'));
    expect(rows.map(({ method, tasks, voids }) => [method, tasks, voids])).toEqual([
      [expect.stringMatching(/^harness [0-9a-f]{12}, 1 try$/), 30, 0],
      ['best of 3 samples, no harness', 30, 0],
      ['up to 3 tries with feedback, no harness', 30, 0],
    ]);
    const [own, ...others] = rows as { score: number; harnessAhead: { effect: number; low: number; high: number } }[];
    for (const { score, harnessAhead } of others) {
      expect(harnessAhead.effect).toBeCloseTo((own?.score ?? 0) - score, 10);
      expect([harnessAhead.low <= harnessAhead.effect, harnessAhead.effect <= harnessAhead.high]).toEqual([true, true]);
    }
  });

  it('is played on the tasks that its night did not use', async () => {
    const all = rowsOf(await measure('run --split all --json')).at(-1) as { tasks: number };
    const rest = rowsOf(await measure('run --split all --unused-by my-shop-0001 --json')).at(-1) as { tasks: number };
    expect([rest.tasks, all.tasks > used]).toEqual([all.tasks - used, true]);
  });

  it('is told apart by what still fails, down to the trace', async () => {
    const rows = rowsOf(await measure('run --split dev --model sim:weak --failures --json'));
    const { tasks } = rows.find(({ type }) => type === 'summary') as { tasks: number };
    const failures = rows.filter(({ type }) => type === 'failure') as { count: number; tasks: string[] }[];
    expect(failures.length).toBeGreaterThan(0);
    for (const { count, tasks: failed } of failures) expect([failed.length, count <= tasks]).toEqual([count, true]);

    const page = read(dir, 'runs/my-shop-0001/report.md');
    const id = /\b[0-9a-f]{16}\b/.exec(page)?.[0] ?? '';
    const brief = await optimize(dir, `show ${id}`);
    const full = await optimize(dir, `show ${id} --full`);
    expect([brief.code, full.code, brief.stdout.length < full.stdout.length]).toEqual([0, 0, true]);
    expect(brief.stdout).toMatch(/reward 0/);
    expect((await optimize(dir, 'show ffffffffffffffff')).code).toBe(2);
  });

  it.each([
    ['ablate --variants none,colour', /--variants: expected some of all, none, text, .*got "colour"/],
    ['run --split every', /--split: expected train, dev, sealed, or all, got "every"/],
    ['run --unused-by my-shop-0007', /there is no run of that name here/],
  ])('%s is refused', async (args, says) => {
    const { code, stderr } = await measure(args);
    expect([code, stderr]).toEqual([2, expect.stringMatching(says)]);
  });
});
