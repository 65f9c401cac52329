/** A ledger that ought to be here and is not, or that ends too early, is never a success. */
import { afterAll, expect, it } from 'vitest';
import { applyRelease } from '../acts/apply.ts';
import { openLedger } from '../branch/ledger.ts';
import { openRepository } from '../git/git.ts';
import {
  copies,
  heldKey,
  keep,
  newFolder,
  nextTime,
  release,
  removeFolders,
  ringOf,
  trustIn,
  userGit,
  who,
} from '../shop.fixture.ts';
import { verifyRepository } from './verify.ts';

afterAll(removeFolders);

const key = heldKey();
const trust = trustIn([key], { shop: 1 });
/** A release in force on main. */
const applied = copies(async ({ repository }) => {
  const ledger = await openLedger(repository, 'shop', ringOf(key));
  await keep(ledger, 'second');
  await release(ledger, 'v1');
  await applyRelease(repository, 'shop', { who, time: nextTime(), keys: ringOf(key) });
});
const drop = (dir: string, ...refs: string[]): void => {
  for (const ref of refs) userGit(dir, 'update-ref', '-d', ref);
};
const BRANCH = 'refs/heads/optimize/shop';
const TAG = 'refs/tags/harness/shop/v1';
const whyOf = async (dir: string, options = {}) => {
  const { issues, unchecked } = await verifyRepository(await openRepository(dir), options);
  expect(issues).toEqual([]);
  return unchecked.map(({ file, why }) => `${file}: ${why}`).join('\n');
};

it('is missed where only the tag of a release is left', async () => {
  const { dir } = await applied();
  userGit(dir, 'switch', '-q', '--detach', 'main~1');
  expect(await whyOf(dir)).toBe('');
  drop(dir, BRANCH);
  expect(await whyOf(dir)).toMatch(/^refs\/heads\/optimize\/shop: no branch optimize\/shop here.*git fetch/);
});

it('is missed where trusted keys or an anchor name it', async () => {
  const { dir } = await applied();
  const anchor = (await verifyRepository(await openRepository(dir))).branches[0]?.anchor;
  userGit(dir, 'switch', '-q', '--detach', 'main~1');
  drop(dir, BRANCH, TAG);
  expect(await whyOf(dir)).toBe('');
  expect(await whyOf(dir, { trust })).toMatch(/no branch optimize\/shop here/);
  expect(await whyOf(dir, { anchors: [anchor] })).toMatch(/no branch optimize\/shop here/);
});

it('is missed where the checked-out commit holds its records', async () => {
  const { dir } = await applied();
  drop(dir, BRANCH, TAG);
  expect(await whyOf(dir)).toMatch(/no branch optimize\/shop here/);
});

it('is read from the remote in a clone, where its end is as good, and missed where there is none', async () => {
  const { dir } = await applied();
  const clone = newFolder();
  userGit(clone, 'clone', '-q', '--no-tags', dir, '.');
  userGit(clone, 'switch', '-q', '--detach', 'main~1');
  expect(await whyOf(clone, { trust })).toMatch(/^refs\/tags\/harness\/shop\/v1: the tag is not in this clone/);
  userGit(clone, 'fetch', '-q', '--tags', 'origin');
  expect(await whyOf(clone, { trust })).toBe('');
  const { branches } = await verifyRepository(await openRepository(clone));
  expect(branches).toMatchObject([{ branch: 'origin/optimize/shop', decisions: 4 }]);
  userGit(clone, 'remote', 'rename', 'origin', 'one');
  userGit(clone, 'update-ref', 'refs/remotes/two/main', 'HEAD');
  expect(await whyOf(clone)).toMatch(/no branch optimize\/shop here/);
});

it('is missed where it ends before what was put into force', async () => {
  const { dir } = await applied();
  userGit(dir, 'update-ref', BRANCH, `${BRANCH}~2`);
  drop(dir, TAG);
  expect(await whyOf(dir)).toMatch(/the checked-out commit holds decision 3, the branch ends at 1/);
});
