/** More states of a repository, each a night's whole work: played with `E2E=all`. */
import { chmodSync, chownSync, cpSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { git, newFolder, write } from './cli.ts';

/** Gives the folder to run in, when it is another one than the repository's. */
export type Prepare = (dir: string) => unknown;
/** `runs`, or exit 2 with this sentence. */
export type Place = readonly [what: string, outcome: 'runs' | RegExp, prepare: Prepare];

const set = (dir: string, settings: Readonly<Record<string, string>>): void => {
  for (const [name, value] of Object.entries(settings)) git(dir, 'config', name, value);
};

/** The files as a checkout with these settings writes them. */
function checkedOutWith(dir: string, settings: Readonly<Record<string, string>>): void {
  git(dir, 'rm', '-q', '.gitattributes');
  git(dir, 'commit', '-qm', 'no attributes');
  set(dir, settings);
  git(dir, 'rm', '-q', '--cached', '-r', '.');
  git(dir, 'reset', '-q', '--hard');
}

/** A copy of the repository at another path. */
function at(dir: string, name: string): string {
  const path = join(newFolder(), name);
  mkdirSync(path, { recursive: true });
  cpSync(dir, path, { recursive: true });
  return path;
}

const isRoot = process.getuid?.() === 0;
const hasReftable = (() => {
  try {
    git(newFolder(), 'init', '-q', '--ref-format=reftable');
    return true;
  } catch {
    return false;
  }
})();

export const ODD_PLACES: readonly Place[] = [
  ['a branch called optimize', /the branch optimize is in the way/, (dir) => void git(dir, 'branch', 'optimize')],
  ['a path with quotes, blanks and signs', 'runs', (dir) => at(dir, 'a b "d" \'e\' $f `g` %5C #h ü')],
  ['a path with a backslash', /no module from a path with a backslash/, (dir) => at(dir, 'a\\b')],
  [
    'files with a backslash, quotes, line breaks and dashes in their names',
    'runs',
    (dir) => {
      for (const name of ['a\\b.txt', '"q".txt', "it's.txt", 'line\nbreak.txt', '-n', 'tab\t.txt', 'ü.txt', ':(top)x'])
        writeFileSync(join(dir, name), `${name}\n`);
      git(dir, 'add', '-A');
      git(dir, 'commit', '-qm', 'odd names');
      writeFileSync(join(dir, 'a\\b.txt'), 'changed\n');
    },
  ],
  ['core.autocrlf true', 'runs', (dir) => checkedOutWith(dir, { 'core.autocrlf': 'true' })],
  ['core.autocrlf input', 'runs', (dir) => checkedOutWith(dir, { 'core.autocrlf': 'input' })],
  [
    'a shallow clone',
    'runs',
    (dir) => {
      git(dir, 'commit', '-q', '--allow-empty', '-m', 'second');
      const clone = join(newFolder(), 'shallow');
      git(dir, 'clone', '-q', '--depth', '1', `file://${dir}`, clone);
      return clone;
    },
  ],
  [
    'tags that are called like branches',
    'runs',
    (dir) => {
      git(dir, 'commit', '-q', '--allow-empty', '-m', 'second');
      for (const name of ['main', 'optimize/my-shop', 'HEAD2', 'my-shop']) git(dir, 'tag', name, 'HEAD~1');
    },
  ],
  [
    'a tag where those of releases go',
    /the tag harness\/my-shop is in the way/,
    (dir) => void git(dir, 'tag', 'harness/my-shop'),
  ],
  [
    'packed refs and objects',
    'runs',
    (dir) => {
      git(dir, 'branch', 'another');
      git(dir, 'gc', '-q', '--prune=now');
      git(dir, 'pack-refs', '--all');
    },
  ],
  ...(hasReftable
    ? ([
        [
          'refs in a reftable',
          'runs',
          (dir) => {
            rmSync(join(dir, '.git'), { recursive: true });
            git(dir, 'init', '-q', '-b', 'main', '--ref-format=reftable');
            git(dir, 'add', '-A');
            git(dir, 'commit', '-qm', 'start');
          },
        ],
      ] satisfies Place[])
    : []),
  [
    'a sparse checkout',
    'runs',
    (dir) => {
      write(dir, { 'big/file.txt': 'big\n' });
      git(dir, 'add', '-A');
      git(dir, 'commit', '-qm', 'big');
      git(dir, 'sparse-checkout', 'set', 'harness', 'evals');
    },
  ],
  [
    'hooks in another folder',
    'runs',
    (dir) => {
      write(dir, { 'hooks/reference-transaction': '#!/bin/sh\necho ran > hook-ran; exit 1\n' });
      chmodSync(join(dir, 'hooks/reference-transaction'), 0o755);
      set(dir, { 'core.hooksPath': 'hooks' });
    },
  ],
  [
    'nobody to commit as',
    'runs',
    (dir) => set(dir, { 'user.useConfigOnly': 'true', 'user.name': '', 'user.email': '' }),
  ],
  [
    'settings that change what git prints',
    'runs',
    (dir) =>
      set(dir, {
        'color.ui': 'always',
        'core.quotePath': 'true',
        'core.abbrev': '4',
        'i18n.logOutputEncoding': 'latin1',
        'log.showSignature': 'true',
        'log.date': 'relative',
        'diff.noprefix': 'true',
        'status.short': 'true',
        'column.ui': 'always',
        'core.commentChar': '!',
      }),
  ],
  [
    'objects of another repository',
    'runs',
    (dir) => {
      const clone = join(newFolder(), 'shared');
      git(dir, 'clone', '-q', '--shared', dir, clone);
      return clone;
    },
  ],
  [
    'the inside of a submodule',
    'runs',
    (dir) => {
      const outer = newFolder();
      git(outer, 'init', '-q');
      git(outer, '-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', dir, 'inner');
      git(outer, 'commit', '-qm', 'inner');
      return join(outer, 'inner');
    },
  ],
  [
    'a git folder elsewhere',
    'runs',
    (dir) => void git(dir, 'init', '-q', '--separate-git-dir', join(newFolder(), 'elsewhere.git')),
  ],
  [
    'a commit that another one replaces',
    'runs',
    (dir) => {
      git(dir, 'commit', '-q', '--allow-empty', '-m', 'second');
      git(dir, 'replace', 'HEAD', 'HEAD~1');
    },
  ],
  [
    'a cherry-pick under way, in a bisection',
    'runs',
    (dir) => {
      git(dir, 'commit', '-q', '--allow-empty', '-m', 'second');
      git(dir, 'bisect', 'start', 'HEAD', 'HEAD~1');
      writeFileSync(join(dir, '.git/CHERRY_PICK_HEAD'), git(dir, 'rev-parse', 'HEAD'));
    },
  ],
  [
    'files that git was told to overlook',
    'runs',
    (dir) => {
      git(dir, 'update-index', '--assume-unchanged', 'README.md');
      write(dir, { 'README.md': 'overlooked\n', 'later.txt': 'intent\n' });
      git(dir, 'add', '-N', 'later.txt');
    },
  ],
  [
    'a runs folder that is a link',
    /runs.*found a link|found a link.*runs/,
    (dir) => symlinkSync(newFolder(), join(dir, 'runs')),
  ],
  ...(isRoot
    ? ([
        [
          'a repository of somebody else',
          'runs',
          (dir) => {
            for (const path of [dir, join(dir, '.git')]) chownSync(path, 12_345, 12_345);
          },
        ],
      ] satisfies Place[])
    : []),
];
