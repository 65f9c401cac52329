/**
 * Nights that are killed: at 18 named points, at random moments, and many started at once. After
 * every kill the refs are old or new and nothing of the person's has moved; the same command then
 * ends like a night that nobody disturbed, and `verify` agrees. `npx jiti bench/kills.ts [--repeat
 * 3] [--random 200] [--seed 1]`
 */
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomOf } from '../src/digest.ts';
import { flag, projectRoot } from './temporary.ts';

const CLI = join(projectRoot, 'dist/cli.js');
const NIGHT = ['--env', 'my-shop', '--budget', '1', '--json'];
const BRANCH = 'optimize/my-shop';

/** What is killed, in the order of a night: `before|after KIND NAME COUNT` of `kill-at.cjs`. */
const POINTS: readonly (readonly [what: string, at: string])[] = [
  ['lock written', 'after file writeFile 1'],
  ['lock taken', 'after file link 1'],
  ['run folder begun', 'before file renameSync 1'],
  ['configuration written', 'after file renameSync 1'],
  ['first rollouts written', 'before file rollouts.jsonl 1'],
  ['rollouts written', 'after file rollouts.jsonl 2'],
  ['blobs of what is kept', 'before git hash-object 1'],
  ['private index', 'after git update-index 1'],
  ['tree', 'after git write-tree 1'],
  ['commit, before the ref', 'after git commit-tree 1'],
  ['ref of what is kept, before', 'before git update-ref 1'],
  ['ref of what is kept, after', 'after git update-ref 1'],
  ['ref of the look, after', 'after git update-ref 2'],
  ['tag of the release', 'after git mktag 1'],
  ['ref of the release, before', 'before git update-ref 3'],
  ['ref of the release, after', 'after git update-ref 3'],
  ['page', 'before file report.md 1'],
  ['unlock', 'before file unlink 1'],
];

const clean = {
  PATH: process.env.PATH ?? '',
  HOME: tmpdir(),
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
};
const git = (dir: string, ...args: string[]): string =>
  execFileSync('git', ['-c', 'user.name=bench', '-c', 'user.email=bench@localhost', ...args], {
    cwd: dir,
    env: clean,
    encoding: 'utf8',
    stdio: 'pipe',
  }).trim();

/** Gives the exit code; null after a kill. */
function night(dir: string, options: { killAt?: string; afterMs?: number } = {}): Promise<number | null> {
  const preload = options.killAt === undefined ? [] : ['--require', join(import.meta.dirname, 'kill-at.cjs')];
  const child = spawn(process.execPath, [...preload, CLI, ...NIGHT], {
    cwd: dir,
    env: { ...clean, ...(options.killAt === undefined ? {} : { KILL_AT: options.killAt }) },
    stdio: 'ignore',
  });
  const timer = options.afterMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), options.afterMs);
  return new Promise((resolve) => {
    child.on('exit', (code) => {
      clearTimeout(timer);
      resolve(code);
    });
  });
}

const hasBranch = (dir: string): boolean => git(dir, 'for-each-ref', `refs/heads/${BRANCH}`) !== '';
const subjects = (dir: string): string[] => (hasBranch(dir) ? git(dir, 'log', '--format=%s', BRANCH).split('\n') : []);

