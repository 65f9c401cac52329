import { existsSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../errors.ts';
import { checkEnvironment } from '../check.ts';
import { loadPublicRetail } from './public.ts';
import { readAssignment } from './python-literal.ts';
import type { RetailTarget } from './target.ts';

const data = join(import.meta.dirname, '../../../../shared/data/tau2/retail');
const present = existsSync(join(data, 'tasks_tau1_train.json'));
const note = present ? '' : ` (skipped: no ${data})`;
const folder = (): string => mkdtempSync(join(tmpdir(), 'public-'));

describe.skipIf(!present)(`public tickets${note}`, () => {
  // The body of a skipped suite still runs.
  const environment = present ? loadPublicRetail(data) : (undefined as never);

  it('are 405, all solved by the oracle and none by doing nothing', async () => {
    const report = await checkEnvironment(environment);
    expect(report).toMatchObject({ tasks: 405, oracle: 1, idle: 0, ceiling: 0, problems: [] });
    expect(report.splits).toEqual({ train: 203, dev: 101, sealed: 101 });
  });

  it('name every gold item in their own words', () => {
    for (const task of environment.tasks) {
      const { writes, mentions = {} } = task.target as unknown as RetailTarget;
      const ids = writes.flatMap((write) => [write.arguments.item_ids ?? [], write.arguments.new_item_ids ?? []]);
      for (const id of ids.flat() as string[]) {
        expect(mentions[id], `${task.id} ${id}`).toBeTruthy();
        expect(task.request).toContain(mentions[id]);
        expect(task.request).not.toContain(id);
      }
    }
  });

  it('carry tags, identity, the wish and standing consent', () => {
    const task = environment.tasks.find(({ id }) => id === 'train_3');
    expect(task?.tags).toEqual(['writes:2', 'exchange_delivered_order_items', 'cancel_pending_order']);
    expect(task?.request).toMatch(/Sofia Kovacs.*19049.*Cancel order #W5765741[\s\S]*Standing consent/);
  });

  it('are chosen by replay when there is no split file', () => {
    const dir = folder();
    for (const file of ['db.json', 'tasks_tau1_train.json']) symlinkSync(join(data, file), join(dir, file));
    const sound = loadPublicRetail(dir);
    const ids = new Set(sound.tasks.map(({ id }) => id));
    expect(environment.tasks.every(({ id }) => ids.has(id))).toBe(true);
    expect(ids.size).toBeGreaterThan(405);
    // Its gold exchange asks for the same item.
    expect(ids.has('train_5')).toBe(false);
  });

  it('load from a tau-bench checkout', () => {
    const dir = folder();
    const retail = join(dir, 'tau_bench/envs/retail');
    mkdirSync(join(retail, 'data'), { recursive: true });
    const world = JSON.parse(readFileSync(join(data, 'db.json'), 'utf8'));
    for (const part of ['orders', 'products', 'users']) {
      writeFileSync(join(retail, 'data', `${part}.json`), JSON.stringify(world[part]));
    }
    const python = `from x import Task, Action

TASKS_TRAIN = [
    Task(
        annotator="synthetic",
        user_id="olivia_silva_7273",
        instruction="Your name is Olivia Silva and your zip code is 32240. You are calm. Cancel order #W7613749 because ordered by mistake. ",
        actions=[
            Action(
                name="cancel_pending_order",
                kwargs={"order_id": "#W7613749", "reason": "ordered by mistake"},
            ),
        ],
        outputs=[],
    ),
]
`;
    writeFileSync(join(retail, 'tasks_train.py'), python);
    const [task] = loadPublicRetail(dir).tasks;
    expect(task?.id).toBe('train_0');
    expect(task?.tags).toEqual(['writes:1', 'cancel_pending_order']);
  });
});

describe('missing data', () => {
  it.each<[string, string[], RegExp]>([
    ['nothing', [], /no db\.json .*expected db\.json with tasks_tau1_train\.json/],
    ['a world alone', ['db.json'], /no tasks_tau1_train\.json/],
    ['a world and tau2 tasks', ['db.json', 'tasks.json'], /the tau2 tasks .* have no ticket text/],
  ])('says what is missing beside %s', (_name, files, message) => {
    const dir = folder();
    for (const file of files) writeFileSync(join(dir, file), '{"products": {}, "users": {}, "orders": {}}');
    expect(() => loadPublicRetail(dir)).toThrow(message);
    expect(() => loadPublicRetail(dir)).toThrow(UsageError);
  });

  it('names a broken file and the place', () => {
    const dir = folder();
    writeFileSync(join(dir, 'db.json'), '{"products": {}, "users": {}, "orders": {}}');
    writeFileSync(join(dir, 'tasks_tau1_train.json'), '[{"id": "a", "user_id": 4}]');
    expect(() => loadPublicRetail(dir)).toThrow(/tasks_tau1_train\.json: at 0\.user_id/);
    expect(() => loadPublicRetail(join(dir, 'absent'))).toThrow(/absent: no such folder/);
  });
});

describe('python literals', () => {
  it('reads records, joined strings, escapes and comments', () => {
    const text = `A = 1\nTASKS = [  # first\n  T(a="x" 'y\\'z', b=[1, -2.5, None, True,], c={"k": "\\n"}),\n]\n`;
    expect(readAssignment(text, 'TASKS')).toEqual([{ a: "xy'z", b: [1, -2.5, null, true], c: { k: '\n' } }]);
  });

  it.each(['TASKS = [1, 2', 'TASKS = [f(x)]', 'TASKS = {1: 2}', 'OTHER = 1'])('refuses %s', (text) => {
    expect(() => readAssignment(text, 'TASKS')).toThrow(SyntaxError);
  });
});
