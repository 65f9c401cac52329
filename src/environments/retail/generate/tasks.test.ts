import { beforeAll, describe, expect, test } from 'vitest';
import { canonicalJson } from '../../../digest.ts';
import type { Task, ToolCall } from '../../../types.ts';
import { RetailTarget } from '../target.ts';
import type { RetailEnvironment } from '../tasks.ts';
import { tiers } from './draft.ts';
import { generateRetail } from './index.ts';

/** `SEEDS=10` runs ten seeds. */
const seeds = Array.from({ length: Number(process.env.SEEDS ?? 2) }, (_, index) => index + 1);
const environments = new Map<number, RetailEnvironment>();

const play = async (environment: RetailEnvironment, task: Task, calls: readonly ToolCall[], summary: string) => {
  const store = await environment.reset(task);
  for (const call of calls) await environment.execute(store, call);
  return (await environment.score(task, store, { reason: 'done', summary })).reward;
};

beforeAll(() => {
  for (const seed of seeds) environments.set(seed, generateRetail({ seed, tasks: 400 }));
}, 120_000);

describe.each(seeds)('400 tasks of seed %i', (seed) => {
  const all = (): {
    readonly environment: RetailEnvironment;
    readonly task: Task;
    readonly target: RetailTarget;
  }[] => {
    const environment = environments.get(seed) as RetailEnvironment;
    return environment.tasks.map((task) => ({ environment, task, target: RetailTarget.parse(task.target) }));
  };

  test('the oracle scores 1 and doing nothing 0, outside refusal tasks', async () => {
    for (const { environment, task, target } of all()) {
      const plan = await environment.oracle?.(task);
      expect(await play(environment, task, plan?.calls ?? [], plan?.summary ?? ''), task.id).toBe(1);
      expect(await play(environment, task, [], 'Done.'), task.id).toBe(target.refusal ? 1 : 0);
      expect(task.tags.includes('refusal')).toBe(target.refusal === true);
    }
  });

  test('gold with one write left out, or without its report, scores 0', async () => {
    for (const { environment, task, target } of all()) {
      const said = target.reports.join(' ');
      for (const left of target.writes.keys()) {
        expect(
          await play(
            environment,
            task,
            target.writes.filter((__, at) => at !== left),
            said,
          ),
          task.id,
        ).toBe(0);
      }
      if (target.reports.length > 0) expect(await play(environment, task, target.writes, 'Done.'), task.id).toBe(0);
      if (task.tags.includes('ordered')) {
        expect(await play(environment, task, [...target.writes].reverse(), said), task.id).toBe(0);
      }
    }
  });

  test('tickets hold the words of their mentions and none of their reports; every item id is meant by some', () => {
    for (const { task, target } of all()) {
      for (const words of Object.values(target.mentions ?? {})) expect(task.request).toContain(words);
      for (const text of target.reports) {
        expect(text.length).toBeGreaterThanOrEqual(4);
        expect(text).not.toContain(',');
        expect(task.request.toLowerCase()).not.toContain(text.toLowerCase());
      }
      for (const { arguments: given } of target.writes) {
        const ids = [given.item_ids, given.new_item_ids].flatMap((value) => (Array.isArray(value) ? value : []));
        for (const id of ids) expect(target.mentions, task.id).toHaveProperty(String(id));
      }
    }
  });

  test('tiers, splits, reports, refusals and rare kinds have their shares; no question comes twice', () => {
    const tasks = all();
    const share = (tag: string): number => tasks.filter(({ task }) => task.tags.includes(tag)).length / tasks.length;
    expect(tiers.map(share)).toEqual([0.45, 0.25, 0.15, 0.1, 0.05]);
    const sizes = (['train', 'dev', 'sealed'] as const).map(
      (split) => tasks.filter(({ task }) => task.split === split).length,
    );
    expect(sizes).toEqual([200, 100, 100]);
    expect(share('report')).toBeGreaterThan(0.15);
    expect(share('report')).toBeLessThan(0.35);
    expect(share('refusal')).toBeGreaterThan(0.02);
    expect(share('refusal')).toBeLessThanOrEqual(0.06);
    expect(share('multi-item')).toBeGreaterThan(0.05);
    expect(share('ordered')).toBeGreaterThan(0.02);
    expect(new Set(tasks.map(({ task }) => task.request)).size).toBe(tasks.length);
    expect(new Set(tasks.map(({ task }) => task.id)).size).toBe(tasks.length);
  });
});

test('equal seeds give equal tasks, other seeds others, and a split can be set for all', () => {
  const tasksOf = (seed: number): string => canonicalJson(generateRetail({ seed, tasks: 60 }).tasks);
  expect(tasksOf(21)).toBe(tasksOf(21));
  expect(tasksOf(21)).not.toBe(tasksOf(22));
  const panel = generateRetail({ seed: 21, tasks: 40, split: 'sealed' });
  expect(new Set(panel.tasks.map((task) => task.split))).toEqual(new Set(['sealed']));
  expect(panel.ceiling).toBeLessThanOrEqual(0.06);
  expect(panel.generate?.({ seed: 21, tasks: 40, split: 'sealed' }).digest).toBe(panel.digest);
});
