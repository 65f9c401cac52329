/** Diffs as git, diff and this program write them. */
import { describe, expect, it } from 'vitest';
import { previewEdit } from './edits.ts';
import { applyPatch } from './patch.ts';

const before = new Map([
  ['contract.yaml', 'clauses: []\n'],
  ['harness.yaml', 'version: 1\n'],
]);
const hunk = '@@ -1 +1,2 @@\n version: 1\n+preamble: false\n';
const applied = { ...Object.fromEntries(before), 'harness.yaml': 'version: 1\npreamble: false\n' };
const run = (text: string) => {
  const { files, unused } = applyPatch('shop', before, text);
  return { files: Object.fromEntries(files), unused };
};

describe('applyPatch', () => {
  it.each([
    [
      'git',
      `diff --git a/harness/shop/harness.yaml b/harness/shop/harness.yaml\nindex 1..2 100644\n--- a/harness/shop/harness.yaml\n+++ b/harness/shop/harness.yaml\n${hunk}`,
    ],
    ['git without prefixes', `--- harness/shop/harness.yaml\n+++ harness/shop/harness.yaml\n${hunk}`],
    [
      'diff -u with times',
      `--- old/harness/shop/harness.yaml\t2026-01-01 10:00:00\n+++ new/harness/shop/harness.yaml\t2026-01-01 10:01:00\n${hunk}`,
    ],
    ['optimize diff', `--- a/harness.yaml\n+++ b/harness.yaml\n${hunk}`],
    [
      'a mail',
      `From 1 Mon Sep 17 00:00:00 2001\nFrom: Kim <k@x>\nSubject: [PATCH] less\n\nWhy.\n\n---\n harness.yaml | 1 +\n\ndiff --git a/harness/shop/harness.yaml b/harness/shop/harness.yaml\n--- a/harness/shop/harness.yaml\n+++ b/harness/shop/harness.yaml\n${hunk}-- \n2.40.1\n\n`,
    ],
    ['Windows', `--- a/harness/shop/harness.yaml\n+++ b/harness/shop/harness.yaml\n${hunk}`.replaceAll('\n', '\r\n')],
  ])('reads what %s writes', (_, text) => {
    expect(run(text)).toEqual({ files: applied, unused: [] });
  });

  it('reads what optimize diff prints of two versions', () => {
    const after = new Map([
      ['skills/a/SKILL.md', '---\nname: a\n'],
      ['contract.yaml', 'clauses: []\naliases: {}\n'],
    ]);
    expect(applyPatch('shop', before, previewEdit(before, after)).files).toEqual(after);
  });

  it('takes the harness of this environment alone, and names the rest', () => {
    const other = (path: string) => `--- a/${path}\n+++ b/${path}\n${hunk}`;
    const text = [
      'harness/shop/harness.yaml',
      'evals/shop/environment.mjs',
      'harness/library/harness.yaml',
      'harness.yaml',
      'harness/shop/skills/a/run.sh',
      'src/harness/shop/harness.yaml',
    ].map(other);
    expect(run(text.join(''))).toEqual({
      files: applied,
      unused: [
        'evals/shop/environment.mjs',
        'harness.yaml',
        'harness/library/harness.yaml',
        'harness/shop/skills/a/run.sh',
        'src/harness/shop/harness.yaml',
      ],
    });
  });

  it('applies the mails of several commits in order', () => {
    const mail = (old: string, now: string) =>
      `From ${'a1'.repeat(20)} Mon Sep 17 00:00:00 2001\nFrom: Kim <k@x>\nSubject: [PATCH] x\n\n---\n x | 2 +-\n\ndiff --git a/harness/shop/harness.yaml b/harness/shop/harness.yaml\n--- a/harness/shop/harness.yaml\n+++ b/harness/shop/harness.yaml\n@@ -1 +1 @@\n-${old}\n+${now}\n-- \n2.40.1\n\n`;
    expect(run(mail('version: 1', 'one') + mail('one', 'two')).files).toMatchObject({ 'harness.yaml': 'two\n' });
  });

  it('moves and removes files', () => {
    const text = `diff --git a/harness/shop/harness.yaml b/harness/shop/notes.md
similarity index 100%
rename from harness/shop/harness.yaml
rename to harness/shop/notes.md
diff --git a/harness/shop/contract.yaml b/harness/shop/contract.yaml
deleted file mode 100644
--- a/harness/shop/contract.yaml
+++ /dev/null
@@ -1 +0,0 @@
-clauses: []
`;
    expect(run(text).files).toEqual({ 'notes.md': 'version: 1\n' });
  });

  it.each([
    ['no diff', 'Please make it better.\n', 'expected a unified diff'],
    [
      'half a diff',
      '--- a/harness/shop/harness.yaml\n+++ b/harness/shop/harness.yaml\n@@ -1,2 +1,3 @@\n version: 1\n',
      'expected a unified diff',
    ],
    [
      'other lines',
      `--- a/harness/shop/contract.yaml\n+++ b/harness/shop/contract.yaml\n${hunk}`,
      'does not apply to harness/shop/contract.yaml',
    ],
    ['a missing file', `--- a/harness/shop/policy.md\n+++ b/harness/shop/policy.md\n${hunk}`, 'which is not there'],
    [
      'a link',
      'diff --git a/harness/shop/policy.md b/harness/shop/policy.md\nnew file mode 120000\n--- /dev/null\n+++ b/harness/shop/policy.md\n@@ -0,0 +1 @@\n+/etc/passwd\n',
      'found a link',
    ],
    ['too much', 'x'.repeat(2 ** 20 + 1), 'at most 1 MB'],
  ])('refuses %s', (_, text, why) => {
    expect(() => run(text)).toThrow(why);
  });
});
