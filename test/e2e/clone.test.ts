/**
 * Questions where the ledger is not quite at hand: fresh clones, branches of other purpose, sparse
 * checkouts.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  copyOf,
  decisionsOf,
  git,
  newFolder,
  optimize,
  RELEASING,
  read,
  refsOf,
  releasedRepository,
  shopRepository,
  write,
} from './cli.ts';
import { refuse } from './refusal.ts';

/** The shop after a night whose release was applied. */
let dir: string;
beforeAll(async () => {
  dir = await releasedRepository();
  await optimize(dir, 'apply');
});

function cloneOf(from: string, ...options: string[]): string {
  const clone = join(newFolder(), 'clone');
  git(from, 'clone', '-q', ...options, `file://${from}`, clone);
  return clone;
}

describe.concurrent('a fresh clone', () => {
  const SAYS = 'optimize: there is no branch optimize/my-shop here, so origin/optimize/my-shop is read\n';

  it("answers from the remote's branch, says so, and makes no branch", async () => {
    const clone = cloneOf(dir);
    const before = refsOf(clone);
    for (const question of [
      'log',
      'log --json',
      'show 1',
      'at v1',
      `at ${new Date().toISOString().slice(0, 10)}`,
      'diff v1 HEAD',
      'why-not rescue',
      `export --out ${join(newFolder(), 'out')}`,
    ]) {
      const { code, stdout, stderr } = await optimize(clone, question);
      expect([question, code, stderr]).toEqual([question, 0, SAYS]);
      expect(stdout).not.toBe('');
    }
    expect((await optimize(clone, 'log --all')).stdout).toBe((await optimize(dir, 'log --all')).stdout);
    expect(refsOf(clone)).toBe(before);
  });

  it('of another name for the remote will do', async () => {
    const { code, stderr } = await optimize(cloneOf(dir, '-o', 'upstream'), 'log');
    expect([code, stderr]).toEqual([0, SAYS.replace('origin', 'upstream')]);
  });

  it('goes by its own branch where there is one', async () => {
    const clone = cloneOf(dir);
    git(clone, 'branch', '-q', 'optimize/my-shop', 'origin/optimize/my-shop');
    expect(await optimize(clone, 'log')).toMatchObject({ code: 0, stderr: '' });
  });

  it('of one branch names the command that fetches the others, and the command works', async () => {
    const clone = cloneOf(dir, '--single-branch');
    await refuse(clone, 'log', 2, /no optimize\/\* branch yet; .* git fetch --tags origin '/);
    const { stderr } = await optimize(clone, 'log');
    const [, words = ''] = /git (fetch .*)\n$/.exec(stderr) ?? [];
    git(clone, ...words.replaceAll("'", '').split(' '));
    expect(await optimize(clone, 'log')).toMatchObject({ code: 0, stderr: SAYS });
  });
});

describe.concurrent('branches that are no ledgers', () => {
  it('keep no command from its work', async () => {
    const copy = copyOf(dir);
    const keys = { OPTIMIZE_KEYS: newFolder() };
    git(copy, 'branch', 'optimize/team/x', 'main');
    git(copy, 'update-ref', 'refs/remotes/origin/optimize/team/y', 'main');
    expect((await optimize(copy, 'keys init', { env: keys })).code).toBe(0);
    expect((await optimize(copy, 'rollback --to v1', { env: keys })).code).toBe(0);
    const trust = await optimize(copy, 'keys list --trust', { env: keys });
    expect([trust.code, JSON.parse(trust.stdout)]).toMatchObject([
      0,
      { signedFrom: { 'my-shop': decisionsOf(copy, 'my-shop').length } },
    ]);
    const rotated = await optimize(copy, 'keys rotate', { env: keys });
    expect([rotated.code, rotated.stdout]).toEqual([0, expect.stringMatching(/^optimize\/my-shop: key .* follows/)]);
    expect(await optimize(copy, 'log')).toMatchObject({ code: 0, stderr: '' });
  });

  it('and a trust file made in a clone pins the branches that only the remote has', async () => {
    const copy = copyOf(dir);
    const keys = { OPTIMIZE_KEYS: newFolder() };
    await optimize(copy, 'keys init', { env: keys });
    await optimize(copy, 'rollback --to v1', { env: keys });
    const [here, there] = await Promise.all(
      [copy, cloneOf(copy)].map((one) => optimize(one, 'keys list --trust', { env: keys })),
    );
    expect(JSON.parse(here?.stdout ?? '').signedFrom).toEqual({ 'my-shop': decisionsOf(copy, 'my-shop').length });
    expect(there?.stdout).toBe(here?.stdout);
  });
});

describe.concurrent('a sparse checkout', () => {
  it('without the harness is told how to get it before a release is applied; then it is', async () => {
    const copy = await shopRepository();
    write(copy, { 'src/agent.txt': 'one\n' });
    git(copy, 'add', '-A');
    git(copy, 'commit', '-q', '-m', 'agent');
    await optimize(copy, RELEASING);
    git(copy, 'sparse-checkout', 'set', 'src', 'evals');
    const index = readFileSync(join(copy, '.git/index'));
    await refuse(
      copy,
      'apply --env my-shop',
      2,
      /harness\/my-shop\/.* is not checked out .*sparse checkout.*git sparse-checkout add harness\/my-shop runs, or: git sparse-checkout disable/,
    );
    expect(readFileSync(join(copy, '.git/index'))).toEqual(index);
    git(copy, 'sparse-checkout', 'add', 'harness/my-shop', 'runs');
    expect(await optimize(copy, 'apply --env my-shop')).toMatchObject({ code: 0, stderr: '' });
    expect(git(copy, 'status', '--porcelain')).toBe('');
    expect(read(copy, 'harness/my-shop/harness.yaml')).toContain('rescue: true');
  });
});

describe.concurrent('at and log', () => {
  it('both mean all of a day by its date, and know the calendar', async () => {
    const last = decisionsOf(dir, 'my-shop').at(-1);
    const day = last?.time.slice(0, 10);
    const { stdout } = await optimize(dir, `log --since ${day} --until ${day}`);
    expect(stdout).toMatch(new RegExp(`^#${last?.seq} `));
    expect((await optimize(dir, `at ${day}`)).stdout).toMatch(
      new RegExp(`: v1 .*\\ncommit [0-9a-f]{40} on main \\(where decision ${last?.seq} applied v1\\), `),
    );
    const copy = copyOf(dir);
    for (const question of ['at 2026-02-30', 'log --since 2026-02-30', 'log --until 2026-02-30T10:00Z'])
      await refuse(copy, question, 2, /: expected a date such as .*, got "2026-02-30.*"; there is no such day/);
  });

  it('at names no decision from after the time, nor calls an edit by hand older than the ledger', async () => {
    const copy = copyOf(dir);
    const at = async (word: string) => (await optimize(copy, `at ${word}`)).stdout;
    const applied = git(copy, 'rev-parse', 'main');
    const [then] = /realization:rescue .*/.exec(await at(applied)) ?? [];
    expect(then).toMatch(/decision \d+ \(candidate\)/);
    const path = 'harness/my-shop/harness.yaml';
    write(copy, { [path]: read(copy, path).replace('rescue: true', 'rescue: false') });
    git(copy, 'commit', '-qam', 'by hand');
    expect(await at(new Date().toISOString())).toMatch(/realization:rescue +by hand, no decision had taken it over/);
    expect((await optimize(copy, 'adopt --env my-shop')).code).toBe(0);
    expect(await at('HEAD')).toMatch(/realization:rescue +decision \d+ \(external\)/);
    expect((await optimize(copy, 'rollback --to v1')).code).toBe(0);
    expect(await at(applied)).toContain(then);
  });
});
