/**
 * What evidence costs a night of 20 candidates with the simulated agent: bytes of records and
 * signatures, and the share of the night's time that git runs, in a repository with a key. `npx
 * jiti bench/evidence.ts [--repeat 3]`
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { flag, projectRoot, temporaryRepository } from './temporary.ts';

const CLI = join(projectRoot, 'dist/cli.js');
const rows: { bytes: number; packed: number; decisions: number; share: number; seconds: number; calls: number }[] = [];
for (let time = 0; time < flag('repeat', 3); time++) {
  const { root, remove } = temporaryRepository();
  const env = { ...process.env, OPTIMIZE_KEYS: `${root}-keys`, GIT_TIME: join(root, 'git-time.json') };
  execFileSync(process.execPath, [CLI, 'keys', 'init'], { cwd: root, env, stdio: 'pipe' });
  const preload = join(import.meta.dirname, 'git-time.cjs');
  execFileSync(process.execPath, ['--require', preload, CLI, '--budget', '20', '--env', 'retail'], {
    cwd: root,
    env,
    stdio: 'pipe',
  });
  const listing = execFileSync('git', ['ls-tree', '-r', '-l', 'optimize/retail', 'runs/'], {
    cwd: root,
    encoding: 'utf8',
  });
  const sizes = listing
    .trim()
    .split('\n')
    .map((line) => Number(line.split(/\s+/)[3]));
  const { calls, gitMs, allMs } = JSON.parse(readFileSync(env.GIT_TIME, 'utf8')) as Record<
    'calls' | 'gitMs' | 'allMs',
    number
  >;
  const packed = execFileSync('git', ['count-objects', '-v'], { cwd: root, encoding: 'utf8' });
  rows.push({
    bytes: sizes.reduce((sum, size) => sum + size, 0),
    packed: 1024 * Number(/^size: (\d+)/m.exec(packed)?.[1]),
    decisions: sizes.length / 2,
    share: gitMs / allMs,
    seconds: allMs / 1000,
    calls,
  });
  execFileSync('rm', ['-r', `${root}-keys`]);
  remove();
}
for (const { bytes, packed, decisions, share, seconds, calls } of rows)
  process.stdout.write(
    `${decisions} signed decisions, ${(bytes / 1e3).toFixed(0)} kB of records and signatures (all of the repository's objects ${(packed / 1e3).toFixed(0)} kB), ` +
      `${calls} calls of git in ${(100 * share).toFixed(1)} % of ${seconds.toFixed(1)} s\n`,
  );
