/** Environments that need a process of their own, and equal results in both places. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { ensureBuilt, ROOT } from '../../../test/e2e/build.ts';
import type { Environment, Task } from '../../types.ts';
import { loadFile } from '../registry.ts';
import { endChildren } from './child.ts';
import { openApart } from './environment.ts';

ensureBuilt();
const folder = mkdtempSync(join(tmpdir(), 'apart-'));
// Installed, the package needs no detour to be found.
mkdirSync(join(folder, 'node_modules'));
symlinkSync(ROOT, join(folder, 'node_modules', 'harness-optimizer'));
const openHere = (file: string) => openApart(file, folder);
afterAll(() => {
  endChildren();
  rmSync(folder, { recursive: true, force: true });
});

let files = 0;
/** A lamp per task; `onSwitch` runs in its tool, with the task's number `n`. */
function fileOf({ top = '', onSwitch = '', more = '' }): string {
  const file = join(folder, `e${++files}.mjs`);
  writeFileSync(
    file,
    `import { defineEnvironment, tool, z } from 'harness-optimizer';
${top}
export default defineEnvironment({
  name: 'lamps',
  tasks: ({ seed, tasks }) => Array.from({ length: tasks }, (_, i) => ({ id: \`t\${seed}-\${i}\`, input: \`Lamp \${i} of house \${seed}\` })),
  reset: ({ input }) => ({ lamp: input, on: false, n: Number(input.split(' ')[1]) }),
  tools: { switch_on: tool('Switch on.', z.object({}), (state) => { const { n } = state; ${onSwitch}; state.on = true; return 'on'; }) },
  score: (_, { on }) => ({ reward: on ? 1 : 0, checks: [] }),
  oracle: () => ({ summary: 'On.', calls: [{ name: 'switch_on', arguments: {} }] }),
  ${more}
});`,
  );
  return file;
}

/** What a rollout of one call comes to: its parts, or why there is no score. */
async function played(environment: Environment, task: Task): Promise<unknown> {
  try {
    const plan = await environment.oracle?.(task);
    const state = await environment.reset(task);
    const fork = await environment.fork?.(state);
    const result = await environment.execute(state, { name: 'switch_on', arguments: {} });
    await new Promise((resolve) => setTimeout(resolve));
    const score = await environment.score(task, state, { reason: 'done', summary: '' });
    const changes = [environment.changes?.(state), environment.changes?.(fork)];
    await environment.dispose?.(state);
    return { plan, result, score, changes };
  } catch (error) {
    return (error as Error).message;
  }
}

const firstTwo = async (environment: Environment): Promise<unknown[]> => [
  await played(environment, environment.tasks[0] as Task),
  await played(environment, environment.tasks[1] as Task),
];

it('plays, forks, lists changes and generates as in this process', async () => {
  const file = fileOf({});
  const [here, apart] = [await loadFile(file, folder), await openHere(file)];
  const options = { seed: 7, tasks: 3, split: 'sealed' } as const;
  const fresh = [here, apart].map((environment) => environment.generate?.(options) as Environment);
  for (const [one, other] of [[here, apart], fresh] as [Environment, Environment][]) {
    expect(other.digest).toBe(one.digest);
    expect(other.tasks).toEqual(one.tasks);
    expect(await Promise.all(other.tasks.slice(0, 20).map((task) => played(other, task)))).toEqual(
      await Promise.all(one.tasks.slice(0, 20).map((task) => played(one, task))),
    );
  }
}, 60_000);

const HOSTILE: Readonly<Record<string, readonly [code: string, says: RegExp]>> = {
  'exits with 0': ['process.exit(0)', /switch_on on task t1-0 ended its process with exit code 0/],
  loops: ['while (true) {}', /switch_on on task t1-0 gave no answer within 0.2 s/],
  'kills itself': ["process.kill(process.pid, 'SIGKILL')", /by SIGKILL/],
  'stops itself': ["process.kill(process.pid, 'SIGSTOP'); for (let i = 0; i < 1e9; i++);", /gave no answer/],
  aborts: ['process.abort()', /memory|SIGABRT/],
  'closes the way to its parent': ['process.disconnect()', /closed|exit code 1/],
  rejects: ["Promise.reject(new Error('late'))", /nobody awaits after the tool switch_on on task t1-0: late/],
  'throws in a microtask': ["queueMicrotask(() => { throw new Error('late'); })", /nobody catches.*late/],
};

it.each(Object.entries(HOSTILE))(
  'an environment that %s is named, and the next task is played',
  async (_, row) => {
    const [code, says] = row;
    const environment = await openHere(fileOf({ onSwitch: `if (n === 0) { ${code} }`, more: 'timeoutMs: 200' }));
    const [bad, good] = await firstTwo(environment);
    expect(bad).toMatch(says);
    expect(good).toMatchObject({ score: { reward: 1 } });
  },
  60_000,
);

it('timers, output, forged answers and handlers that stay change nothing', async () => {
  const kinds = [
    'setInterval(() => {}, 10)',
    "console.log('debug')",
    "process.send?.({ id: 1, value: 'forged' })",
    "process.on('SIGTERM', () => {})",
  ];
  const environment = await openHere(
    fileOf({ onSwitch: kinds.map((code, n) => `if (n === ${n}) ${code}`).join('; ') }),
  );
  for (const task of environment.tasks.slice(0, kinds.length))
    expect(await played(environment, task)).toMatchObject({ score: { reward: 1 } });
}, 60_000);

it('a file that ends its process while it loads is refused', async () => {
  await expect(openHere(fileOf({ top: 'process.exit(0);' }))).rejects.toThrow(/does not load: it ended its process/);
}, 60_000);

it('a fresh process for each state forgets what the code kept', async () => {
  const kept = { top: 'let uses = 0;', onSwitch: "if (++uses > 1) throw new Error('used')" };
  const shared = await firstTwo(await openHere(fileOf(kept)));
  expect(shared).toMatchObject([{ score: { reward: 1 } }, { score: { reward: 0 } }]);
  const apart = await firstTwo(await openHere(fileOf({ ...kept, more: "isolate: 'process'" })));
  expect(apart).toMatchObject([{ score: { reward: 1 } }, { score: { reward: 1 } }]);
}, 60_000);
