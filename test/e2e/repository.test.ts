/**
 * A person's repository around nights: what is theirs stays theirs, and a release comes into force
 * only when they say so.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  decisionsOf,
  eventsOf,
  git,
  optimize,
  RELEASING,
  read,
  refsOf,
  shopRepository,
  summaryOf,
  write,
} from './cli.ts';

/**
 * Every byte that a person could miss: index, checked-out branch, stash, their refs, and all files
 * outside the run folders.
 */
function theirs(dir: string): Record<string, string> {
  const files = readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(dir.length + 1))
    .filter((path) => !path.startsWith('.git/') && !/^runs\/[^/]+\/(?!decisions\/)/.test(path));
  return {
    head: read(dir, '.git/HEAD'),
    index: readFileSync(join(dir, '.git/index')).toString('base64'),
    status: git(dir, 'status', '--porcelain'),
    refs: refsOf(dir)
      .split('\n')
      .filter((line) => !/(?:optimize|harness)\/my-shop/.test(line))
      .join('\n'),
    stash: git(dir, 'stash', 'list', '-p'),
    ...Object.fromEntries(files.sort().map((path) => [path, readFileSync(join(dir, path)).toString('base64')])),
  };
}

/** Work of every kind in flight. */
function leaveWorkAbout(dir: string): void {
  git(dir, 'switch', '-q', '-c', 'work');
  write(dir, { 'src/agent.txt': 'one\n', 'src/other.txt': 'one\n' });
  git(dir, 'add', '-A');
  git(dir, 'commit', '-q', '-m', 'agent');
  write(dir, { 'src/agent.txt': 'stashed\n' });
  git(dir, 'stash');
  write(dir, {
    'src/agent.txt': 'dirty\r\n',
    'src/other.txt': 'staged\n',
    'src/new.txt': 'staged too\n',
    'notes.txt': 'untracked\n',
  });
  git(dir, 'add', 'src/other.txt', 'src/new.txt');
}