/** Everything that a killed process may have left in git's folder. */
const leftovers = (dir: string): string[] =>
  readdirSync(join(dir, '.git'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    /\.lock$|optimize\/scratch|optimize-/.test(name),
  );

function verifies(dir: string): boolean {
  try {
    execFileSync(process.execPath, [CLI, 'verify'], { cwd: dir, env: clean, stdio: 'pipe' });
    return true;
  } catch {
    return false;
  }
}

const work = mkdtempSync(join(tmpdir(), 'optimize-kills-'));
const template = join(work, 'template');
execFileSync('mkdir', [template]);
git(template, 'init', '-q', '-b', 'main');
execFileSync(process.execPath, [CLI, 'init', 'my-shop'], { cwd: template, env: clean, stdio: 'pipe' });
git(template, 'add', '-A');
git(template, 'commit', '-q', '-m', 'start');
let copies = 0;
const fresh = (from = template): string => {
  const dir = join(work, `${++copies}`);
  cpSync(from, dir, { recursive: true });
  return dir;
};

const undisturbed = fresh();
const started = performance.now();
const exit = await night(undisturbed);
const lasts = performance.now() - started;
const whole = { subjects: subjects(undisturbed), harness: git(undisturbed, 'rev-parse', 'harness/my-shop/v1:harness') };
const main = git(template, 'rev-parse', 'main');

/** What is wrong after a kill and after the night that goes on; [] = nothing. */
async function faultsOf(dir: string): Promise<string[]> {
  const faults: string[] = [];
  const check = (what: string, right: boolean) => {
    if (!right) faults.push(what);
  };
  const before = subjects(dir);
  check(
    'refs old or new',
    JSON.stringify(whole.subjects.slice(whole.subjects.length - before.length)) === JSON.stringify(before),
  );
  check('main unmoved', git(dir, 'rev-parse', 'main') === main && git(dir, 'status', '--porcelain') === '');
  try {
    git(dir, 'fsck', '--no-dangling');
  } catch {
    faults.push('fsck');
  }
  if (existsSync(join(dir, 'runs/my-shop-0001/summary.json'))) {
    // It was over: the next night begins, whatever lock was left.
    check('same decisions', JSON.stringify(before) === JSON.stringify(whole.subjects));
    check('next night', [0, 3].includes((await night(dir)) ?? -1));
    check('verify', verifies(dir));
    rmSync(dir, { recursive: true });
    return faults;
  }
  check('same exit', (await night(dir)) === exit);
  check('same decisions', JSON.stringify(subjects(dir)) === JSON.stringify(whole.subjects));
  check('same harness', git(dir, 'rev-parse', 'harness/my-shop/v1:harness') === whole.harness);
  check('nothing left over', leftovers(dir).length === 0);
  check('verify', verifies(dir));
  rmSync(dir, { recursive: true });
  return faults;
}

const all: string[] = [];
let kills = 0;
process.stdout.write('| killed | times | faults |\n| --- | --- | --- |\n');
for (const [what, at] of POINTS) {
  const faults: string[] = [];
  let hits = 0;
  for (let time = 0; time < flag('repeat', 3); time++) {
    const dir = fresh();
    const code = await night(dir, { killAt: at });
    if (code === null) hits += 1;
    faults.push(...(await faultsOf(dir)));
  }
  if (hits < flag('repeat', 3)) faults.push(`the point was met ${hits} times`);
  kills += hits;
  all.push(...faults);
  process.stdout.write(`| ${what} (${at}) | ${hits} | ${faults.join(', ') || 'none'} |\n`);
}
const random = randomOf('kills', flag('seed', 1));
const faults: string[] = [];
let hits = 0;
for (let time = 0; time < flag('random', 200); time++) {
  const dir = fresh();
  if ((await night(dir, { afterMs: random() * lasts })) === null) hits += 1;
  faults.push(...(await faultsOf(dir)));
  if ((time + 1) % 20 === 0) process.stderr.write(`${time + 1} random kills, ${faults.length} faults so far\n`);
}
kills += hits;
all.push(...faults);
process.stdout.write(
  `| at a random moment | ${hits} of ${flag('random', 200)} before the end | ${faults.join(', ') || 'none'} |\n`,
);
for (const starts of [2, 8, 32]) {
  const dir = fresh();
  const codes = await Promise.all(Array.from({ length: starts }, () => night(dir)));
  const winners = codes.filter((code) => code === exit).length;
  const wrong = [
    ...(winners === 1 ? [] : [`${winners} winners`]),
    ...(codes.every((code) => code === exit || code === 2) ? [] : [`exit codes ${codes}`]),
    ...(JSON.stringify(subjects(dir)) === JSON.stringify(whole.subjects) ? [] : ['other decisions']),
    ...(verifies(dir) ? [] : ['verify']),
    ...leftovers(dir),
  ];
  all.push(...wrong);
  process.stdout.write(`| ${starts} started at once | ${winners} winner | ${wrong.join(', ') || 'none'} |\n`);
}
rmSync(work, { recursive: true });
process.stdout.write(`${kills} kills, ${all.length} faults; a night lasts ${Math.round(lasts)} ms here\n`);
process.exitCode = all.length === 0 ? 0 : 1;
