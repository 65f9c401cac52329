/** A/A through the command: equal arms raise no alarm, and nothing is written. */
import { execFileSync } from 'node:child_process';
import { beforeAll, describe, expect, it } from 'vitest';
import { optimize, retailRepository } from './cli.ts';

describe('aa', () => {
  let dir: string;
  beforeAll(() => {
    dir = retailRepository();
  });

  it('reports noise, drift, false alarms and the tasks that a gain needs', async () => {
    const { code, stdout } = await optimize(dir, 'aa --env retail --tasks 40 --trials 3 --edits 2 --json');
    expect(code).toBe(0);
    const result = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as Record<string, unknown>;
    expect(result).toMatchObject({ type: 'aa', simulated: true, tasks: 40, trials: 3, deterministic: false, voids: 0 });
    expect(result.noise).toBeGreaterThan(0);
    expect(result.falseReleases).toBeLessThanOrEqual(0.035);
    expect(result.falseKeeps).toBeLessThan(0.5);
    expect(result.nullEdits).toHaveLength(2);
    expect(execFileSync('git', ['status', '--porcelain', '--branch'], { cwd: dir, encoding: 'utf8' })).not.toMatch(
      /\n\S/,
    );
  });

  it('says the same to a person, marked as simulated', async () => {
    const { stdout } = await optimize(dir, 'aa --env retail --tasks 20 --trials 3 --edits 1');
    expect(stdout).toMatch(/SIMULATED/);
    expect(stdout).toMatch(/releases +\d+\.\d % of looks at two equal arms, alpha 2 %/);
    expect(stdout).toMatch(/\+10 points: \d+ with 1 trial per task/);
  });

  it('never touches the sealed tasks, and needs three trials', async () => {
    const sealed = await optimize(dir, 'aa --env retail --split sealed');
    expect([sealed.code, sealed.stderr]).toEqual([2, expect.stringContaining('sealed tasks are for releases alone')]);
    expect((await optimize(dir, 'aa --env retail --trials 2')).code).toBe(2);
  });
});
