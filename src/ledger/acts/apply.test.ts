import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { UsageError } from '../../errors.ts';
import { inForceAt } from '../branch/in-force.ts';
import { openLedger } from '../branch/ledger.ts';
import {
  contract,
  copies,
  keep,
  newShop,
  nextTime,
  put,
  read,
  release,
  removeFolders,
  userGit,
  userState,
  who,
  workTreeOf,
} from '../shop.fixture.ts';
import { verifyRepository } from '../verify/verify.ts';
import { applyRelease } from './apply.ts';
import { rollback } from './rollback.ts';
import { startNight } from './start.ts';

afterAll(removeFolders);

const step = () => ({ who, time: nextTime() });

const releasedShop = copies(async ({ repository }) => {
  const ledger = await openLedger(repository, 'shop');
  await keep(ledger, 'second');
  await release(ledger, 'v1');
});

describe('applyRelease', () => {
  it('merges the release, leaves other changes as they are, and records what came into force where', async () => {
    const { dir, repository } = await releasedShop();
    put(dir, 'README.md', 'dirty\n');
    put(dir, 'staged.txt', 'staged\n');
    userGit(dir, 'add', 'staged.txt');
    put(dir, 'untracked.txt', 'mine\n');
    const applied = await applyRelease(repository, 'shop', step());
    expect(applied).toMatchObject({ version: 'v1', branch: 'main', changed: true });
    expect(userGit(dir, 'status', '--porcelain')).toBe(' M README.md\nA  staged.txt\n?? untracked.txt\n');
    expect(read(dir, 'harness/shop/contract.yaml')).toBe(contract('first', 'second'));
    expect(userGit(dir, 'log', '-1', '--format=%P').trim().split(' ')).toHaveLength(2);
    expect(existsSync(join(dir, 'runs/night-1/decisions/0002.json'))).toBe(true);
    const ledger = await openLedger(repository, 'shop');
    expect(ledger.decisions().at(-1)).toMatchObject({
      kind: 'apply',
      version: 'v1',
      target: { branch: 'main', commit: applied.commit },
    });
    userGit(dir, 'commit', '-qam', 'my own work');
    expect(userGit(dir, 'show', 'HEAD:README.md')).toBe('dirty\n');
    expect((await verifyRepository(repository)).issues).toEqual([]);
    expect(userGit(dir, 'fsck', '--strict')).toBe('');
  });

  it('does nothing the second time', async () => {
    const { dir, repository } = await releasedShop();
    await applyRelease(repository, 'shop', step());
    const before = userState(dir);
    const tip = userGit(dir, 'rev-parse', 'optimize/shop');
    expect(await applyRelease(repository, 'shop', step())).toMatchObject({ changed: false });
    expect(userState(dir)).toBe(before);
    expect(userGit(dir, 'rev-parse', 'optimize/shop')).toBe(tip);
  });

  it.each<[string, (dir: string) => void, RegExp]>([
    [
      'a dirty harness',
      (dir) => put(dir, 'harness/shop/policy.md', 'mine\n'),
      /policy.md has uncommitted changes \(work tree\)/,
    ],
    ['an untracked harness file', (dir) => put(dir, 'harness/shop/notes.md', 'mine\n'), /notes.md has uncommitted/],
    [
      'a staged harness file',
      (dir) => {
        put(dir, 'harness/shop/policy.md', 'mine\n');
        userGit(dir, 'add', '-A');
        put(dir, 'harness/shop/policy.md', 'Be kind.\n');
      },
      /staged/,
    ],
    ['a detached HEAD', (dir) => userGit(dir, 'checkout', '-q', '--detach'), /no branch is checked out/],
    ['its own branch', (dir) => userGit(dir, 'switch', '-q', 'optimize/shop'), /optimizer's own branch/],
    ['another git command', (dir) => put(dir, '.git/index.lock', ''), /another git command/],
    ['a merge under way', (dir) => put(dir, '.git/MERGE_HEAD', `${'0'.repeat(40)}\n`), /unfinished operation/],
    ['a file in the way', (dir) => put(dir, 'runs/night-1/decisions/0001.json', '{}'), /is in the way/],
    [
      'harness commits that the ledger does not know',
      (dir) => {
        put(dir, 'harness/shop/policy.md', 'mine\n');
        userGit(dir, 'commit', '-qam', 'mine');
      },
      /run a night first/,
    ],
  ])('refuses with %s and changes nothing', async (_, change, message) => {
    const { dir, repository } = await releasedShop();
    change(dir);
    const state = () => [
      read(dir, '.git/index'),
      userGit(dir, 'for-each-ref'),
      read(dir, 'harness/shop/contract.yaml'),
    ];
    const before = state();
    const refused = applyRelease(repository, 'shop', step());
    await expect(refused).rejects.toThrow(UsageError);
    await expect(refused).rejects.toThrow(message);
    expect(state()).toEqual(before);
  });

  it('refuses a release made on commits that the branch lacks, and an unknown version', async () => {
    const { dir, repository } = await newShop();
    userGit(dir, 'branch', 'old');
    put(dir, 'README.md', 'newer\n');
    userGit(dir, 'commit', '-qam', 'newer');
    await expect(applyRelease(repository, 'shop', step())).rejects.toThrow(/nothing has been released/);
    const ledger = await openLedger(repository, 'shop');
    await keep(ledger, 'second');
    await release(ledger, 'v1');
    userGit(dir, 'switch', '-q', 'old');
    await expect(applyRelease(repository, 'shop', step())).rejects.toThrow(/README.md/);
    await expect(applyRelease(repository, 'shop', { ...step(), version: 'v7' })).rejects.toThrow(/one of: v1/);
  });

  it('takes up an application that was cut off before or after the refs moved', async () => {
    const { dir, repository } = await releasedShop();
    put(dir, 'harness/shop/contract.yaml', contract('first', 'second'));
    expect(await applyRelease(repository, 'shop', step())).toMatchObject({ changed: true });
    expect(userGit(dir, 'status', '--porcelain')).toBe('');
    userGit(dir, 'read-tree', 'HEAD^1');
    expect(userGit(dir, 'status', '--porcelain', '-uno')).not.toBe('');
    expect(await applyRelease(repository, 'shop', step())).toMatchObject({ changed: false });
    expect(userGit(dir, 'status', '--porcelain', '-uno')).toBe('');
  });
});

describe('rollback', () => {
  it('restores a version byte for byte with a dirty tree, and apply puts it in force', async () => {
    const { dir, repository } = await releasedShop();
    const ledger = await openLedger(repository, 'shop');
    await keep(ledger, 'third');
    await release(ledger, 'v2');
    await applyRelease(repository, 'shop', step());
    put(dir, 'README.md', 'dirty\n');
    const before = userState(dir);
    const looked = userGit(dir, 'rev-parse', 'optimize/shop').trim();
    const { commit } = await rollback(repository, 'shop', 'v1', step());
    expect(userState(dir)).toBe(before);
    expect(userGit(dir, 'rev-parse', `${commit}:harness/shop`)).toBe(
      userGit(dir, 'rev-parse', 'harness/shop/v1:harness/shop'),
    );
    // What was verified before the rollback is not what would be applied now.
    await expect(applyRelease(repository, 'shop', { ...step(), tip: looked })).rejects.toThrow(
      /moved from .* meanwhile/,
    );
    expect(userState(dir)).toBe(before);
    const now = { ...step(), tip: commit };
    expect(await applyRelease(repository, 'shop', now)).toMatchObject({ version: 'v1', changed: true });
    expect(read(dir, 'harness/shop/contract.yaml')).toBe(contract('first', 'second'));
    const reopened = await openLedger(repository, 'shop');
    expect(await inForceAt(reopened, 'HEAD')).toMatchObject({ version: 'v1' });
    const started = await startNight(reopened, { workTree: workTreeOf(dir), run: 'night-2', who, time: nextTime() });
    expect(started.external).toBe(null);
    expect((await verifyRepository(repository)).issues).toEqual([]);
    await expect(rollback(repository, 'shop', 'v9', step())).rejects.toThrow(/one of: v1, v2/);
  });

  it('takes a tag, a commit and the start of a harness id for the version that they mean', async () => {
    const { dir, repository } = await releasedShop();
    const ledger = await openLedger(repository, 'shop');
    const [first] = ledger.releases();
    await keep(ledger, 'third');
    await release(ledger, 'v2');
    const commit = userGit(dir, 'rev-parse', 'harness/shop/v1^{commit}').trim();
    for (const word of ['harness/shop/v1', commit, `${first?.harness}`.slice(0, 10)])
      expect(await rollback(repository, 'shop', word, step())).toMatchObject({
        version: 'v1',
        harness: first?.harness,
      });
    await expect(rollback(repository, 'shop', 'main', step())).rejects.toThrow(
      /was never released; expected one of v1, v2/,
    );
    expect((await verifyRepository(repository)).issues).toEqual([]);
  });
});
