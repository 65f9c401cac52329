/** What an environment loads is in its digest: imports of imports, data, other languages' files. */
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it, test } from 'vitest';
import { sourceDigest } from './source-files.ts';

const FILES = {
  'evals/doors/environment.js':
    "import { judge } from './lib/judge.js';\nimport rows from '../shared/rows.json' with { type: 'json' };\nimport('../../tools/late.mjs'); // don't\n",
  'evals/doors/lib/judge.js': "export * from './weights';\nconst own = require('acme-rules');\n",
  'evals/doors/lib/weights.ts': 'export const weight: number = 1;\n',
  'evals/doors/data/orders.csv': 'a,b\n1,2\n',
  'evals/shared/rows.json': '[]\n',
  'evals/shared/unused.json': '[]\n',
  'tools/late.mjs': "const file = new URL('./prices.txt', import.meta.url);\n",
  'tools/prices.txt': '1\n',
  'packages/rules/index.js': 'module.exports = 1;\n',
  'packages/rules/package.json': '{"name": "acme-rules"}\n',
  'evals/doors/policy.yaml': 'mode: propose\n',
  'evals/other/environment.js': 'export default 1;\n',
  'README.md': 'About.\n',
};

function repository(changed: Readonly<Record<string, string>> = {}): string {
  const root = mkdtempSync(join(tmpdir(), 'source-'));
  for (const [path, text] of Object.entries({ ...FILES, ...changed })) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  mkdirSync(join(root, 'node_modules'));
  symlinkSync('../packages/rules', join(root, 'node_modules/acme-rules'));
  return root;
}
const digestIn = (root: string): string => sourceDigest(join(root, 'evals/doors/environment.js'), root);
const before = digestIn(repository());

test.each([
  'evals/doors/environment.js',
  'evals/doors/lib/judge.js',
  'evals/doors/lib/weights.ts',
  'evals/doors/data/orders.csv',
  'evals/shared/rows.json',
  'tools/late.mjs',
  'tools/prices.txt',
  'packages/rules/index.js',
  'evals/doors/new.yaml',
])('a change of %s is another environment', (path) => {
  expect(digestIn(repository({ [path]: `${FILES[path as keyof typeof FILES] ?? ''}// changed\n` }))).not.toBe(before);
});

test.each([
  'evals/doors/policy.yaml',
  'evals/shared/unused.json',
  'evals/other/environment.js',
  'README.md',
  'evals/doors/.cache/x',
  'evals/doors/node_modules/p/index.js',
  'runs/doors-0001/x.json',
])('a change of %s is none', (path) => {
  expect(digestIn(repository({ [path]: 'changed\n' }))).toBe(before);
});

it('does not depend on the line ends of a checkout, and survives links that lead nowhere or back', () => {
  const crlf = Object.fromEntries(Object.entries(FILES).map(([path, text]) => [path, text.replaceAll('\n', '\r\n')]));
  const root = repository(crlf);
  symlinkSync('nowhere', join(root, 'evals/doors/gone'));
  symlinkSync('..', join(root, 'evals/doors/lib/up'));
  symlinkSync('/dev/zero', join(root, 'evals/doors/endless'));
  expect(digestIn(root)).toBe(before);
});
