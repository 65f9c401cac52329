/**
 * What a person demands of a release, and what a release is worth on tasks that decided nothing:
 * policy and audits through the command.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import {
  copyOf,
  decisionsOf,
  eventsOf,
  git,
  optimize,
  RELEASING,
  read,
  refsOf,
  releasedRepository,
  shopRepository,
  write,
} from './cli.ts';
import { refuse } from './refusal.ts';

/** A night on given tasks. */
const GIVEN = '--budget 1 --env my-shop';
const ENVIRONMENT = 'evals/my-shop/environment.js';
const POLICY = 'evals/my-shop/policy.yaml';
const lastOf = (outcome: { stdout: string }) =>
  JSON.parse(outcome.stdout.trimEnd().split('\n').at(-1) ?? '') as Record<string, unknown>;
/** The shop with a list of tasks, as given data have it: nothing can be generated. */
function givenTasks(dir: string): string {
  const text = read(dir, ENVIRONMENT);
  const list = text
    .replace('({ seed, tasks }) => Array.from({ length: tasks }', 'Array.from({ length: 480 }')
    .replaceAll('seed + 7', '1 + 7');
  write(dir, { [ENVIRONMENT]: list.replace(/t\$\{seed\}-/, 't') });
  git(dir, 'commit', '-qam', 'a list of tasks');
  return dir;
}

describe.concurrent('audit', () => {
  let released: string;
  beforeAll(async () => {
    released = await releasedRepository();
  });

  it('plays the release and the start side by side on fresh tasks, and records it', async () => {
    const dir = copyOf(released);
    const tags = git(dir, 'tag');
    const outcome = await optimize(dir, 'audit --env my-shop --tasks 60 --json');
    expect(outcome.code, outcome.stderr).toBe(0);
    const result = lastOf(outcome);
    expect(result).toMatchObject({
      type: 'audit',
      simulated: true,
      version: 'v1',
      against: 'start',
      tasks: 60,
      fresh: true,
      reason: 'improved',
    });
    expect(result.low).toBeLessThan(result.score as number);
    const decision = decisionsOf(dir, 'my-shop').at(-1);
    expect(decision).toMatchObject({ kind: 'audit', version: 'v1', verdict: { stage: 'audit', tasks: 60 } });
    expect((await optimize(dir, 'verify')).code).toBe(0);
    expect(git(dir, 'tag')).toBe(tags);
    // Another audit is about other tasks; neither costs alpha.
    const again = lastOf(await optimize(dir, 'audit --env my-shop --tasks 60 --json'));
    expect(again.commit).not.toBe(result.commit);
    expect(decisionsOf(dir, 'my-shop').at(-1)?.data).not.toEqual(decision?.data);
    const plan = lastOf(await optimize(dir, 'plan --env my-shop --effect 30 --json'));
    expect(plan.look).toEqual({ before: 0, alpha: 0.02 });
  });

  it('shows the audited score on the next morning page', async () => {
    const dir = copyOf(released);
    await optimize(dir, 'audit --env my-shop --tasks 60');
    const { stdout } = await optimize(dir, RELEASING);
    expect(stdout).toMatch(/Audited: v1 scores \d+\.\d % \(95 % interval .*\) on 60 audit tasks/);
  });

  it('needs a release, and tasks that no look plays', async () => {
    await refuse(await shopRepository(), 'audit --env my-shop', 2, /nothing has been released for my-shop yet/);
    const dir = givenTasks(await shopRepository());
    expect((await optimize(dir, GIVEN)).code).toBe(0);
    await refuse(
      dir,
      'audit --env my-shop',
      2,
      /expected 20 or more tasks in the audit set, found 0.*panel\.audit_share/,
    );
  });
});

