/**
 * Repositories as people have them: either a night's records and a release come out byte for byte
 * and nothing of the user's is touched, or one sentence says what to do before anything is played.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { UsageError } from '../errors.ts';
import { openWorkTree } from '../open/harness.ts';
import type { HarnessFiles } from '../types.ts';
import { startNight } from './acts/start.ts';
import { resolveHarness } from './branch/history.ts';
import { openLedger } from './branch/ledger.ts';
import { openRepository } from './git/git.ts';
import {
  contract,
  initShop,
  keep,
  newFolder,
  newShop,
  nextTime,
  put,
  release,
  removeFolders,
  type Shop,
  userGit,
  who,
} from './shop.fixture.ts';
import { verifyRepository } from './verify/verify.ts';

afterAll(removeFolders);

const hasReftable = spawnSync('git', ['init', '-q', '--ref-format=reftable', newFolder()]).status === 0;

/** Removes the work tree's files and lets git write them again. */
function checkOutAgain(dir: string): void {
  rmSync(join(dir, 'harness'), { recursive: true });
  userGit(dir, 'checkout', '-q', '--', '.');
}

const moved = ({ dir }: Shop, name: string): string => {
  const place = join(newFolder(), name);
  renameSync(dir, place);
  return place;
};
const cloned = ({ dir }: Shop, ...options: string[]): string => {
  const copy = join(newFolder(), 'copy');
  userGit(dir, 'clone', '-q', ...options, `file://${dir}`, copy);
  return copy;
};
const ref =
  (...args: string[]) =>
  ({ dir }: Shop) =>
    void userGit(dir, ...args);

type State = readonly [name: string, make: (shop: Shop) => unknown, says?: RegExp];

const states: readonly State[] = [
  ['a plain one', () => {}],
  [
    'checked out with autocrlf',
    ({ dir }) => {
      userGit(dir, 'config', 'core.autocrlf', 'true');
      checkOutAgain(dir);
    },
  ],
  [
    'checked out with eol=crlf by its attributes',
    ({ dir }) => {
      put(dir, '.gitattributes', '* text eol=crlf\n');
      userGit(dir, 'add', '-A');
      userGit(dir, 'commit', '-qm', 'attributes');
      checkOutAgain(dir);
    },
  ],
  [
    'stored with carriage returns',
    ({ dir }) => {
      put(dir, 'harness/shop/policy.md', 'Be kind.\r\nBe quick.\r\n');
      userGit(dir, 'commit', '-qam', 'from Windows');
    },
  ],
  [
    'a clone with other line ends of one that stores carriage returns',
    (shop) => {
      put(shop.dir, 'harness/shop/policy.md', 'Be kind.\r\nBe quick.\r\n');
      userGit(shop.dir, 'commit', '-qam', 'from Windows');
      return cloned(shop, '-c', 'core.autocrlf=input');
    },
  ],
  [
    'a linked work tree',
    ({ dir }) => {
      const linked = join(newFolder(), 'linked');
      userGit(dir, 'worktree', 'add', '-q', '-b', 'side', linked);
      return linked;
    },
  ],
  ['a clone', (shop) => cloned(shop)],
  ['a clone that borrows its objects', (shop) => cloned(shop, '--shared')],
  [
    'a package of npm whose files are CommonJS',
    ({ dir }) => put(dir, 'package.json', '{"name": "shop", "type": "commonjs"}\n'),
  ],
  [
    'detached',
    ({ dir }) => {
      userGit(dir, 'checkout', '-q', '--detach');
    },
  ],
  [
    'a submodule beside the harness',
    (shop) => {
      const part = newFolder();
      userGit(part, 'clone', '-q', shop.dir, '.');
      userGit(shop.dir, '-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', part, 'part');
      userGit(shop.dir, 'commit', '-qm', 'part');
    },
  ],
  [
    'inside a submodule',
    (shop) => {
      const outer = newFolder();
      userGit(outer, 'init', '-q', '-b', 'main');
      userGit(outer, '-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', shop.dir, 'inner');
      return join(outer, 'inner');
    },
  ],
  ['links outside of the harness', ({ dir }) => symlinkSync('nowhere', join(dir, 'dangling'))],
  ['with blanks and quotes in its path', (shop) => moved(shop, 'a shop, von "Müller" $HOME')],
  ['with a line break in its path', (shop) => moved(shop, 'two\nlines')],
  ['with a backslash in its path', (shop) => moved(shop, 'back\\slash')],
  ['with a line break at the end of its path', (shop) => moved(shop, 'end\n')],
  [
    'sparse, with the harness',
    ({ dir }) => {
      userGit(dir, 'sparse-checkout', 'set', 'harness');
    },
  ],
  [
    'sparse, without the harness',
    ({ dir }) => {
      put(dir, 'more/a.txt', 'a\n');
      userGit(dir, 'add', '-A');
      userGit(dir, 'commit', '-qm', 'docs');
      userGit(dir, 'sparse-checkout', 'set', 'more');
    },
    /expected the files that are committed there, found none/,
  ],
  [
    'shallow',
    (shop) => {
      put(shop.dir, 'README.md', 'more\n');
      userGit(shop.dir, 'commit', '-qam', 'more');
      return cloned(shop, '--depth=1');
    },
    /only part of the history/,
  ],
  [
    'unborn',
    () => {
      const dir = newFolder();
      userGit(dir, 'init', '-q');
      return dir;
    },
    /has no commit yet/,
  ],
  ['bare', (shop) => cloned(shop, '--bare'), /bare repository/],
  ['no repository', () => newFolder(), /not in a git repository/],
  [
    'a branch called optimize',
    ref('branch', 'optimize'),
    /the branch optimize is in the way of optimize\/shop; rename it: git branch -m/,
  ],
  [
    'a branch below that of the ledger',
    ref('branch', 'optimize/shop/mine'),
    /the branch optimize\/shop\/mine is in the way/,
  ],
  ['other branches below optimize', ref('branch', 'optimize/team/mine')],
  [
    'a symbolic ref where the ledger goes',
    ref('symbolic-ref', 'refs/heads/optimize/shop', 'refs/heads/main'),
    /stands for refs\/heads\/main .*git symbolic-ref --delete/,
  ],
  [
    'a symbolic ref to nothing where the ledger goes',
    ref('symbolic-ref', 'refs/heads/optimize/shop', 'refs/heads/none'),
    /stands for refs\/heads\/none/,
  ],
  ['a tag called harness', ref('tag', 'harness'), /the tag harness is in the way of harness\/shop\/v1/],
  ['a tag of the name of the environment', ref('tag', 'harness/shop'), /the tag harness\/shop is in the way/],
  ['a tag below the first version', ref('tag', 'harness/shop/v1/rc'), /the tag harness\/shop\/v1\/rc is in the way/],
  ['a tag of the first version', ref('tag', 'harness/shop/v1'), /the tag harness\/shop\/v1 exists/],
  ['tags that only look alike', ref('tag', 'optimize/shop')],
  [
    'a broken ref where the ledger goes',
    ({ dir }) => {
      mkdirSync(join(dir, '.git/refs/heads/optimize'), { recursive: true });
      writeFileSync(join(dir, '.git/refs/heads/optimize/shop'), 'garbage\n');
    },
    /git cannot write optimize\/shop/,
  ],
  [
    'the ledger checked out',
    ({ dir }) => {
      userGit(dir, 'branch', 'optimize/shop');
      userGit(dir, 'switch', '-q', 'optimize/shop');
    },
    /is checked out in/,
  ],
  ['packed refs', ref('pack-refs', '--all')],
];

