/** Rollouts that share something are found, and what they share at is named. */
import { expect, it, test } from 'vitest';
import { z } from 'zod';
import type { Environment } from '../types.ts';
import { assertFit, checkEnvironment } from './check.ts';
import { defineEnvironment, tool } from './define.ts';
import { isolationProblems, playFresh } from './isolation.ts';

type Doors = Record<string, string>;
interface Fault {
  /** Whether this score is lost; `n` counts the scores of the process, `used` those of the task. */
  readonly lost?: (n: number, used: number) => boolean;
  /** What the tool does besides. */
  readonly opened?: (door: string, state: Doors) => unknown;
  readonly reset?: (door: string) => Doors;
  readonly volatile?: readonly string[];
  readonly oracle?: false;
}

/** A new process: all counters at 0. */
function doors({ lost = () => false, opened = () => 'opened', reset, volatile, oracle }: Fault): Environment {
  let n = 0;
  const used = new Map<string, number>();
  return defineEnvironment<Doors, string>({
    name: 'doors',
    tasks: Array.from({ length: 12 }, (_, i) => ({ id: `t${i}`, input: `d${i}`, split: i % 2 ? 'train' : 'dev' })),
    reset: ({ input }) => reset?.(input) ?? { [input]: 'shut' },
    tools: {
      open: tool('Open a door.', z.object({ door: z.string() }), (state, { door }) => {
        state[door] = 'open';
        return opened(door, state);
      }),
    },
    score: ({ id, input }, state) => {
      used.set(id, (used.get(id) ?? 0) + 1);
      const isLost = lost(++n, used.get(id) ?? 0);
      return { reward: state[input] === 'open' && !isLost ? 1 : 0, checks: [] };
    },
    ...(oracle === false
      ? {}
      : { oracle: ({ input }) => ({ calls: [{ name: 'open', arguments: { door: input } }], summary: 'Open.' }) }),
    ...(volatile === undefined ? {} : { volatile }),
  });
}

async function problems(fault: () => Fault): Promise<string> {
  const environment = doors(fault());
  const fresh = await playFresh(
    doors(fault()),
    environment.tasks.map(({ id }) => id),
  );
  return (await isolationProblems(environment, environment.tasks, fresh)).join('\n');
}

test.each<[string, () => Fault, RegExp]>([
  [
    'the first use of a task fails',
    () => ({ lost: (_n, used) => used === 1 }),
    /at their first uses in a process \(12 /,
  ],
  ['a cold start of five plays', () => ({ lost: (n) => n <= 5 }), /at their first uses in a process/],
  ['a warm cache helps later', () => ({ lost: (_n, used) => used < 3 }), /something else/],
  ['every third score fails', () => ({ lost: (n) => n % 3 === 0 }), /something else/],
  ['every tenth score fails', () => ({ lost: (n) => n % 10 === 0 }), /at every 10th play/],
  ['a limit on the number of plays', () => ({ lost: (n) => n > 100 }), /something else/],
  [
    'a world that all rollouts share',
    () => {
      const world: Doors = {};
      return { opened: (door) => JSON.stringify({ ...world, ...Object.assign(world, { [door]: 'open' }) }) };
    },
    /the result of open/,
  ],
  [
    'a lock that is not given back',
    () => {
      let held = '';
      return {
        reset: (door) => {
          held = door;
          return { [door]: 'shut' };
        },
        opened: (door) => (held === door ? 'opened' : 'busy'),
      };
    },
    /while another task was played/,
  ],
  [
    'ids from a counter',
    () => {
      let next = 0;
      return { opened: () => `number ${++next}` };
    },
    /the result of open was number/,
  ],
  [
    'without an oracle: a world that all rollouts share',
    () => {
      const world: Doors = {};
      const opened = (door: string) => JSON.stringify({ ...world, ...Object.assign(world, { [door]: 'open' }) });
      return { oracle: false, opened };
    },
    /the result of open/,
  ],
  [
    'without an oracle: a door that stays open for the next rollout',
    () => {
      const open = new Set<string>();
      return { oracle: false, opened: (door) => (open.has(door) ? 'is open' : open.add(door) && 'opened') };
    },
    /the result of open was opened, else is open/,
  ],
])('%s', async (_, fault, sentence) => {
  expect(await problems(fault)).toMatch(sentence);
});

test.each<[string, () => Fault]>([
  ['a sound one', () => ({})],
  [
    'one that declares what may differ',
    () => {
      let next = 0;
      return { opened: () => `opened as #${++next}`, volatile: ['#\\d+'] };
    },
  ],
  ['one without an oracle', () => ({ oracle: false })],
  ['one without an oracle that refuses each call', () => ({ oracle: false, opened: () => Promise.reject('no') })],
  ['one that fails in the same way each time', () => ({ opened: () => Promise.reject(new Error('stuck')) })],
])('%s is sound', async (_, fault) => {
  expect(await problems(fault)).toBe('');
});

it('env check plays all open tasks, a night a few of an environment from a file', async () => {
  const fault = { lost: (n: number) => n > 40 };
  const { problems: found } = await checkEnvironment(doors(fault), undefined, async () => []);
  expect(found.join('\n')).toMatch(/the same calls gave something else/);
  for (const lost of [(_n: number, used: number) => used === 1, (n: number) => n <= 3]) {
    const cold = { ...doors({ lost }), file: '/doors.js' };
    await expect(assertFit(cold, cold.tasks)).rejects.toThrow(/at their first uses in a process/);
  }
  const given = doors({ lost: (_n, used) => used === 2 });
  await expect(assertFit(given, given.tasks)).resolves.toBeUndefined();
  await expect(assertFit({ ...given, file: '/doors.js' }, given.tasks)).rejects.toThrow(
    /not fit for a night.*same calls/,
  );
});
