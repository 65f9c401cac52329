/** What people do to a repository that changes no record: no alarm at any level. */
import { chmodSync, cpSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyRelease } from '../acts/apply.ts';
import { revoke, rotate } from '../acts/key-change.ts';
import { rollback } from '../acts/rollback.ts';
import { startNight } from '../acts/start.ts';
import { openLedger } from '../branch/ledger.ts';
import { openRepository } from '../git/git.ts';
import {
  endNight,
  heldKey,
  initShop,
  keep,
  newFolder,
  nextTime,
  put,
  removeFolders,
  ringOf,
  type Shop,
  stepWith,
  trustIn,
  userGit,
  who,
  workTreeOf,
} from '../shop.fixture.ts';
import { key, next, told, trust } from '../story.fixture.ts';
import { type Anchor, anchorLine, parseAnchor } from './anchor.ts';
import { verifyRepository } from './verify.ts';

afterAll(removeFolders);

let anchor: Anchor;
beforeAll(async () => {
  const { repository } = await told();
  anchor = (await verifyRepository(repository)).branches[0]?.anchor as Anchor;
});

/** Gives the folder to verify when it is another one. */
type Deed = (shop: Shop) => unknown;

const night = async ({ dir, repository }: Shop) => {
  const ledger = await openLedger(repository, 'shop', ringOf(next));
  await startNight(ledger, { workTree: workTreeOf(dir), run: 'night-3', who, time: nextTime(), adopt: true });
  return ledger;
};
/** A clone that has the branch as its own. */
const cloned =
  (...options: string[]) =>
  ({ dir }: Shop): string => {
    const copy = join(newFolder(), 'a clone, von Müller');
    userGit(dir, 'clone', '-q', ...options, `file://${dir}`, copy);
    userGit(copy, 'fetch', '-q', 'origin', 'optimize/shop:optimize/shop');
    return copy;
  };

