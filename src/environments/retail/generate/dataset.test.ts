import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { retailEnvironment } from '../tasks.ts';
import { generateRetail, generateShop, readDataset, writeDataset } from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'retail-'));
afterAll(() => rmSync(folder, { recursive: true }));

const files = ['world.json', 'tasks/train.jsonl', 'tasks/dev.jsonl', 'tasks/sealed.jsonl'];
const committed = join(import.meta.dirname, '../../../../evals/retail');

test('the committed data set is what seed 1 gives, byte for byte', () => {
  const dir = join(folder, 'again');
  const environment = generateRetail({ seed: 1, tasks: 400 });
  const shop = generateShop({ seed: 1, tasks: 400 });
  writeDataset(dir, shop.world, shop.tasks);
  for (const file of files) {
    expect(readFileSync(join(dir, file), 'utf8') === readFileSync(join(committed, file), 'utf8'), file).toBe(true);
  }
  const { world, tasks } = readDataset(committed);
  expect(retailEnvironment({ world, tasks, mode: 'fixed' }).digest).toBe(environment.digest);
});

describe('a damaged data set is refused with file and line', () => {
  const shop = generateShop({ seed: 3, tasks: 20 });
  const damaged = (file: string, change: (lines: string[]) => void): string => {
    const dir = join(folder, 'damaged');
    writeDataset(dir, shop.world, shop.tasks);
    const lines = readFileSync(join(dir, file), 'utf8').split('\n');
    change(lines);
    writeFileSync(join(dir, file), lines.join('\n'));
    return dir;
  };
  const edit = (at: number, from: string | RegExp, to: string) => (lines: string[]) => {
    const line = lines[at] ?? '';
    expect(line).toMatch(from);
    lines[at] = line.replace(from, to);
  };

  test.each([
    ['a missing file', 'tasks/dev.jsonl', undefined, /dev\.jsonl: no such file/],
    ['a task that is no JSON', 'tasks/train.jsonl', edit(2, '{', ''), /train\.jsonl:3: expected JSON/],
    ['a task without a request', 'tasks/train.jsonl', edit(1, '"request"', '"wish"'), /train\.jsonl:2: .*request/],
    ['a task of another split', 'tasks/dev.jsonl', edit(0, '"dev"', '"sealed"'), /dev\.jsonl:1: split: expected dev/],
    [
      'a customer from elsewhere',
      'tasks/dev.jsonl',
      edit(0, /"user_id":"[a-z_0-9]+"}/, '"user_id":"nobody_1"}'),
      /nobody_1/,
    ],
    ['a task twice', 'tasks/dev.jsonl', (lines: string[]) => lines.unshift(lines[0] ?? ''), /occurs twice/],
    ['a price as text', 'world.json', edit(4, /"price":[\d.]+/, '"price":"12"'), /world\.json:5: products\..*price/],
  ] as const)('%s', (_, file, change, message) => {
    const dir = damaged(file, change ?? (() => {}));
    if (!change) rmSync(join(dir, file));
    expect(() => readDataset(dir)).toThrow(message);
  });
});