describe.concurrent('policy', () => {
  it('keeps given tasks for the audit, which answer once in 28 days', async () => {
    const dir = givenTasks(await shopRepository());
    write(dir, { [POLICY]: 'version: 1\npanel: {size: 40, audit_share: 0.25}\n' });
    const { code, stderr } = await optimize(dir, GIVEN);
    expect(code, stderr).toBe(0);
    const look = decisionsOf(dir, 'my-shop').find(({ kind }) => kind === 'release');
    const played = new Set(look?.gate?.pairs.map(({ task }) => task));
    expect(played.size).toBe(40);
    const outcome = await optimize(dir, 'audit --env my-shop --json');
    expect(outcome.code, outcome.stderr).toBe(0);
    expect(lastOf(outcome)).toMatchObject({ fresh: false });
    const audited =
      decisionsOf(dir, 'my-shop')
        .at(-1)
        ?.gate?.pairs.map(({ task }) => task) ?? [];
    expect(audited.filter((task) => played.has(task))).toEqual([]);
    const refs = refsOf(dir);
    const early = await optimize(dir, 'audit --env my-shop');
    expect([early.code, early.stderr]).toEqual([
      5,
      expect.stringMatching(/they answer once in 28 days, again on \d{4}-/),
    ]);
    expect(refsOf(dir)).toBe(refs);
    // The used panel is replaced from the reserve.
    const plan = lastOf(await optimize(dir, 'plan --env my-shop --effect 30 --json'));
    expect(plan).toMatchObject({ panel: 40, given: { looksLeft: 12, audit: audited.length } });
    expect((await optimize(dir, 'verify')).code).toBe(0);
  });

  it('refuses a gain that takes more than it allows, and says by how much', async () => {
    const dir = await shopRepository();
    write(dir, { [POLICY]: 'version: 1\nmax_increase: {tokens: 0, calls: 0}\n' });
    const outcome = await optimize(dir, `${RELEASING} --json`);
    expect(outcome.code, outcome.stderr).toBe(3);
    const look = eventsOf(outcome).find((event) => event.type === 'decision' && event.form === 'release');
    expect(look).toMatchObject({
      verdict: {
        decision: 'rejected',
        reason: 'guard',
        detail: expect.stringMatching(/tokens: \+\d+ % \(0 % allowed\) BLOCKS/),
      },
    });
    expect((await optimize(dir, 'verify')).code).toBe(0);
  });

  it('spends alpha by e-LOND when it says so, on the flag as in the file', async () => {
    const dir = await shopRepository();
    const alphas = await Promise.all(
      [`${RELEASING} --fdr 0.1`, RELEASING].map(async (night, index) => {
        const copy = copyOf(dir);
        if (index === 1) write(copy, { [POLICY]: 'version: 1\nfdr: 0.1\n' });
        expect((await optimize(copy, night)).code).toBe(0);
        expect((await optimize(copy, 'verify')).code).toBe(0);
        return decisionsOf(copy, 'my-shop').find(({ kind }) => kind === 'release')?.verdict?.alpha;
      }),
    );
    expect(alphas[0]).toBeCloseTo(0.1 / 2.2858, 9);
    expect(alphas[1]).toBe(alphas[0]);
  });

  it('is refused where it cannot be checked, before anything is spent', async () => {
    const dir = await shopRepository();
    const demand = async (line: string, message: RegExp) => {
      write(dir, { [POLICY]: `version: 1\n${line}\n` });
      await refuse(dir, RELEASING, 2, message);
    };
    await demand(
      'max_increase: {usd: 0.1}',
      /policy\.yaml: max_increase\.usd cannot be checked: a simulated agent costs nothing/,
    );
    await demand('protected_tags: [vip]', /policy\.yaml: protected_tags: no sealed task has the tag "vip"/);
    await demand('max_increase: {euros: 1}', /policy\.yaml:2:.*euros/);
    write(dir, { [POLICY]: 'version: 1\n' });
    await refuse(dir, `${RELEASING} --fdr 2`, 2, /--fdr: expected a rate above 0 and up to 0\.5, got 2/);
  });
});
