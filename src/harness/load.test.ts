import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadHarness, readHarnessFolder, saveHarness } from './load.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'harness-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const write = (path: string, text: string | Buffer) => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
};

describe('loadHarness', () => {
  test('reads the folder of an environment', () => {
    write('harness/shop/policy.md', 'Be kind.\n');
    write('harness/shop/.draft', 'hidden');
    const harness = loadHarness(root, 'shop');
    expect(harness.policy).toBe('Be kind.\n');
    expect([...harness.files.keys()]).toEqual(['policy.md']);
  });

  test('leaves what lies beside a SKILL.md alone, whatever it is', () => {
    write('harness/shop/skills/a/SKILL.md', '---\nname: a\ndescription: b\n---\nx\n');
    const alone = loadHarness(root, 'shop');
    write('harness/shop/skills/a/scripts/deep/er/still/check it.py', 'print(1)');
    write('harness/shop/skills/a/assets/ä.png', Buffer.alloc(100_000, 255));
    write('harness/shop/skills/a/references/REFERENCE.md', 'More.');
    symlinkSync('/dev/zero', join(root, 'harness/shop/skills/a/device'));
    expect(loadHarness(root, 'shop')).toEqual(alone);
    saveHarness(join(root, 'harness/shop'), new Map());
    expect(readdirSync(join(root, 'harness/shop/skills/a')).sort()).toEqual([
      'assets',
      'device',
      'references',
      'scripts',
    ]);
  });

  test('takes no folder for the defaults', () => {
    const { files, id } = loadHarness(root, 'shop');
    expect(files).toEqual(new Map());
    mkdirSync(join(root, 'harness/shop'), { recursive: true });
    expect(loadHarness(root, 'shop').id).toBe(id);
  });

  test('refuses a wrong name, and a link or file for the folder', () => {
    expect(() => loadHarness(root, '../shop')).toThrow(
      /expected an environment name such as retail, found "\.\.\/shop"/,
    );
    write('harness/shop', 'x');
    symlinkSync(root, join(root, 'harness/lamps'));
    for (const env of ['shop', 'lamps'])
      expect(() => loadHarness(root, env)).toThrow(`harness/${env}: expected a folder, found a link or file`);
  });

  test('does not follow a folder out of the project', () => {
    const outside = mkdtempSync(join(tmpdir(), 'outside-'));
    mkdirSync(join(root, 'real'));
    symlinkSync(outside, join(root, 'harness'));
    mkdirSync(join(outside, 'shop'));
    expect(() => loadHarness(root, 'shop')).toThrow(/found a link out of it/);
    rmSync(outside, { recursive: true });
  });
});

describe('readHarnessFiles refuses', () => {
  test('links', () => {
    write('secret', 'x');
    mkdirSync(join(root, 'h'));
    symlinkSync(join(root, 'secret'), join(root, 'h/policy.md'));
    expect(() => readHarnessFolder(join(root, 'h'))).toThrow(/policy\.md: expected a plain file, found a link/);
  });
  test.each([
    ['a device name', 'con.md', /expected a name of letters/],
    ['a trailing dot', 'a.', /expected a name of letters/],
    ['letters beyond ASCII', 'ä.md', /expected a name of letters/],
    ['deep folders', 'a/b/c/d/e.md', /expected at most 4 levels/],
  ])('%s', (_, path, message) => {
    write(`h/${path}`, 'x');
    expect(() => readHarnessFolder(join(root, 'h'))).toThrow(message);
  });
  test('names that differ only in letter case', () => {
    write('h/a.md', 'x');
    write('h/A.md', 'x');
    if (readdirSync(join(root, 'h')).length < 2) return; // a file system that cannot hold both
    expect(() => readHarnessFolder(join(root, 'h'))).toThrow(/letter case/);
  });
  test('bytes that are no text, and large files', () => {
    write('h/policy.md', Buffer.from([0xff, 0xfe]));
    expect(() => readHarnessFolder(join(root, 'h'))).toThrow(/UTF-8/);
    write('h/policy.md', 'x'.repeat(70_000));
    expect(() => readHarnessFolder(join(root, 'h'))).toThrow(/at most 65536 bytes/);
  });
});

describe('saveHarness', () => {
  test('makes the folder hold exactly the files, and leaves hidden ones alone', () => {
    const dir = join(root, 'h');
    write('h/policy.md', 'old\n');
    write('h/skills/gone/SKILL.md', 'x');
    write('h/.keep', '');
    const files = new Map([
      ['policy.md', 'new\n'],
      ['skills/a/SKILL.md', 'é'],
    ]);
    saveHarness(dir, files);
    expect(readHarnessFolder(dir)).toEqual(files);
    expect(readdirSync(dir).sort()).toEqual(['.keep', 'policy.md', 'skills']);
    expect(readdirSync(join(dir, 'skills'))).toEqual(['a']);
  });

  test.each(['../out.md', '/abs.md', 'a/../../b.md', '.git/config', 'a\\b.md'])(
    'writes nothing for the path %s',
    (path) => {
      const dir = join(root, 'h');
      expect(() =>
        saveHarness(
          dir,
          new Map([
            ['policy.md', 'x'],
            [path, 'x'],
          ]),
        ),
      ).toThrow(/expected a name of letters/);
      expect(readdirSync(root)).toEqual([]);
    },
  );
});
