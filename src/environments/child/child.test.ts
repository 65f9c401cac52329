/** Environments that need a process of their own, and equal results in both places. */
import { afterAll, expect, it } from 'vitest';
import { ensureBuilt } from '../../../test/e2e/build.ts';
import type { Environment } from '../../types.ts';
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