describe('a repository with work in flight', () => {
  let dir: string;
  beforeAll(async () => {
    dir = await shopRepository();
    leaveWorkAbout(dir);
  });

  it('is byte-equal after a night', async () => {
    const before = theirs(dir);
    const night = await optimize(dir, `${RELEASING} --json`);
    expect(summaryOf(night).released?.version).toBe('v1');
    expect(theirs(dir)).toEqual(before);
  });

  it('refuses to apply over uncommitted harness changes and changes nothing', async () => {
    const policy = read(dir, 'harness/my-shop/policy.md');
    write(dir, { 'harness/my-shop/policy.md': `${policy}Be polite.\n` });
    const before = theirs(dir);
    const { code, stderr } = await optimize(dir, 'apply --env my-shop');
    expect(code).toBe(2);
    expect(stderr).toMatch(/harness\/my-shop/);
    expect(stderr).toMatch(/git (?:commit|stash|restore|checkout)|commit|undo/);
    expect(theirs(dir)).toEqual(before);
    write(dir, { 'harness/my-shop/policy.md': policy });
  });

  it('merges the release into the checked-out branch and leaves the rest in flight', async () => {
    const before = theirs(dir);
    const applied = await optimize(dir, 'apply --env my-shop');
    expect(applied.stderr).toBe('');
    expect(applied.code).toBe(0);
    expect(git(dir, 'symbolic-ref', '--short', 'HEAD')).toBe('work');
    expect(git(dir, 'rev-parse', 'HEAD:harness/my-shop')).toBe(
      git(dir, 'rev-parse', 'harness/my-shop/v1:harness/my-shop'),
    );
    expect(git(dir, 'rev-list', '--parents', '-1', 'HEAD').split(' ')).toHaveLength(3);
    const after = theirs(dir);
    expect(after.status).toBe(before.status);
    expect(after.stash).toBe(before.stash);
    for (const path of ['src/agent.txt', 'src/other.txt', 'src/new.txt', 'notes.txt'])
      expect(after[path]).toBe(before[path]);
    expect(git(dir, 'diff', '--cached', '--name-only')).toBe('src/new.txt\nsrc/other.txt');
  });

  it('says when the release is in force already', async () => {
    const before = theirs(dir);
    const again = await optimize(dir, 'apply --env my-shop');
    expect(again.code).toBe(0);
    expect(again.stdout).toMatch(/v1 \(evidence SIMULATED\) was in force on work already/);
    expect(theirs(dir)).toEqual(before);
  });

  it("loses nothing in the person's next commits", () => {
    git(dir, 'commit', '-q', '-m', 'staged work');
    expect(git(dir, 'show', '--format=', '--name-only', 'HEAD')).toBe('src/new.txt\nsrc/other.txt');
    git(dir, 'add', '-A');
    git(dir, 'commit', '-q', '-m', 'all work');
    expect(git(dir, 'show', '--format=', '--name-only', 'HEAD')).toBe('notes.txt\nsrc/agent.txt');
    expect(git(dir, 'diff', '--name-only', 'harness/my-shop/v1', 'HEAD', '--', 'harness')).toBe('');
    expect(git(dir, 'ls-tree', '-r', '--name-only', 'HEAD', 'runs/')).toMatch(/decisions\/0001\.json/);
    git(dir, 'stash', 'drop');
    expect(git(dir, 'status', '--porcelain')).toBe('');
  });

  it("takes a person's committed clause into the next night as an untested decision", async () => {
    const contract = read(dir, 'harness/my-shop/contract.yaml');
    const clause = '  - id: be-brief\n    tools: [done]\n    say: Keep the summary short.\n';
    write(dir, { 'harness/my-shop/contract.yaml': contract.replace(/^clauses:\n/m, `clauses:\n${clause}`) });
    git(dir, 'commit', '-q', '-a', '-m', 'a clause of mine');
    const stopped = await optimize(dir, `${RELEASING} --tasks 120`);
    expect([stopped.code, stopped.stderr]).toEqual([
      2,
      expect.stringMatching(/optimize adopt[\s\S]*\+ {2}- id: be-brief/),
    ]);
    const adopted = await optimize(dir, 'adopt --env my-shop');
    expect([adopted.code, adopted.stdout]).toEqual([
      0,
      expect.stringMatching(/external, edits by a person, not tested by the gate/),
    ]);
    const night = await optimize(dir, `${RELEASING} --tasks 120 --json`);
    expect([0, 3]).toContain(night.code);
    const external = decisionsOf(dir, 'my-shop').filter(({ kind }) => kind === 'external');
    expect(external).toHaveLength(1);
    expect(external[0]?.touched?.map(({ id }) => id)).toEqual(['be-brief']);
    expect(external[0]?.loosens).toEqual([]);
    expect(git(dir, 'show', 'optimize/my-shop:harness/my-shop/contract.yaml')).toContain('be-brief');
  });

  it('rolls back by a step forward that can be applied', async () => {
    const tip = git(dir, 'rev-parse', 'optimize/my-shop');
    const back = await optimize(dir, 'rollback --env my-shop --to v1 --json');
    expect(back.code).toBe(0);
    expect(git(dir, 'rev-parse', 'optimize/my-shop~1')).toBe(tip);
    expect(git(dir, 'rev-parse', 'optimize/my-shop:harness')).toBe(git(dir, 'rev-parse', 'harness/my-shop/v1:harness'));
    expect(read(dir, 'harness/my-shop/contract.yaml')).toContain('be-brief');
    expect((await optimize(dir, 'apply --env my-shop --to v1')).code).toBe(0);
    expect(read(dir, 'harness/my-shop/contract.yaml')).not.toContain('be-brief');
    expect(git(dir, 'status', '--porcelain')).toBe('');
  });

  it('agrees with everything that happened', async () => {
    const { code, stdout } = await optimize(dir, 'verify');
    expect(stdout).toMatch(/every decision agrees/);
    expect(code).toBe(0);
  });
});

