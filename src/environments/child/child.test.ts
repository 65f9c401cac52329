/** Environments that need a process of their own, and equal results in both places. */
import { afterAll, expect, it } from 'vitest';
import { ensureBuilt } from '../../../test/e2e/build.ts';
import { playEpisode } from '../../runtime/play.ts';
import { scriptedAgent } from '../../runtime/scripted-agent.fixture.ts';
import type { Environment, Task } from '../../types.ts';
import { equalTasks } from '../equal-tasks.ts';
import { loadFile } from '../registry.ts';
import { firstTwo, lampFolder, played } from './lamps.fixture.ts';

ensureBuilt();
const { folder, open: openHere, write: fileOf, remove } = lampFolder();
afterAll(remove);

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

const WITH_ALL = {
  top: `let released = 0;
const soon = (value) => new Promise((resolve) => setTimeout(resolve, 1, value));
/** Not plain data: a copy needs snapshot and restore. */
class Switch { constructor(on) { this.on = on; } }`,
  more: `reset: (task) => soon({ lamp: task.input, main: new Switch(false) }),
  snapshot: ({ lamp, main }) => soon({ lamp, on: main.on }),
  restore: ({ lamp, on }) => soon({ lamp, main: new Switch(on) }),
  changes: ({ main }) => (main.on ? ['on'] : []),
  dispose: () => soon().then(() => { released += 1; }),
  isError: (text) => text.startsWith('ERR'),
  user: { id: 'person', answer: ({ text, turn, task, seed }) => soon(turn === 1 ? task.id + ': ' + text + seed : null) },
  tools: {
    switch_on: tool('Switch on.', z.object({}), async (state) => { await soon(); state.main.on = true; return 'on'; }),
    ask: tool('Ask.', z.object({ n: z.number() }), async (state, { n }) => {
      if (n === 0) return soon('ERR no such lamp');
      if (n === 1) throw new Error('the fuse is out');
      return soon('released ' + released);
    }, { readOnly: true }),
  },
  score: async (task, { main }, ending, { steps }) =>
    soon({ reward: main.on ? 1 : 0, checks: [{ name: ending.reason, passed: steps.length > 2, detail: task.input }] }),`,
};

it('gives the same traces with a user, handles, errors and asynchronous functions', async () => {
  const file = fileOf(WITH_ALL);
  const call = (n: number) => ({ name: 'ask', arguments: { n } });
  const agent = scriptedAgent([
    'Shall I?',
    call(0),
    call(1),
    { name: 'switch_on', arguments: {} },
    { toolCalls: [call(2), call(3)] },
    { name: 'no_such_tool', arguments: {} },
  ]);
  const traces: string[] = [];
  for (const environment of [await loadFile(file, folder), await openHere(file)]) {
    const played: unknown[] = [];
    for (const [trial, task] of environment.tasks.slice(0, 3).entries())
      played.push(await playEpisode({ harness: null, environment, agent, task, trial, seed: trial + 1 }));
    const state = await environment.reset(environment.tasks[0] as Task);
    const copy = await environment.fork?.(state);
    await environment.execute(state, { name: 'switch_on', arguments: {} });
    const { user, digest, isError } = environment;
    played.push([environment.changes?.(state), environment.changes?.(copy), user?.id, digest, typeof isError]);
    traces.push(JSON.stringify(played));
  }
  expect(traces[1]).toBe(traces[0]);
  for (const seen of [
    't1-0: Shall I?1',
    'ERR no such lamp',
    'the fuse is out',
    'released 2',
    '"reward":1',
    '["on"],[]',
  ])
    expect(traces[0]).toContain(seen);
}, 60_000);

it('tells the start of a task, so that equal words alone make no equal tasks', async () => {
  const tasks = "['a', 'b', 'c'].map((id) => ({ id, input: 'Lamp 0', split: 'dev' }))";
  const groupsOf = async (start: string) => {
    const more = `tasks: ${tasks}, reset: ({ id }) => ({ on: false, n: 0, at: ${start} })`;
    const environment = await openHere(fileOf({ more }));
    return (await equalTasks(environment, environment.tasks)).map((group) => group.map(({ id }) => id));
  };
  expect(await groupsOf('{ a: 1, b: 2, c: 3 }[id]')).toEqual([]);
  expect(await groupsOf('{ a: 1, b: 2, c: 1 }[id]')).toEqual([['a', 'c']]);
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
