/** Names of private tasks, generated ones and families are keyed; the behaviour stays the same. */
import { createHmac } from 'node:crypto';
import { expect, it } from 'vitest';
import { defineEnvironment } from './define.ts';
import { privateId, withPrivateTasks } from './private-tasks.ts';

const mac = (text: string): string => createHmac('sha256', 'salt').update(text).digest('hex');
const task = (id: string) => ({
  id,
  input: `Say name ${id.replace('customer-', '')}.`,
  target: id,
  tags: ['plain'],
  family: `of ${id}`,
});
const environment = defineEnvironment({
  name: 'names',
  tools: {},
  tasks: ({ seed, tasks }) => Array.from({ length: tasks }, (_, n) => task(`customer-${seed}-${n}`)),
  reset: ({ id }) => ({ id }),
  score: ({ id }, state, { summary }) => ({
    reward: (state as { id: string }).id === id && summary === id ? 1 : 0,
    checks: [],
  }),
  oracle: ({ id }) => ({ calls: [], summary: id }),
});

it.each([
  ['given', withPrivateTasks(environment, mac)],
  ['generated', withPrivateTasks(environment, mac).generate?.({ seed: 9, tasks: 8 })],
])('%s tasks are scored as before, under names that say nothing', async (_, found) => {
  const [one] = found?.tasks ?? [];
  if (found === undefined || one === undefined) throw new Error('no task');
  expect(JSON.stringify(found.tasks.map(({ target: _target, ...shown }) => shown))).not.toMatch(/customer|of /);
  expect(found.mac).toBe(mac);
  const summary = (await found.oracle?.(one))?.summary ?? '';
  expect(summary).toMatch(/^customer-/);
  expect(one.id).toBe(privateId(mac, summary));
  const { reward } = await found.score(one, await found.reset(one), { reason: 'done', summary });
  expect(reward).toBe(1);
});