describe.concurrent("an auditor's questions", () => {
  let dir: string;
  beforeAll(async () => {
    dir = await shopRepository();
    await optimize(dir, `${RELEASING} --apply`);
  });

  it('--apply put the release in force', () => {
    expect(git(dir, 'log', '-1', '--format=%s', 'main')).toBe('Apply harness/my-shop/v1, evidence SIMULATED');
    expect(git(dir, 'status', '--porcelain')).toBe('');
  });

  it('log lists decisions, newest first', async () => {
    const short = await optimize(dir, 'log --env my-shop');
    expect(short.stdout).toMatch(/^#\d+ .*apply v1 to main[\s\S]*SIMULATED release v1[\s\S]*bundle/);
    const all = eventsOf(await optimize(dir, 'log --env my-shop --all --json')) as unknown as { seq: number }[];
    expect(all.map(({ seq }) => seq)).toEqual(
      decisionsOf(dir, 'my-shop')
        .map(({ seq }) => seq)
        .reverse(),
    );
  });

  it('show prints failures, edits, verdict and commit of a decision', async () => {
    const kept = decisionsOf(dir, 'my-shop').find(
      ({ kind, verdict }) => kind === 'candidate' && verdict?.decision === 'accepted',
    );
    const { code, stdout } = await optimize(dir, `show ${kept?.seq} --env my-shop`);
    expect(code).toBe(0);
    for (const part of [
      /SIMULATED/,
      /commit [0-9a-f]{40}/,
      /failure text_call/,
      /why: /,
      /verdict accepted: improved/,
      /scores on 35 tasks/,
    ])
      expect(stdout).toMatch(part);
    const missing = await optimize(dir, 'show 99 --env my-shop');
    expect([missing.code, missing.stdout]).toEqual([2, '']);
    expect(missing.stderr).toMatch(/no decision "99".*optimize log --all/);
  });

  it('at answers for a date, a version and a commit, clause by clause', async () => {
    const today = new Date().toISOString().slice(0, 10);
    for (const at of [today, 'v1', git(dir, 'rev-parse', 'main')]) {
      const { code, stdout } = await optimize(dir, `at ${at} --env my-shop`);
      expect(code).toBe(0);
      expect(stdout).toMatch(/: v1 \(evidence SIMULATED\), harness [0-9a-f]{12}/);
      expect(stdout).toMatch(/status-send-parcel +decision \d+ \(candidate\)/);
    }
    const early = await optimize(dir, 'at 2001-01-01 --env my-shop');
    expect(early.code).toBe(2);
    expect(early.stderr).toMatch(/2001-01-01/);
  });

  it('diff shows what changed between two versions', async () => {
    const { code, stdout } = await optimize(dir, `diff ${git(dir, 'rev-parse', 'main~1')} v1 --env my-shop`);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\+ {2}rescue: true$/m);
    expect(stdout).toMatch(/^\+ {2}- id: status-send-parcel$/m);
    expect((await optimize(dir, 'diff v1 main --env my-shop')).stdout).toBe('no difference\n');
    const unknown = await optimize(dir, 'diff v1 v9 --env my-shop');
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toMatch(/v9/);
  });

  it('run scores a version that is named by any of its names', async () => {
    const id = decisionsOf(dir, 'my-shop').at(-1)?.child.harness.slice(0, 8);
    const harnesses = [];
    for (const name of ['v1', 'harness/my-shop/v1', 'main', `${id}`]) {
      const { code, stdout } = await optimize(dir, `run --env my-shop --harness ${name} --tasks 40 --json`);
      expect(code).toBe(0);
      harnesses.push((JSON.parse(stdout) as { harness: string }).harness);
    }
    expect(new Set(harnesses).size).toBe(1);
  });
});