const deeds: readonly (readonly [string, Deed])[] = [
  ['nothing', () => {}],
  ['a clone', cloned()],
  ['a clone without hard links, on another branch', cloned('--no-hardlinks', '-b', 'main')],
  ['a clone that borrows objects', cloned('--shared')],
  [
    'a shallow clone, completed',
    (shop) => {
      const copy = cloned('--depth=1', '--no-single-branch')(shop);
      userGit(copy, 'fetch', '-q', '--unshallow', '--tags');
      return copy;
    },
  ],
  [
    'a partial clone, completed',
    (shop) => {
      userGit(shop.dir, 'config', 'uploadpack.allowFilter', 'true');
      const copy = cloned('--filter=blob:none')(shop);
      userGit(copy, 'fetch', '-q', '--refetch', '--no-filter', 'origin');
      return copy;
    },
  ],
  [
    'a bundle',
    ({ dir }) => {
      const copy = newFolder();
      userGit(dir, 'bundle', 'create', '-q', `${copy}/all.bundle`, '--all');
      userGit(copy, 'init', '-q', 'copy');
      userGit(`${copy}/copy`, 'fetch', '-q', `${copy}/all.bundle`, '+refs/*:refs/*', '--update-head-ok');
      return `${copy}/copy`;
    },
  ],
  ['gc', ({ dir }) => userGit(dir, 'gc', '-q', '--prune=now')],
  ['repack with a bitmap and one index', ({ dir }) => userGit(dir, 'repack', '-adqb', '--write-midx')],
  ['packed refs', ({ dir }) => userGit(dir, 'pack-refs', '--all')],
  ['a commit graph', ({ dir }) => userGit(dir, 'commit-graph', 'write', '--reachable')],
  ['expired reflogs', ({ dir }) => userGit(dir, 'reflog', 'expire', '--expire=all', '--all')],
  [
    'a linked work tree',
    ({ dir }) => {
      const linked = join(newFolder(), 'linked');
      userGit(dir, 'worktree', 'add', '-q', '-b', 'side', linked);
      return linked;
    },
  ],
  [
    'a checkout with other line ends',
    ({ dir }) => {
      userGit(dir, 'config', 'core.autocrlf', 'true');
      put(dir, '.gitattributes', '* text eol=crlf\n');
      userGit(dir, 'rm', '-rq', '--cached', '.');
      userGit(dir, 'reset', '-q', '--hard');
    },
  ],
  [
    'commits on the checked-out branch',
    ({ dir }) => {
      put(dir, 'README.md', 'more\n');
      userGit(dir, 'commit', '-qam', 'more');
    },
  ],
  [
    'a dirty tree, staged files and a stash',
    ({ dir }) => {
      put(dir, 'README.md', 'stashed\n');
      userGit(dir, 'stash');
      put(dir, 'harness/shop/policy.md', 'Be staged.\n');
      userGit(dir, 'add', '-A');
      put(dir, 'harness/shop/policy.md', 'Be dirty.\n');
    },
  ],
  ['a detached HEAD', ({ dir }) => userGit(dir, 'checkout', '-q', '--detach')],
  ['the branch itself checked out', ({ dir }) => userGit(dir, 'switch', '-q', 'optimize/shop')],
  [
    'tags and notes of other people',
    ({ dir }) => {
      userGit(dir, 'tag', 'v1');
      userGit(dir, 'tag', '-a', '-m', 'x', 'harness-v1', 'optimize/shop');
      userGit(dir, 'notes', 'add', '-m', 'looked at', 'optimize/shop');
    },
  ],
  [
    'another name for the folder',
    ({ dir }) => {
      renameSync(dir, `${dir} renamed`);
      cpSync(`${dir} renamed`, dir, { recursive: true });
      return `${dir} renamed`;
    },
  ],
  [
    'hooks and signing switched on',
    ({ dir }) => {
      put(dir, '.git/hooks/reference-transaction', '#!/bin/sh\nexit 1\n');
      chmodSync(join(dir, '.git/hooks/reference-transaction'), 0o755);
      for (const name of ['commit.gpgSign', 'tag.gpgSign', 'log.showSignature', 'diff.noprefix', 'diff.mnemonicPrefix'])
        userGit(dir, 'config', name, 'true');
      userGit(dir, 'config', 'diff.orderFile', '/dev/null');
    },
  ],
  [
    'a signed record of another environment, merged by a person and taken in by a night',
    async (shop) => {
      const { dir, repository } = shop;
      put(dir, 'harness/other/policy.md', 'Be brief.\n');
      userGit(dir, 'add', '-A');
      userGit(dir, 'commit', '-qm', 'another');
      const ledger = await openLedger(repository, 'other', ringOf(heldKey()));
      await endNight(ledger, 'other-1');
      userGit(dir, 'merge', '-q', '--no-ff', 'optimize/other');
      await night(shop);
    },
  ],
  [
    'an edit by a person, taken in by a night',
    async (shop) => {
      put(shop.dir, 'harness/shop/harness.yaml', 'version: 1 # by hand\n');
      await night(shop);
    },
  ],
  [
    'an executable file by a person, taken in by a night',
    async (shop) => {
      put(shop.dir, 'harness/shop/harness.yaml', 'version: 1 # by hand\n');
      chmodSync(join(shop.dir, 'harness/shop/harness.yaml'), 0o755);
      userGit(shop.dir, 'commit', '-qam', 'by hand');
      await night(shop);
    },
  ],
  [
    'a merge of the checked-out branch',
    async (shop) => {
      put(shop.dir, 'README.md', 'more\n');
      userGit(shop.dir, 'commit', '-qam', 'more');
      await keep(await night(shop), 'sixth', 'night-3');
    },
  ],
  [
    'a rollback, applied',
    async ({ repository }) => {
      await rollback(repository, 'shop', 'v1', stepWith(next));
      await applyRelease(repository, 'shop', stepWith(next));
    },
  ],
  [
    'a second rotation',
    async ({ repository }) => {
      await rotate(repository, 'shop', { old: next.entry, next: heldKey().entry }, stepWith(next));
    },
  ],
  [
    'a revocation',
    async ({ repository }) => {
      await revoke(repository, 'shop', { keyid: key.entry.keyid }, stepWith(next));
    },
  ],
  [
    'a branch continued elsewhere and fetched',
    async (shop) => {
      const copy = cloned()(shop);
      await keep(await openLedger(await openRepository(copy), 'shop', ringOf(next)), 'sixth', 'night-3');
      userGit(shop.dir, 'fetch', '-q', copy, 'optimize/shop:optimize/shop');
    },
  ],
];

describe('no alarm', () => {
  it.each(deeds)('after %s', async (_, deed) => {
    const shop = await told();
    const elsewhere = await deed(shop);
    const moved = typeof elsewhere === 'string' && elsewhere.startsWith('/');
    const repository = moved ? await openRepository(elsewhere) : shop.repository;
    const report = await verifyRepository(repository, {
      env: 'shop',
      trust,
      anchors: [parseAnchor(anchorLine(anchor))],
    });
    expect(report).toMatchObject({ issues: [], unchecked: [], levels: ['V1', 'V2', 'V3'] });
  });

  it('with SHA-256 objects', async () => {
    const shop = await initShop('--object-format=sha256');
    const ledger = await openLedger(shop.repository, 'shop', ringOf(key));
    await keep(ledger, 'second');
    const first = await verifyRepository(shop.repository, { trust: trustIn([key]) });
    const anchors = first.branches.flatMap(({ anchor }) => anchor ?? []);
    await keep(ledger, 'third');
    const report = await verifyRepository(shop.repository, { trust: trustIn([key]), anchors });
    expect(report).toMatchObject({ issues: [], unchecked: [], branches: [{ decisions: 2, signedFrom: 1 }] });
    expect(anchors[0]?.commit).toHaveLength(64);
  });
});