/** All refs; a place without a repository has none. */
const refsIn = (dir: string): string => spawnSync('git', ['for-each-ref'], { cwd: dir, encoding: 'utf8' }).stdout;

/** What is the user's: HEAD, index, and every file. */
const stateOf = (dir: string): string =>
  [
    ['rev-parse', 'HEAD'],
    ['rev-parse', '--abbrev-ref', 'HEAD'],
    ['ls-files', '-s'],
    ['status', '--porcelain', '-uall'],
    ['diff'],
  ]
    .map((args) => userGit(dir, ...args))
    .join('---\n');

/** What a night does to the ledger, without its rollouts. */
async function night(dir: string): Promise<HarnessFiles> {
  const repository = await openRepository(dir);
  const { files } = await openWorkTree(repository, 'shop');
  const ledger = await openLedger(repository, 'shop');
  ledger.assertWritable();
  await ledger.rehearse();
  await verifyRepository(repository);
  await startNight(ledger, { workTree: files, run: 'night-1', who, time: nextTime() });
  await keep(ledger, 'second');
  await release(ledger, 'v1');
  return files;
}

it.concurrent.each(states.map(([name, make, says]) => ({ name, make, says })))('$name', async ({ make, says }) => {
  const shop = await newShop();
  const made = make(shop);
  const dir = typeof made === 'string' ? made : shop.dir;
  if (says !== undefined) {
    const before = refsIn(dir);
    const error: unknown = await night(dir).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(UsageError);
    expect((error as Error).message).toMatch(says);
    expect(refsIn(dir)).toBe(before);
    return;
  }
  const before = stateOf(dir);
  const files = await night(dir);
  expect(stateOf(dir)).toBe(before);
  const repository = await openRepository(dir);
  const { issues, unchecked } = await verifyRepository(repository);
  expect({ issues, unchecked }).toEqual({ issues: [], unchecked: [] });
  const found = await resolveHarness(await openLedger(repository, 'shop'), 'v1');
  const expected = new Map(files).set('contract.yaml', contract('first', 'second'));
  expect(found.files.get('policy.md')).toBe(files.get('policy.md'));
  expect([...found.files.keys()].sort()).toEqual([...expected.keys()].sort());
  // The next night sees nothing that a person changed.
  const again = await openLedger(repository, 'shop');
  const started = await startNight(again, {
    workTree: (await openWorkTree(repository, 'shop')).files,
    run: 'night-2',
    who,
    time: nextTime(),
  });
  expect(started.external).toBeNull();
});

it.each([
  ['objects of SHA-256', '--object-format=sha256', true],
  ['refs in a table', '--ref-format=reftable', hasReftable],
] as const)('%s', async (_, option, known) => {
  // An older git says that it knows no such option.
  if (!known) return;
  const { dir } = await initShop(option);
  await night(dir);
  expect((await verifyRepository(await openRepository(dir))).issues).toEqual([]);
});

it.skipIf(process.getuid?.() === 0)('a folder of objects that cannot be written', async () => {
  const { dir } = await newShop();
  chmodSync(join(dir, '.git/objects'), 0o555);
  await expect(night(dir)).rejects.toThrow(/git cannot write/);
  chmodSync(join(dir, '.git/objects'), 0o755);
});
