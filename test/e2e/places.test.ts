/**
 * Repositories in every state: a night leaves what is a person's byte for byte, or says in a
 * sentence why it does not run.
 */
import { chmodSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cleanEnv, git, newFolder, optimize, shopRepository, THOROUGH, write } from './cli.ts';
import { ODD_PLACES, type Place } from './odd-places.ts';

const NIGHT = '--env my-shop --tasks 120 --budget 1';

/**
 * Every byte that is a person's: the files of the work tree and of git, but for what the program
 * writes.
 */
function theirs(dir: string, folder: string): Record<string, string> {
  // First, because asking git may run a person's own filters.
  const status = folder === dir ? tryGit(dir, 'status', '--porcelain=v2') : '';
  const isOurs = (path: string) =>
    /(?:^|\/)runs\/(?:my-shop-\d+|env-check)\//.test(path) ||
    /\.git\/(?:objects\/|optimize|harness-optimizer)/.test(path) ||
    /\.git\/(?:logs\/)?refs\/(?:heads\/optimize|tags\/harness)/.test(path);
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => ({ path: join(entry.parentPath, entry.name), link: entry.isSymbolicLink() }))
    .filter(({ path }) => !isOurs(path.slice(folder.length + 1)) && !path.includes('node_modules'));
  return {
    ...Object.fromEntries(
      files.map(({ path, link }) => [path, link ? readlinkSync(path) : readFileSync(path).toString('base64')]),
    ),
    status,
    stash: tryGit(dir, 'stash', 'list', '-p'),
  };
}

function tryGit(dir: string, ...args: string[]): string {
  try {
    return git(dir, '--no-optional-locks', ...args);
  } catch (error) {
    return (error as { stderr: string }).stderr;
  }
}

const hook = (dir: string, name: string, body: string): void => {
  write(dir, { [`.git/hooks/${name}`]: `#!/bin/sh\n${body}\n` });
  chmodSync(join(dir, '.git/hooks', name), 0o755);
};
/** Two branches that change the same line. */
function conflict(dir: string): void {
  git(dir, 'switch', '-q', '-c', 'other');
  write(dir, { 'README.md': 'theirs\n' });
  git(dir, 'commit', '-qam', 'theirs');
  git(dir, 'switch', '-q', 'main');
  write(dir, { 'README.md': 'ours\n' });
  git(dir, 'commit', '-qam', 'ours');
}

