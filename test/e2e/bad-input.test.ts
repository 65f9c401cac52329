/** Bad input: one sentence that says what, where and what to do, the right exit code, and nothing half-written. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  decisionsOf,
  git,
  leftoversOf,
  newFolder,
  type Outcome,
  optimize,
  read,
  refsOf,
  repositoryOf,
  retailRepository,
  runsOf,
  shopRepository,
  summaryOf,
  write,
} from './cli.ts';

const NIGHT = '--env my-shop --tasks 120 --budget 1';
const CONTRACT = 'harness/my-shop/contract.yaml';

/** One line on stderr for a person, never a stack trace. */
function expectRefusal(outcome: Outcome, code: number, ...says: RegExp[]): void {
  for (const part of says) expect(outcome.stderr).toMatch(part);
  expect(outcome.stderr).not.toMatch(/\n\s+at |internal error|undefined|\[object/);
  expect(outcome.stdout).toBe('');
  expect(outcome.code).toBe(code);
}

/** The state of all that a night would write. */
const written = (dir: string) => ({
  refs: refsOf(dir),
  runs: runsOf(dir),
  leftovers: leftoversOf(dir),
  status: git(dir, 'status', '--porcelain'),
});

/** Runs a command that must be refused, and checks that it left everything as it was. */
async function refuse(dir: string, args: string, code: number, ...says: RegExp[]): Promise<void> {
  const before = written(dir);
  expectRefusal(await optimize(dir, args), code, ...says);
  expect(written(dir)).toEqual(before);
}

describe('flags', () => {
  let dir: string;
  beforeAll(async () => {
    dir = await shopRepository();
  });

  it.each<[string, number, RegExp[]]>([
    ['--env nope', 2, [/no environment nope/, /my-shop, retail/, /optimize init nope/]],
    ['--env evals/other.js', 2, [/evals\/other\.js: no such environment file/]],
    [`${NIGHT} --budget 0`, 5, [/--budget 0/, /least is 1/]],
    [`${NIGHT} --budget -1`, 2, [/--budget <n>.*-1.*0 or more/]],
    [`${NIGHT} --budget 1.5`, 2, [/--budget.*whole number.*1\.5/]],
    [`${NIGHT} --budget many`, 2, [/--budget <n>.*many/]],
    [`${NIGHT} --max-rollouts 20`, 5, [/--max-rollouts 20 cannot decide anything.*need \d+/]],
    [`${NIGHT} --max-minutes 0`, 5, [/--max-minutes 0/]],
    [`${NIGHT} --bugdet 3`, 2, [/unknown option '--bugdet'/, /Did you mean --budget\?/]],
    [`${NIGHT} --proposer nobody`, 2, [/mine, null, harmful/]],
    [`${NIGHT} --concurrency 0`, 2, [/--concurrency.*1 or more/]],
    [`${NIGHT} --seed x`, 2, [/--seed <n>.*x.*0 or more/]],
    [`${NIGHT} --tags gold`, 2, [/--tags gold: no task has one of them/]],
    ['--env my-shop --tasks 40', 2, [/\d+ (?:dev|train|sealed) tasks.*at least \d+.*--tasks/]],
    [`${NIGHT} --model gpt`, 2, [/--model: expected sim:weak\|medium\|strong or openai:NAME, got "gpt"/]],
    [`${NIGHT} --model sim:huge`, 2, [/sim:weak.*sim:huge/]],
    [`${NIGHT} --model openai:x`, 2, [/OPENAI_API_KEY/, /--base-url/]],
    [`${NIGHT} --model openai:x --base-url nowhere`, 2, [/--base-url: expected an address.*"nowhere"/]],
    [`${NIGHT} --model openai:x --base-url http://127.0.0.1:1/v1 --max-usd 1`, 2, [/--price-in/]],
    [`${NIGHT} --data data`, 2, [/--data.*retail/]],
    ['verfy', 2, [/unknown command 'verfy'/, /verify/]],
    ['', 2, [/--env <name>/]],
    ['rollback --env my-shop --to v1', 2, [/v1/]],
    ['apply --env my-shop', 2, [/nothing has been released.*optimize --env my-shop/]],
    ['log --env nope', 2, [/nope/]],
    ['run --env my-shop --task nobody', 2, [/--task nobody: no such task; the first ids are /]],
    ['run --env my-shop --harness v7', 2, [/v7/]],
    ['run --env my-shop --split all', 2, [/--split: expected train, dev or sealed/]],
    ['init Shop', 2, [/lower-case/]],
    ['init my-shop', 2, [/my-shop\S* is already there/]],
    ['env check nope', 2, [/no environment nope/]],
    ['env generate my-shop --seed 1 --tasks 5 --out new', 2, [/expected retail/]],
    ['env generate retail --seed 1 --tasks 5 --out evals', 2, [/--out evals is already there/]],
  ])('optimize %s', (args, code, says) => refuse(dir, args, code, ...says));

  it('an error is one JSON line as well with --json', async () => {
    const { code, stdout, stderr } = await optimize(dir, '--env nope --json');
    expect(JSON.parse(stdout)).toEqual({
      type: 'error',
      code: 2,
      message: expect.stringContaining('no environment nope'),
    });
    expect([code, stdout.split('\n').length]).toEqual([2, 2]);
    expect(stderr).toContain('no environment nope');
  });

  it('tags are listed where there are some', async () => {
    await refuse(retailRepository(), '--env retail --tags gold', 2, /--tags gold.*known tags: .*T1/);
  });
});

describe('files', () => {
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

  it('a missing harness folder', async () => {
    const dir = await shopRepository();
    rmSync(join(dir, 'harness'), { recursive: true });
    await refuse(dir, NIGHT, 2, /harness\/my-shop: expected a harness folder, found none; create the folder/);
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

describe('places', () => {
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

describe('other processes', () => {
  it('a second night at the same time is refused, and the first one is not disturbed', async () => {
    const dir = await shopRepository();
    let second: Promise<Outcome> | undefined;
    const first = await optimize(dir, `${NIGHT} --json`, {
      onLine(_, kill) {
        if (second !== undefined) return;
        kill('SIGSTOP');
        second = optimize(dir, NIGHT).finally(() => kill('SIGCONT'));
      },
    });
    expectRefusal(
      await (second as Promise<Outcome>),
      2,
      /my-shop is being worked on by process \d+ on this machine.*wait for it, or stop it: kill \d+/,
    );
    expect([0, 3]).toContain(first.code);
    expect(summaryOf(first).run).toBe('my-shop-0001');
    expect([runsOf(dir), leftoversOf(dir)]).toEqual([['my-shop-0001'], []]);
  });

  it('the lock of a dead process is taken over, that of another machine is not', async () => {
    const dir = await shopRepository();
    const { pid } = spawnSync('true');
    const lockOf = (host: string) =>
      `${JSON.stringify({ host, pid, started: null, nonce: 'a1', time: '2026-01-01T00:00:00.000Z' })}\n`;
    write(dir, { '.git/optimize/my-shop.lock': lockOf('elsewhere') });
    await refuse(dir, NIGHT, 2, /process \d+ on elsewhere.*remove .*my-shop\.lock/);
    write(dir, { '.git/optimize/my-shop.lock': lockOf(hostname()) });
    expect([0, 3]).toContain((await optimize(dir, NIGHT)).code);
    expect(leftoversOf(dir)).toEqual([]);
  });

  it('a harness that is edited during a night: it finishes, and the next one takes the edit in', async () => {
    const dir = await shopRepository();
    const path = 'harness/my-shop/policy.md';
    const night = await optimize(dir, `${NIGHT} --json`, {
      onLine(line) {
        if (line.startsWith('{"type":"learned"')) write(dir, { [path]: `${read(dir, path)}Be kind.\n` });
      },
    });
    expect([0, 3]).toContain(night.code);
    expect(decisionsOf(dir, 'my-shop').map(({ kind }) => kind)).not.toContain('external');
    expect(git(dir, 'show', `optimize/my-shop:${path}`)).not.toContain('Be kind.');
    expect((await optimize(dir, NIGHT)).code).not.toBe(2);
    expect(decisionsOf(dir, 'my-shop').filter(({ kind }) => kind === 'external')).toHaveLength(1);
    expect(git(dir, 'show', `optimize/my-shop:${path}`)).toContain('Be kind.');
    expect(git(dir, 'status', '--porcelain').trim()).toBe(`M ${path}`);
    expect((await optimize(dir, 'verify')).code).toBe(0);
  });
});

describe('endpoints', () => {
  let dir: string;
  /** Takes connections and says nothing; asked first, so that its time-out passes beside the other tests. */
  const silent: Server = createTcpServer(() => {});
  let waiting: Promise<Outcome>;
  const listen = async (server: Server): Promise<string> => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  };
  const at = (url: string) => `${NIGHT} --model openai:fake --base-url ${url}`;
  beforeAll(async () => {
    dir = await shopRepository();
    waiting = optimize(repositoryOf({}), 'verify');
    const quiet = await shopRepository();
    waiting = optimize(quiet, at(await listen(silent)));
  });
  afterAll(() => silent.close());

  it('nothing listens', async () => {
    const server = createTcpServer();
    const url = await listen(server);
    await new Promise((resolve) => server.close(resolve));
    await refuse(
      dir,
      at(url),
      1,
      /no answer from http:\/\/127\.0\.0\.1:\d+\/v1 \(.*ECONNREFUSED.*\); check the address/,
    );
  });

  it.each([
    ['at once', () => true],
    ['at the first question', (path: string) => path.endsWith('/chat/completions')],
  ])('the key is refused %s', async (_, refused) => {
    const server = createServer((request, response) => {
      const status = refused(request.url ?? '') ? 401 : 200;
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify(status === 200 ? { data: [] } : { error: { message: 'Incorrect API key provided' } }),
      );
    });
    const { code, stderr } = await optimize(dir, at(await listen(server)), { env: { OPENAI_API_KEY: 'sk-wrong' } });
    server.close();
    expect(stderr).toMatch(/refused the key \(HTTP 401\); set OPENAI_API_KEY/);
    expect(stderr).not.toContain('sk-wrong');
    expect(code).toBe(2);
    expect(refsOf(dir)).not.toContain('optimize/my-shop');
    expect(leftoversOf(dir)).toEqual([]);
  });

  it('something listens and never answers', { timeout: 20_000 }, async () => {
    expectRefusal(
      await waiting,
      1,
      /no answer from http:\/\/127\.0\.0\.1:\d+\/v1 \(.*\); check the address and that the server runs/,
    );
  });
});
