/**
 * Files and places that a night cannot work with: each is named, with what to do, before anything
 * is spent or written.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  decisionsOf,
  git,
  leftoversOf,
  newFolder,
  optimize,
  read,
  refsOf,
  retailRepository,
  runsOf,
  shopRepository,
  write,
} from './cli.ts';
import { expectRefusal, NIGHT, refuse } from './refusal.ts';

const CONTRACT = 'harness/my-shop/contract.yaml';

describe.concurrent('files', () => {
  const clause = (lines: string) => `clauses:\n  - id: only-waiting\n    tools: [send_parcel]\n${lines}`;
  const reads = '    prepare:\n      - read: {as: parcel, call: get_parcel, with: {parcel_id: args.parcel_id}}\n';
  const enforced = '    enforce: block\n    otherwise: Call redirect_parcel.\n';

  it.each<[string, string, string, RegExp[]]>([
    [
      'YAML that does not parse',
      CONTRACT,
      'clauses:\n  - id: a\n   tools: [send_parcel]\n',
      [/contract\.yaml:3:1: .*valid YAML/],
    ],
    ['an unknown key', CONTRACT, clause('    colour: red\n'), [/contract\.yaml:4:5: .*"colour"/]],
    ['a wrong value', CONTRACT, clause('    enforce: maybe\n'), [/contract\.yaml:4:\d+: .*enforce/, /off/]],
    [
      'a fault in an expression',
      CONTRACT,
      clause(`    require: args.town == = "Elm Cross"\n${enforced}`),
      [/contract\.yaml:4:\d+: clause only-waiting: .*CEL.*`args\.town == = "Elm Cross"`/],
    ],
    [
      'an unknown tool',
      CONTRACT,
      clause('    say: x\n').replace('send_parcel', 'send_parcl'),
      [/contract\.yaml:2: clause only-waiting: there is no tool send_parcl/],
    ],
    [
      'an unknown argument in a path',
      CONTRACT,
      clause(`    require: args.city == "Elm Cross"\n${enforced}`),
      [/contract\.yaml:2: .*`args\.city == "Elm Cross"`: no tool of the clause has an argument city; correct it/],
    ],
    [
      'an unknown member of a result',
      CONTRACT,
      clause(`${reads}    require: parcel.statos == "waiting"\n${enforced}`),
      [/contract\.yaml:2: .*results have no statos at parcel\.statos; correct it/],
    ],
    [
      'a setting that is none',
      'harness/my-shop/harness.yaml',
      'version: 1\nlayerz: {}\n',
      [/harness\.yaml:2:1: .*"layerz"/],
    ],
    ['a skill without a front matter', 'harness/my-shop/skills/a/SKILL.md', 'Do it.\n', [/skills\/a\/SKILL\.md/]],
    [
      'a file of an environment that does not load',
      'evals/my-shop/environment.js',
      'export default {;\n',
      [/evals\/my-shop\/environment\.js: .*does not load/],
    ],
    [
      'an environment file that is none',
      'evals/my-shop/environment.js',
      'export default 7;\n',
      [/environment\.js: .*defineEnvironment/],
    ],
  ])('%s', async (_, path, text, says) => {
    const dir = await shopRepository();
    write(dir, { [path]: text });
    await refuse(dir, NIGHT, 2, ...says);
  });

  it('a clause on a right path is no fault', async () => {
    const dir = await shopRepository();
    write(dir, { [CONTRACT]: clause(`${reads}    require: parcel.status == "waiting"\n${enforced}`) });
    expect([0, 3]).toContain((await optimize(dir, NIGHT)).code);
    expect(decisionsOf(dir, 'my-shop')[0]?.kind).toBe('external');
  });

  it.each([
    ['harness.yaml', 'version: 1\nlayerz: {}\n', /problem: .*harness\.yaml:2:1: .*"layerz"/],
    ['contract.yaml', clause('    say: x\n').replace('send_parcel', 'send_parcl'), /problem: .*no tool send_parcl/],
  ])('a broken %s is a problem to env check', async (file, text, says) => {
    const dir = await shopRepository();
    write(dir, { [`harness/my-shop/${file}`]: text });
    const { code, stdout } = await optimize(dir, 'env check my-shop');
    expect(stdout).toMatch(says);
    expect(code).toBe(2);
    expect(stdout).not.toMatch(/^sound$/m);
  });

  it('a harness that is committed and not in the work tree', async () => {
    const dir = await shopRepository();
    rmSync(join(dir, 'harness'), { recursive: true });
    await refuse(dir, NIGHT, 2, /harness\/my-shop: expected the files .* git checkout -- harness\/my-shop/);
  });

  it('a missing data file', async () => {
    const dir = retailRepository();
    rmSync(join(dir, 'evals/retail/world.json'));
    await refuse(dir, '--env retail', 2, /evals\/retail\/world\.json: no such file.*optimize env generate retail/);
    mkdirSync(join(dir, '.git/data'));
    await refuse(dir, '--env retail --data .git/data', 2, /\.git\/data/, /db\.json|tasks/);
    await refuse(dir, '--env retail --data nowhere', 2, /nowhere/);
  });

  it('an environment without an oracle and no model', async () => {
    const dir = await shopRepository();
    const path = 'evals/my-shop/environment.js';
    write(dir, { [path]: read(dir, path).replace('oracle: (', 'notes: (') });
    await refuse(dir, NIGHT, 2, /"my-shop" has no oracle.*--model openai:NAME/);
  });
});

describe.concurrent('places', () => {
  it('no git repository', async () => {
    const dir = newFolder();
    for (const command of [NIGHT, 'verify', 'init my-shop'])
      expectRefusal(await optimize(dir, command), 2, /not in a git repository; run: git init/);
  });

  it('a repository without a commit', async () => {
    const dir = await shopRepository();
    rmSync(join(dir, '.git'), { recursive: true });
    git(dir, 'init', '-q');
    expectRefusal(await optimize(dir, NIGHT), 2, /no commit yet; run: git add -A && git commit/);
    expect([refsOf(dir), runsOf(dir), leftoversOf(dir)]).toEqual(['', [], []]);
  });

  it('a bare repository', async () => {
    const dir = newFolder();
    git(dir, 'init', '-q', '--bare');
    expectRefusal(await optimize(dir, NIGHT), 2, /bare repository.*clone/);
  });

  it('the branch of the optimizer checked out', async () => {
    const dir = await shopRepository();
    git(dir, 'switch', '-q', '-c', 'optimize/my-shop');
    await refuse(dir, NIGHT, 2, /optimize\/my-shop is checked out.*git switch/);
  });

  it('a file where the folder of the runs should be', async () => {
    const dir = await shopRepository();
    write(dir, { runs: 'mine\n' });
    await refuse(dir, NIGHT, 1, /runs is in the way.*move it aside/);
  });

  it('a folder that may not be written', async (context) => {
    if (process.getuid?.() === 0) return context.skip('root may write everywhere');
    const dir = await shopRepository();
    mkdirSync(join(dir, 'runs'));
    chmodSync(join(dir, 'runs'), 0o555);
    expectRefusal(await optimize(dir, NIGHT), 1, /not allowed to mkdir .*runs.*permissions/);
    expect(leftoversOf(dir)).toEqual([]);
    chmodSync(join(dir, 'runs'), 0o755);
  });

  it('a full disk: the night stops, and goes on when there is room', async (context) => {
    const dir = await shopRepository();
    const runs = join(dir, 'runs');
    mkdirSync(runs);
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', runs], { stdio: 'ignore' }).status !== 0)
      return context.skip('needs the right to mount a small file system');
    try {
      expectRefusal(
        await optimize(dir, NIGHT),
        1,
        /the disk is full \(.*runs.*\); free some space and type the same command/,
      );
      expect(leftoversOf(dir)).toEqual([]);
      execFileSync('mount', ['-o', 'remount,size=64m', runs]);
      const again = await optimize(dir, `${NIGHT} --json`);
      expect(again.stdout).toMatch(/^\{"type":"start".*"resumed":true/);
      expect([0, 3]).toContain(again.code);
      expect((await optimize(dir, 'verify')).code).toBe(0);
    } finally {
      execFileSync('umount', [runs]);
    }
  });
});
