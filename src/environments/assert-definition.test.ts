/** What an author may get wrong is named when the environment is made: member, found, remedy. */
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { z } from 'zod';
import { EnvironmentError, InfrastructureError, UsageError } from '../errors.ts';
import type { Task } from '../types.ts';
import { checkEnvironment } from './check.ts';
import { defineEnvironment, type EnvironmentDefinition, tool } from './define.ts';

const sound = {
  name: 'doors',
  tasks: Array.from({ length: 3 }, (_, i) => ({ id: `t${i}`, input: `Open door ${i}.` })),
  reset: () => ({ open: {} as Record<string, unknown> }),
  tools: {
    act: tool('Act.', z.object({ door: z.string() }), (state: { open: object }, { door }) => {
      Object.assign(state.open, { [door]: true });
    }),
  },
  score: () => ({ reward: 0, checks: [] }),
};
const define = (given: object) => () => defineEnvironment({ ...sound, ...given } as never);
const taking = (schema: unknown) => ({ tools: { act: tool('Act.', schema as z.ZodObject, () => {}) } });
const withTask = (task: unknown) => ({ tasks: [...sound.tasks, task] });

test.each<[string, object, RegExp]>([
  ['an id as a number', withTask({ id: 7, input: 'x' }), /place 4: ids have to be text, found 7; write "7"/],
  ['a generated id as a number', { tasks: () => [{ id: 0, input: 'x' }] }, /ids have to be text, found 0/],
  ['no id', withTask({ input: 'x' }), /place 4: ids have to be text, found undefined/],
  ['a blank id', withTask({ id: ' ', input: 'x' }), /ids have to be text, found " "/],
  ['an id twice', withTask({ id: 't1', input: 'x' }), /place 4: another task has the id "t1" too/],
  ['no task', withTask(null), /place 4: expected \{id, input, ...\}, found null/],
  ['another split', withTask({ id: 'a', input: 'x', split: 'test' }), /task a: split: expected train.*found "test"/],
  ['tags in one text', withTask({ id: 'a', input: 'x', tags: 'red' }), /task a: tags: expected a list.*found "red"/],
  ['a number as tag', withTask({ id: 'a', input: 'x', tags: [1] }), /task a: tags: expected a list of texts/],
  ['a number as family', withTask({ id: 'a', input: 'x', family: 3 }), /task a: family: expected a text, found 3/],
  ['tasks as a promise', { tasks: async () => sound.tasks }, /a list of tasks, found a promise/],
  ['tasks as a text', { tasks: 'rows.jsonl' }, /tasks: expected a list, or a function.*found "rows.jsonl"/],
  ['a prompt that waits', { prompt: async () => 'x' }, /the prompt of task t0: expected a text, found a promise/],
  [
    'a prompt that throws',
    { prompt: (one: Task) => one.tags[0]?.length.toFixed() ?? fail() },
    /prompt of task t0 failed/,
  ],
  ['no reset', { reset: { open: {} } }, /reset: expected a function.*found an object/],
  ['a name of no text', { name: 3 }, /name: expected a text, found 3/],
  ['an oracle of no function', { oracle: [] }, /oracle: expected a function, found a list/],
  ['no scorer in a list', { score: [] }, /score: expected a function or a list of functions/],
  ['a ceiling in percent', { ceiling: 20 }, /ceiling: expected a number from 0 to 1, found 20/],
  ['no turn', { maxTurns: 0 }, /maxTurns: expected a whole number from 1/],
  ['a function as a tool', { tools: { act: () => {} } }, /tool act: expected tool\(description.*found a function/],
  ['tools in a list', { tools: [sound.tools.act] }, /tools: expected \{name: tool/],
  [
    'a date',
    taking(z.object({ day: z.date() })),
    /tool act, argument day: z.date\(\) has no JSON form; use z.iso.date/,
  ],
  [
    'a date in a list',
    taking(z.object({ a: z.object({ days: z.array(z.date().optional()) }) })),
    /argument a.days: z.date/,
  ],
  ['a bigint', taking(z.object({ ok: z.string(), n: z.bigint().nullable() })), /argument n: z.bigint\(\).*use z.int/],
  ['a map', taking(z.object({ m: z.map(z.string(), z.string()) })), /argument m: z.map\(\).*use z.record/],
  ['a set in a union', taking(z.object({ s: z.union([z.string(), z.set(z.string())]) })), /argument s: z.set.*z.array/],
  ['a union of kinds', taking(z.union([z.object({}), z.object({ a: z.string() })])), /act: expected z.object.*z.union/],
  ['a text as arguments', taking(z.string()), /tool act: expected z.object.*found z.string/],
  ['plain JSON Schema', taking({ type: 'object' }), /tool act: expected z.object.*zod 4/],
])('%s', (_, given, sentence) => {
  expect(define(given)).toThrow(UsageError);
  expect(define(given)).toThrow(sentence);
});

function fail(): never {
  throw new Error('no such field');
}

describe('what a tool leaves in the state', () => {
  const leaving = (value: unknown) =>
    defineEnvironment({
      ...sound,
      tools: { act: tool('Act.', z.object({}), (s: { open: object }) => void Object.assign(s.open, { value })) },
    });
  test.each<[string, unknown, RegExp]>([
    ['a function', () => 1, /the tool act left a function in the state at open.value/],
    ['an instance', new (class Client {})(), /the tool act left an instance of Client/],
    ['a promise', Promise.resolve(), /the tool act left a promise/],
  ])('%s is the fault of the environment, by name', async (_, value, sentence) => {
    const environment = leaving(value);
    const state = await environment.reset(environment.tasks[0] as Task);
    expect(() => environment.execute(state, { name: 'act', arguments: {} })).toThrow(EnvironmentError);
    expect(() => environment.execute(state, { name: 'act', arguments: {} })).toThrow(sentence);
  });

  it('takes what is thrown without a text', async () => {
    const empty = Object.create(null);
    const environment = defineEnvironment({
      ...sound,
      tools: { act: tool('Act.', z.object({}), () => Promise.reject(empty)) },
    });
    const state = await environment.reset(environment.tasks[0] as Task);
    const result = await environment.execute(state, { name: 'act', arguments: {} });
    expect(result).toEqual({ content: 'Error: an object without a text', error: true });
  });
});

/** 1,000 by `MALFORMED=1000`. */
const runs = Number(process.env.MALFORMED ?? 40);

it('a malformed definition is a sentence or a sound environment, never a crash or a wrong score', async () => {
  const odd = fc.oneof(
    fc.constantFrom(undefined, null, 0, -1, Number.NaN, 1n, '', true, [], {}, Symbol('s'), new Map(), () => {}),
    fc.constantFrom(
      async () => ({}),
      () => fail(),
      () => null,
      () => ({ reward: '1' }),
      () => ({ reward: 2 }),
    ),
    fc.constantFrom(Promise.resolve(1), Object.create(null), new Date(Number.NaN), [null], [{}], { act: 1 }, class {}),
    fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true, maxDepth: 2 }),
  );
  const member = fc.constantFrom(
    'name',
    'tasks',
    'reset',
    'tools',
    'score',
    'oracle',
    'prompt',
    'changes',
    'user',
    'ceiling',
    'answer',
    'vocabulary',
    'maxTurns',
    'timeoutMs',
    'dispose',
    'snapshot',
    'restore',
    'generate',
    'digest',
    'isError',
  );
  const inTask = fc.constantFrom('id', 'input', 'split', 'tags', 'family');
  const broken = fc.oneof(
    fc.tuple(member, odd).map(([key, value]) => ({ ...sound, [key]: value })),
    fc
      .tuple(inTask, odd)
      .map(([key, value]) => ({ ...sound, tasks: [{ ...sound.tasks[0], [key]: value }, sound.tasks[1]] })),
    fc.tuple(fc.constantFrom('run', 'description', 'parameters', 'readOnly'), odd).map(([key, value]) => ({
      ...sound,
      tools: { act: { ...sound.tools.act, [key]: value } },
      oracle: () => ({ calls: [{ name: 'act', arguments: { door: '1' } }], summary: '' }),
    })),
  );
  await fc.assert(
    fc.asyncProperty(broken, async (given) => {
      try {
        const { idle, oracle } = await checkEnvironment(
          defineEnvironment({ timeoutMs: 20, ...given } as EnvironmentDefinition<object, string> as never),
        );
        for (const mean of [idle, oracle ?? 0]) expect(mean >= 0 && mean <= 1).toBe(true);
      } catch (error) {
        if (!(error instanceof UsageError || error instanceof InfrastructureError)) throw error;
        expect(error.message).not.toMatch(/\n {4}at |Cannot read properties|is not a function/);
      }
    }),
    { numRuns: runs },
  );
});