const CASES: readonly Place[] = [
  [
    'a dirty tree with staged files and a stash',
    'runs',
    (dir) => {
      write(dir, { 'a.txt': 'stashed\n' });
      git(dir, 'add', '-A');
      git(dir, 'stash');
      write(dir, { 'b.txt': 'staged\n', 'c.txt': 'untracked\n', 'README.md': 'changed\r\n' });
      git(dir, 'add', 'b.txt');
    },
  ],
  ['a detached HEAD', 'runs', (dir) => void git(dir, 'checkout', '-q', '--detach')],
  ['a branch without a commit', /no commit yet/, (dir) => void git(dir, 'checkout', '-q', '--orphan', 'new')],
  [
    'a merge under way',
    'runs',
    (dir) => {
      conflict(dir);
      expect(tryGit(dir, 'merge', 'other')).toBeDefined();
    },
  ],
  [
    'a rebase under way',
    'runs',
    (dir) => {
      conflict(dir);
      tryGit(dir, 'rebase', 'other');
    },
  ],
  ['a lock on the index', 'runs', (dir) => writeFileSync(join(dir, '.git/index.lock'), '')],
  [
    'hooks that fail, hang and edit',
    'runs',
    (dir) => {
      for (const name of ['pre-commit', 'commit-msg', 'post-commit', 'post-checkout']) hook(dir, name, 'exit 1');
      hook(dir, 'prepare-commit-msg', 'sleep 600');
      hook(dir, 'reference-transaction', 'echo edited > edited-by-hook; exit 1');
    },
  ],
  [
    'a key for signing commits that is not there',
    'runs',
    (dir) => {
      for (const [name, value] of Object.entries({
        'commit.gpgSign': 'true',
        'tag.gpgSign': 'true',
        'gpg.format': 'ssh',
        'user.signingKey': '/nowhere/key',
        'gpg.ssh.program': '/bin/false',
      }))
        git(dir, 'config', name, value);
    },
  ],
  [
    'a file system monitor and filters of its own',
    'runs',
    (dir) => {
      write(dir, { '.gitattributes': '* filter=mine\n' });
      git(dir, 'config', 'core.fsmonitor', '/bin/false');
      git(dir, 'config', 'filter.mine.clean', 'touch filtered; cat');
      git(dir, 'config', 'filter.mine.smudge', 'touch filtered; cat');
    },
  ],
  [
    'a submodule with changes of its own',
    'runs',
    (dir) => {
      const inner = newFolder();
      git(inner, 'init', '-q');
      write(inner, { 'part.txt': 'one\n' });
      git(inner, 'add', '-A');
      git(inner, 'commit', '-qm', 'part');
      git(dir, '-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', inner, 'part');
      git(dir, 'commit', '-qm', 'a submodule');
      write(dir, { 'part/part.txt': 'two\n' });
    },
  ],
  [
    'a linked work tree',
    'runs',
    (dir) => {
      const tree = join(newFolder(), 'tree');
      git(dir, 'worktree', 'add', '-q', '-b', 'side', tree);
      write(tree, { 'README.md': 'on the side\n' });
      return tree;
    },
  ],
  [
    'a folder below the top',
    'runs',
    (dir) => {
      mkdirSync(join(dir, 'docs'));
      return join(dir, 'docs');
    },
  ],
  [
    'files with CRLF',
    'runs',
    (dir) => {
      write(dir, { '.gitattributes': '* text=auto eol=crlf\n' });
      git(dir, 'add', '-A');
      git(dir, 'commit', '-qm', 'line ends');
      git(dir, 'rm', '-q', '--cached', '-r', '.');
      git(dir, 'reset', '-q', '--hard');
    },
  ],
  [
    'objects named by SHA-256',
    'runs',
    (dir) => {
      rmSync(join(dir, '.git'), { recursive: true });
      git(dir, 'init', '-q', '-b', 'main', '--object-format=sha256');
      git(dir, 'add', '-A');
      git(dir, 'commit', '-qm', 'start');
    },
  ],
  [
    'a bare repository',
    /bare repository/,
    (dir) => {
      const bare = join(newFolder(), 'bare.git');
      git(dir, 'clone', '-q', '--bare', dir, bare);
      return bare;
    },
  ],
  ['a folder that is no repository', /is not in a git repository; run: git init/, () => newFolder()],
  ['its own branch checked out', /checked out/, (dir) => void git(dir, 'switch', '-q', '-c', 'optimize/my-shop')],
];

describe.concurrent('a night in', () => {
  it.each([...CASES, ...(THOROUGH ? ODD_PLACES : ODD_PLACES.slice(0, 2))])('%s', async (_, outcome, prepare) => {
    const dir = await shopRepository();
    const other = prepare(dir);
    const place = typeof other === 'string' ? other : dir;
    const before = [theirs(place, dir), theirs(place, place)];
    const { code, stderr } = await optimize(place, NIGHT);
    expect([theirs(place, dir), theirs(place, place)]).toEqual(before);
    if (outcome === 'runs') expect([0, 3], stderr).toContain(code);
    else {
      expect([code, stderr]).toEqual([2, expect.stringMatching(outcome)]);
      expect(stderr).not.toMatch(/\n\s+at /);
    }
  });

  it.skipIf(process.getuid?.() === 0)('a repository that cannot be written', async () => {
    const dir = await shopRepository();
    chmodSync(join(dir, '.git'), 0o555);
    const { code, stderr } = await optimize(dir, NIGHT, { env: cleanEnv });
    chmodSync(join(dir, '.git'), 0o755);
    expect([code, stderr]).toEqual([expect.any(Number), expect.stringMatching(/EACCES|permission|cannot be written/)]);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it('a branch that somebody moves meanwhile', async () => {
    const dir = await shopRepository();
    const night = await optimize(dir, `${NIGHT} --json`, {
      onLine(line) {
        if (line.startsWith('{"type":"learned"')) git(dir, 'update-ref', 'refs/heads/optimize/my-shop', 'main');
      },
    });
    expect([night.code, night.stderr]).toEqual([1, expect.stringMatching(/moved by someone else meanwhile/)]);
    expect(git(dir, 'rev-parse', 'optimize/my-shop')).toBe(git(dir, 'rev-parse', 'main'));
  });
});
