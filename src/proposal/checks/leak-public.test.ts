/**
 * The leak check on the public tickets: every planted value is found, no word of the tools' schemas
 * is refused.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadPublicRetail } from '../../environments/retail/public.ts';
import type { Json } from '../../types.ts';
import { buildLeakIndex, findLeak } from './leak-index.ts';

const data = join(import.meta.dirname, '../../../../shared/data/tau2/retail');
const present = existsSync(join(data, 'db.json'));
if (!present) console.warn('skipped: the public retail files are not beside the project');

function texts(value: Json): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return (Array.isArray(value) ? value : Object.values(value)).flatMap((inner) => texts(inner as Json));
}

describe.skipIf(!present)('public tickets', async () => {
  const environment = present ? loadPublicRetail(data) : (undefined as never);
  const index = present ? await buildLeakIndex(environment) : (undefined as never);

  test('order ids, item ids, payment methods and customer ids of every split are leaks, in any sentence', async () => {
    const planted = new Set<string>();
    for (const task of environment.tasks)
      for (const call of (await environment.oracle?.(task))?.calls ?? [])
        for (const value of texts(call.arguments)) if (/\d{5}/.test(value)) planted.add(value);
    expect(planted.size).toBeGreaterThan(1000);
    const missed = [...planted].filter(
      (value) => findLeak(`For example, ${value} is handled like this.`, index) === null,
    );
    expect(missed).toEqual([]);
  });

  test('names and addresses of the customers are leaks', () => {
    const { tasks } = environment;
    const people = tasks
      .map((task) => /Your name is (\w+ \w+)/.exec(task.request)?.[1])
      .filter((name) => name !== undefined);
    expect(people.length).toBeGreaterThan(300);
    const missed = people.filter((name) => findLeak(`Treat ${name} with care.`, index) === null);
    expect(missed).toEqual([]);
  });

  test('0 refusals of words that the tool schemas contain', () => {
    const words = environment.tools.flatMap((tool) => texts([tool.name, tool.description, tool.parameters]));
    expect(words.filter((text) => findLeak(text, index) !== null)).toEqual([]);
    const single = words.flatMap((text) => text.split(/[^A-Za-z0-9_]+/)).filter((word) => word !== '');
    expect(single.length).toBeGreaterThan(200);
    expect(single.filter((word) => findLeak(`Use ${word} here.`, index) !== null)).toEqual([]);
  });
});
