/** Files that others may have left: whole lines of any length, and nothing through a link. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { canonicalJson, jsonOf, MAX_DEPTH, sha256 } from './digest.ts';
import { assertOwnFolder, assertRoom, fileDigest, linesOf, readPlain } from './files.ts';

const root = mkdtempSync(join(tmpdir(), 'files-'));
afterAll(() => rmSync(root, { recursive: true }));

it('gives the lines that were written, with their places, however long they are', () => {
  const line = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.nat({ max: 3 }).map((n) => 'x'.repeat(Math.max(0, n * 2 ** 19 - 2 + n))),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 6 }), fc.string(), (texts, rest) => {
      const lines = texts.map((text) => text.replaceAll('\n', ''));
      const path = join(root, 'lines');
      const bytes = Buffer.from(lines.map((text) => `${text}\n`).join('') + rest.replaceAll('\n', ''));
      writeFileSync(path, bytes);
      const found = [...linesOf(path)];
      expect(found.map(({ text }) => text)).toEqual(lines.map((text) => Buffer.from(text).toString()));
      for (const { text, start, end } of found) expect(bytes.subarray(start, end).toString()).toBe(text);
    }),
    { seed: 5, numRuns: 40 },
  );
});

describe('a file that is none', () => {
  mkdirSync(join(root, 'run'));
  writeFileSync(join(root, 'run/plain'), 'x\n');
  writeFileSync(join(root, 'secret'), 'secret');
  symlinkSync('/dev/zero', join(root, 'run/zero'));
  symlinkSync(join(root, 'secret'), join(root, 'run/link'));
  symlinkSync('nowhere', join(root, 'run/dangling'));
  symlinkSync('run', join(root, 'linked'));
  execFileSync('mkfifo', [join(root, 'run/pipe')]);

  it.each(['zero', 'link', 'dangling', 'pipe', '.'])('%s is not read', async (name) => {
    expect(() => readPlain(join(root, 'run', name))).toThrow(/expected a plain file/);
    expect(() => [...linesOf(join(root, 'run', name))]).toThrow(/expected a plain file/);
    expect(await fileDigest(root, `run/${name}`)).toBeNull();
  });

  it('is not reached through a linked folder either, and a plain one is read', async () => {
    expect(await fileDigest(root, 'linked/plain')).toBeNull();
    expect(await fileDigest(root, 'run/plain')).toBe(sha256('x\n'));
    expect(readPlain(join(root, 'run/none'))).toBeNull();
    expect([...linesOf(join(root, 'run/none'))]).toEqual([]);
  });

  it('keeps a run from being written', () => {
    for (const folder of ['run', 'linked', 'linked/inner', 'run/dangling'])
      expect(() => assertOwnFolder(root, folder)).toThrow(/link or device; remove it/);
    for (const name of ['zero', 'link', 'dangling', 'pipe']) rmSync(join(root, 'run', name));
    for (const folder of ['run', 'none']) assertOwnFolder(root, folder);
  });
});

describe('depth', () => {
  it.each([
    ['lists', '[', ']'],
    ['objects', '{"a":', '}'],
  ])('of %s is bounded where a text becomes a value', (_, open, close) => {
    const nested = (depth: number) => `${open.repeat(depth)}1${close.repeat(depth)}`;
    expect(canonicalJson(jsonOf(nested(MAX_DEPTH)))).toBe(nested(MAX_DEPTH));
    for (const depth of [MAX_DEPTH + 1, 5_000, 1_000_000]) expect(() => jsonOf(nested(depth))).toThrow(SyntaxError);
    expect(() => jsonOf(open.repeat(100_000))).toThrow(SyntaxError);
  });

  it('does not count what stands in a text', () => {
    for (const text of ['['.repeat(900), '\\"['.repeat(900), '"'.repeat(9), '\\'])
      expect(jsonOf(JSON.stringify([text]))).toEqual([text]);
    fc.assert(fc.property(fc.json({ maxDepth: 6 }), (text) => void expect(jsonOf(text)).toEqual(JSON.parse(text))));
  });

  it('of a value is bounded as well', () => {
    let value: unknown = 1;
    for (let at = 0; at < 100_000; at++) value = [value];
    expect(() => canonicalJson(value)).toThrow(/levels deep/);
  });
});

it('refuses a disk that is nearly full, wherever the folders lie, and asks the disk itself', () => {
  const free = new Map([
    ['/work', 2 ** 40],
    ['/git', 3 * 2 ** 20],
  ]);
  const left = (folder: string): number => free.get(folder) ?? 0;
  expect(() => assertRoom(['/work', '/git'], left)).toThrow(/\/git: expected 64 MB of free disk, found 3 MB/);
  expect(() => assertRoom(['/work'], left)).not.toThrow();
  expect(() => assertRoom([root], () => 64 * 2 ** 20 - 1)).toThrow(/found 63 MB/);
  expect(() => assertRoom([root])).not.toThrow();
});
