/** The drawn order of the arms: fair, balanced inside a task, and what it shows about a place. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomOf } from '../digest.ts';
import { armOrder, CARRY_Z, orderEffects, orderText } from './order.ts';
import { decideRelease } from './release.ts';

const key = { head: null, panel: 'p', look: 1, arms: ['a', 'b'] };
const drawn = (task: string, trials: number, look = 1) => orderText(armOrder({ ...key, look }, task, trials));

describe('the order of the arms', () => {
  it('is balanced inside a task with several trials, and complete for any number of arms', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 9 }), fc.integer({ min: 2, max: 5 }), (task, trials, arms) => {
        const first = [...drawn(task, trials)].filter((arm) => arm === 'a').length;
        expect([Math.floor(trials / 2), Math.ceil(trials / 2)]).toContain(first);
        const rows = armOrder({ ...key, arms: Array.from({ length: arms }, (_, arm) => `${arm}`) }, task, trials);
        expect(rows).toHaveLength(trials);
        for (const row of rows) expect([...row].sort()).toEqual([...Array(arms).keys()]);
      }),
      { seed: 5, numRuns: 200 },
    );
  });

  it('is a fair coin over tasks with one trial, another one for another look', () => {
    const coins = (look: number) => Array.from({ length: 4000 }, (_, task) => drawn(`t${task}`, 1, look));
    const [first, second] = [coins(1), coins(2)];
    const heads = first.filter((order) => order === 'a').length;
    expect(Math.abs(heads - 2000)).toBeLessThan(4 * Math.sqrt(1000));
    const equal = first.filter((order, index) => order === second[index]).length;
    expect(Math.abs(equal - 2000)).toBeLessThan(4 * Math.sqrt(1000));
  });
});

/** Pairs of a task that is played twice, `play` giving the reward of an arm in its place. */
const played = (tasks: number, play: (arm: string, place: number, random: () => number) => number) => {
  const random = randomOf('order test');
  return Array.from({ length: tasks }, (_, index) => {
    const order = drawn(`t${index}`, 1);
    const [first, second] = order === 'b' ? ['before', 'after'] : ['after', 'before'];
    const scores = {
      [first as string]: play(first as string, 0, random),
      [second as string]: play(second as string, 1, random),
    };
    return { task: `t${index}`, tags: [], before: [scores.before as number], after: [scores.after as number], order };
  });
};

describe('what the order shows', () => {
  it('is the effect of playing second, which moves no verdict', () => {
    const pairs = played(100, (_, place) => place);
    expect(orderEffects(pairs)?.place).toMatchObject({ effect: 1 });
    expect(decideRelease(pairs, { planned: 100 })).toMatchObject({ decision: 'inconclusive' });
    // A fixed order would have released.
    const fixed = pairs.map((pair) => ({ ...pair, before: [0], after: [1] }));
    expect(decideRelease(fixed, { planned: 100 }).decision).toBe('accepted');
  });

  it('refuses a candidate that breaks what runs after it', () => {
    let broken = false;
    const pairs = played(200, (arm, place) => {
      if (place === 0) broken = arm === 'after';
      return place === 1 && broken ? 0 : 1;
    });
    expect(orderEffects(pairs)?.carryZ).toBeGreaterThan(CARRY_Z);
    expect(decideRelease(pairs, { planned: 200 })).toMatchObject({ decision: 'inconclusive', reason: 'carry_over' });
  });

  it('is unknown where a pair holds no order', () => {
    expect(orderEffects([{ task: 'a', tags: [], before: [0], after: [1] }])).toBeNull();
  });
});

it('a release also passes with its void pairs lost', () => {
  const pairs = Array.from({ length: 98 }, (_, i) => ({
    task: `t${i}`,
    tags: [],
    before: [0],
    after: [i < 6 ? 1 : 0],
  }));
  expect(decideRelease(pairs, { planned: 98 }).decision).toBe('accepted');
  const { decision, detail } = decideRelease(pairs, { planned: 100, voids: 2 });
  expect([decision, detail]).toEqual(['inconclusive', expect.stringMatching(/counted as lost it does not pass/)]);
});
