/** What a hostile clone makes grow without end is bounded, and hides no other finding. */
import { execFileSync } from 'node:child_process';
import { afterAll, expect, it } from 'vitest';
import { VerifyError } from '../../errors.ts';
import { openLedger } from '../branch/ledger.ts';
import { removeFolders, userGit } from '../shop.fixture.ts';
import { told } from '../story.fixture.ts';
import { verifyRepository } from './verify.ts';

afterAll(removeFolders);

const BRANCH = 'refs/heads/optimize/shop';

const fed = (dir: string, input: string | Buffer, ...args: string[]): string =>
  execFileSync('git', args, { cwd: dir, input, encoding: 'utf8', maxBuffer: 2 ** 26 }).trim();

/** The tip's tree with one more entry at a path. */
function planted(dir: string, path: readonly string[], entry: string, tree: string): string {
  const [name = '', ...rest] = path;
  const rows = userGit(dir, 'ls-tree', tree)
    .split('\n')
    .filter((row) => row !== '' && !row.endsWith(`\t${name}`));
  const below = () => userGit(dir, 'rev-parse', `${tree}:${name}`).trim();
  const row = rest.length === 0 ? `${entry}\t${name}` : `040000 tree ${planted(dir, rest, entry, below())}\t${name}`;
  return fed(dir, `${[...rows, row].join('\n')}\n`, 'mktree');
}

function commit(dir: string, path: string, entry: string): void {
  const tree = planted(dir, path.split('/'), entry, `${BRANCH}^{tree}`);
  const made = userGit(dir, 'commit-tree', tree, '-p', BRANCH, '-m', 'x').trim();
  userGit(dir, 'update-ref', BRANCH, made);
}

/** `width` names of one thing, nested `depth` times. */
function bomb(dir: string, width: number, depth: number): string {
  const blob = fed(dir, 'x', 'hash-object', '-w', '--stdin');
  let entry = `100644 blob ${blob}`;
  for (let level = 0; level < depth; level++) {
    const rows = Array.from({ length: width }, (_, at) => `${entry}\tn${at}`);
    entry = `040000 tree ${fed(dir, `${rows.join('\n')}\n`, 'mktree')}`;
  }
  return entry;
}

const blobOf = (dir: string, content: string | Buffer): string =>
  `100644 blob ${fed(dir, content, 'hash-object', '-w', '--stdin')}`;

const hostile: readonly (readonly [name: string, path: string, make: (dir: string) => string, finding: object])[] = [
  ['trees that name each other', 'harness/shop/skills', (dir) => bomb(dir, 10, 12), { field: 'files', found: 'more' }],
  ['one wide and shallow', 'harness/shop/more', (dir) => bomb(dir, 400, 3), { field: 'files', found: 'more' }],
  ['runs without end', 'runs', (dir) => bomb(dir, 400, 3), {}],
  [
    'a record nested 5,000 deep',
    'runs/night-1/decisions/0010.json',
    (dir) => blobOf(dir, '['.repeat(5000) + ']'.repeat(5000)),
    { file: 'runs/night-1/decisions/0010.json', field: 'bytes' },
  ],
  [
    'a signature nested 5,000 deep',
    'runs/night-1/decisions/0001.sig',
    (dir) => blobOf(dir, '{"a":'.repeat(5000)),
    { file: 'runs/night-1/decisions/0001.sig', field: 'bytes' },
  ],
  [
    'a record of 40 MB',
    'runs/night-1/decisions/0010.json',
    (dir) => blobOf(dir, Buffer.alloc(40 * 2 ** 20, 32)),
    { field: 'bytes', expected: 'at most 32 MB', found: `${40 * 2 ** 20} bytes` },
  ],
  [
    'a harness file of 40 MB',
    'harness/shop/policy.md',
    (dir) => blobOf(dir, Buffer.alloc(40 * 2 ** 20, 32)),
    { field: 'bytes', expected: 'at most 32 MB' },
  ],
];

it.each(hostile)('%s: found, beside what else is wrong', async (_, path, make, finding) => {
  const { dir, repository } = await told();
  commit(dir, 'harness/shop/harness.yaml', blobOf(dir, 'version: 1\n# by hand\n'));
  commit(dir, path, make(dir));
  const { issues } = await verifyRepository(repository);
  expect(issues).toContainEqual(expect.objectContaining({ file: 'harness/shop/harness.yaml', field: 'sha256' }));
  if (Object.keys(finding).length > 0) expect(issues).toContainEqual(expect.objectContaining(finding));
  // Every other command ends with a sentence, unless it is none of its business.
  const error: unknown = await openLedger(repository, 'shop').catch((reason: unknown) => reason);
  if (error instanceof Error) expect(error).toBeInstanceOf(VerifyError);
});
