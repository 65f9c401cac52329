/** Builds `dist/` and links the command, so that `npx optimize` in this folder runs it without asking a registry. */
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
if (!existsSync(tsc)) {
  console.error('prepare: typescript is not installed; run: npm ci (with development dependencies)');
  process.exit(1);
}
execFileSync(process.execPath, [tsc, '-p', join(root, 'tsconfig.build.json')], { stdio: 'inherit', cwd: root });
chmodSync(join(root, 'dist', 'cli.js'), 0o755);

const bin = join(root, 'node_modules', '.bin');
mkdirSync(bin, { recursive: true });
if (process.platform === 'win32') {
  writeFileSync(join(bin, 'optimize.cmd'), '@node "%~dp0\\..\\..\\dist\\cli.js" %*\r\n');
} else {
  rmSync(join(bin, 'optimize'), { force: true });
  symlinkSync(join('..', '..', 'dist', 'cli.js'), join(bin, 'optimize'));
}
