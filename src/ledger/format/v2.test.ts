/** A ledger that was written by v2, of every kind: 19 signed decisions in 16 commits. */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { openLedger } from '../branch/ledger.ts';
import { openRepository } from '../git/git.ts';
import { readTrust } from '../keys/trust.ts';
import { KIND_NAMES } from '../kinds/index.ts';
import { newFolder, put, read, removeFolders, userGit } from '../shop.fixture.ts';
import { audited, bundleOf, canVerify, tell } from '../verify/auditor.fixture.ts';
import { verifyRepository } from '../verify/verify.ts';

afterAll(removeFolders);

const fixtures = join(import.meta.dirname, 'fixtures');

async function old() {
  const dir = newFolder();
  userGit(dir, 'init', '-q', '-b', 'main');
  userGit(dir, 'fetch', '-q', join(fixtures, 'v2.bundle'), '+refs/*:refs/*', '--update-head-ok');
  userGit(dir, 'checkout', '-qf', 'main');
  return { dir, repository: await openRepository(dir) };
}

it('is read into the kinds of this version, and verifies as it did', async () => {
  const { repository } = await old();
  const outside = join(newFolder(), 'trust.json');
  cpSync(join(fixtures, 'v2-trust.json'), outside);
  const trust = readTrust(outside, repository);
  const { issues, unchecked, branches } = await verifyRepository(repository, { trust });
  expect([issues, unchecked]).toEqual([[], []]);
  expect(branches).toMatchObject([{ decisions: 19, signedFrom: 1, commits: 16, releases: 1 }]);
  const decisions = (await openLedger(repository, 'shop')).decisions();
  expect(new Set(decisions.map(({ kind }) => kind))).toEqual(new Set(KIND_NAMES.filter((kind) => kind !== 'peek')));
  expect(decisions.find(({ kind }) => kind === 'external')).toMatchObject({ loosens: [], touched: [] });
});

it('could not be checked, and is no success, where it says what v2 could not say', async () => {
  const { dir, repository } = await old();
  userGit(dir, 'switch', '-q', 'optimize/shop');
  const path = userGit(dir, 'ls-files', 'runs/*/0019.json').trim();
  put(dir, path, read(dir, path).replace('"keys": null', '"keys": 7'));
  userGit(dir, 'commit', '-qam', 'change', '--amend');
  userGit(dir, 'switch', '-q', 'main');
  const { unchecked } = await verifyRepository(repository);
  expect(unchecked).toMatchObject([{ file: path, why: 'could not check, written by v2' }]);
  await expect(openLedger(repository, 'shop')).rejects.toThrow(/written by v2/);
});

it.skipIf(!canVerify)('is read by the verifier in Python as well', async () => {
  const { story, first } = await tell(await old());
  const { status, stdout } = audited(bundleOf(story, first));
  expect([status, stdout]).toEqual([0, expect.stringMatching(/^V1: 19 decisions, every one agrees/)]);
});
