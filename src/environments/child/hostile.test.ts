/** Environments that would harm the process that plays: each is named, and the night goes on. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { ensureBuilt, ROOT } from '../../../test/e2e/build.ts';
import { endChildren } from './child.ts';
import { membersOf, OWN } from './family.ts';
import { firstTwo, lampFolder } from './lamps.fixture.ts';

ensureBuilt();
const { folder, open, write, remove } = lampFolder();
afterAll(async () => {
  endChildren();
  await vi.waitFor(() => expect(membersOf(OWN)).toEqual([]));
  remove();
});

const PLAYS = { score: { reward: 1 } };
const SCORED = /"score":\{"reward":1/;
const ABORTS = /switch_on on task t1-0 aborted its process, or ran out of memory \(limit 256 MB\)/;
const HELD = /switch_on on task t1-0 gave no answer within 0.3 s and held its process/;

/** Its code, and what the first task comes to. */
type Kind = readonly [code: string, says: RegExp];

/** Tried at every run. */
const FIRST: Readonly<Record<string, Kind>> = {
  'exits with 0': ['process.exit(0)', /switch_on on task t1-0 ended its process with exit code 0/],
  'loops for ever': ['while (true) {}', HELD],
  'never ends its microtasks': [
    '(function again() { Promise.resolve().then(again); })()',
    /on task t1-0, or what the tool switch_on left behind, gave no answer within 0.3 s/,
  ],
  'kills itself': ["process.kill(process.pid, 'SIGKILL')", /switch_on on task t1-0 ended its process by SIGKILL/],
  'closes the way to its parent': ['process.disconnect()', /closed|exit code 1|SIGKILL/],
  rejects: ["Promise.reject(new Error('late'))", /nobody awaits after the tool switch_on on task t1-0: late/],
};

const OTHERS: Readonly<Record<string, Kind>> = {
  'exits later': ['setTimeout(() => process.exit(3))', /exit code 3|"reward":1/],
  'loops later': ['setTimeout(() => { while (true) {} })', /on task t1-0.* gave no answer/],
  'throws in a microtask': ["queueMicrotask(() => { throw new Error('late'); })", /nobody catches.*late/],
  'rejects for ever': [
    "process.on('unhandledRejection', () => Promise.reject(new Error('again'))); Promise.reject(new Error('first'))",
    /on task t1-0/,
  ],
  'fills an array': ["const all = []; for (let i = 0; ; i++) all.push('entry ' + i)", /ran out of memory|no answer/],
  'fills buffers': ['for (const all = []; ; ) all.push(Buffer.alloc(1e6, 1))', /ran out of memory|no answer/],
  'fills buffers later': [
    'const all = []; setInterval(() => all.push(Buffer.alloc(3e7, 1)), 1); return new Promise(() => {})',
    /ran out of memory|no answer/,
  ],
  'calls itself for ever': ['(function deep() { return 1 + deep(); })()', /Maximum call stack.*"reward":0/],
  'stops itself': ["process.kill(process.pid, 'SIGSTOP'); for (let i = 0; i < 1e9; i++);", HELD],
  aborts: ['process.abort()', ABORTS],
  'sends signals to its parent': [
    "process.kill(process.ppid, 'SIGCONT')",
    /sends SIGCONT to the process that plays it/,
  ],
  'sends signals to everybody': ["process.kill(-1, 'SIGCONT')", /sends SIGCONT to the process that plays it/],
  'holds on to nothing': ['process.channel.unref()', /on task t1-0.* exit code 0/],
  'closes every descriptor': [
    "const fs = process.getBuiltinModule('node:fs'); for (let fd = 3; fd < 40; fd++) try { fs.closeSync(fd); } catch {}",
    /on task t1-0/,
  ],
  'removes all listeners': ['process.removeAllListeners()', /on task t1-0/],
  'answers in our place': ["process.send?.({ id: 1, value: 'forged' }); process._send = () => true", /on task t1-0/],
  'changes what all objects have': ["Object.prototype.toJSON = () => 'mine'", /on task t1-0/],
  'changes what the language brings': [
    "globalThis.setTimeout = () => 0; Map.prototype.get = () => { throw new Error('mine'); }",
    /the tool switch_on failed: mine/,
  ],
  'changes its answers': [
    'const send = process._send; process._send = (m, ...more) => send.call(process, { ...m, value: { reward: 7 } }, ...more)',
    /returned|a reward of 7/,
  ],
  'prints for ever': ["for (;;) console.log('x'.repeat(1e5))", HELD],
  'prints for ever, later': ["setInterval(() => process.stdout.write('x'.repeat(1e5)), 1)", SCORED],
  'leaves timers, servers and sockets': [
    `const net = process.getBuiltinModule('node:net'); setInterval(() => {}, 10);
     const server = net.createServer().listen(0, '127.0.0.1', () => net.connect(server.address().port, '127.0.0.1'))`,
    SCORED,
  ],
  'catches signals': ["for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(name, () => {})", SCORED],
  'waits for a program that never ends': [
    "process.getBuiltinModule('node:child_process').execFileSync('sleep', ['1000'])",
    HELD,
  ],
  'starts a program that outlives it': [
    "process.getBuiltinModule('node:child_process').spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' }).unref()",
    SCORED,
  ],
};

const KINDS = { ...FIRST, ...(process.env.HOSTILE === 'all' ? OTHERS : {}) };

/** Ended processes of which nobody took notice yet do not count. */
function isAlive(id: number): boolean {
  try {
    process.kill(id, 0);
    return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${id}/stat`, 'latin1'));
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' && process.platform !== 'linux';
  }
}

describe.concurrent('an environment that', () => {
  it.each(Object.entries(KINDS))(
    '%s',
    async (_, [code, says]) => {
      const file = write({ onSwitch: `if (n === 0) { ${code} }`, more: 'timeoutMs: 300' });
      const [bad, good] = await firstTwo(await open(file, 256));
      expect(typeof bad === 'string' ? bad : JSON.stringify(bad)).toMatch(says);
      expect(good).toMatchObject(PLAYS);
    },
    60_000,
  );
});

it('a process that loops ends with the one that plays it, also by kill -9', async () => {
  const mark = join(folder, 'pid');
  const file = write({
    top: "import { writeFileSync } from 'node:fs'; import { spawn } from 'node:child_process';",
    onSwitch: `const { pid } = spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' });
      writeFileSync(${JSON.stringify(mark)}, process.pid + ' ' + pid); while (true) {}`,
  });
  const code = `import { openApart } from ${JSON.stringify(join(ROOT, 'dist/environments/child/environment.js'))};
    const environment = await openApart(${JSON.stringify(file)}, ${JSON.stringify(folder)});
    await environment.execute(await environment.reset(environment.tasks[0]), { name: 'switch_on', arguments: {} });`;
  const player = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: 'inherit' });
  const patient = { timeout: 60_000, interval: 50 };
  const ids = await vi.waitFor(() => {
    const found = readFileSync(mark, 'utf8').split(' ').map(Number);
    expect(found).toHaveLength(2);
    return found;
  }, patient);
  expect(ids.map(isAlive)).toEqual([true, true]);
  player.kill('SIGKILL');
  await vi.waitFor(() => expect(ids.map(isAlive)).toEqual([false, false]), patient);
}, 120_000);
