/** A night on too few tasks for a release: it learns and proposes, and nothing is released. */
import { expect, it } from 'vitest';
import { git, optimize, read, refsOf, shopRepository, summaryOf } from './cli.ts';

const NIGHT = '--env my-shop --tasks 60 --budget 3';

it('says so before, writes down what it proposes, and plays again', async () => {
  const dir = await shopRepository();
  expect(await optimize(dir, `plan ${NIGHT}`)).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(
      /rollouts +30, .*\n[\s\S]*note +60 tasks: learns and proposes; a release needs 120\./,
    ),
  });
  const night = await optimize(dir, `${NIGHT} --json`);
  const { exitCode, released, candidates, rollouts, baseline, unproven } = summaryOf(night);
  expect([night.code, exitCode, released, candidates, rollouts, baseline.tasks]).toEqual([3, 3, null, 0, 30, 30]);
  expect(unproven?.why).toBe('15 dev and 15 sealed tasks; a release needs at least 20 and 30');

  const page = read(dir, 'runs/my-shop-0001/report.md');
  const { edits } = JSON.parse(read(dir, 'runs/my-shop-0001/proposals.json')) as { edits: unknown[] };
  expect(unproven?.edits.length).toBeGreaterThan(0);
  expect(edits).toHaveLength(unproven?.edits.length ?? 0);
  expect(page).toMatch(/^# my-shop, night 1: \d+ edits? proposed, unproven\n[\s\S]*\n## Unproven\n[\s\S]*add tasks/);
  expect(page.match(/\| R\d \|/g)).toHaveLength(edits.length);

  // The harness is as before, and the records agree with what was played.
  expect(git(dir, 'diff', '--stat', 'main', 'optimize/my-shop', '--', 'harness')).toBe('');
  expect(refsOf(dir)).not.toContain('refs/tags');
  expect((await optimize(dir, 'verify --env my-shop')).code).toBe(0);
  expect((await optimize(dir, 'replay my-shop-0001')).code).toBe(0);

  // With enough tasks the next night tests and releases what this one proposed.
  expect(summaryOf(await optimize(dir, '--env my-shop --tasks 200 --budget 3 --json')).released?.version).toBe('v1');
});
