/** Tier 1: the race and the pruning. */
import { expect, test } from 'vitest';
import { decideKeep, decidePrune, hopelessAt, isBetter, isClear, isHopelessNow, raceScore } from './keep.ts';
import type { Pair } from './pairs.ts';

const played = (differences: readonly number[]): Pair[] =>
  differences.map((d, index) => ({ task: `t${index}`, tags: [], before: [d < 0 ? 1 : 0], after: [d > 0 ? 1 : 0] }));
const repeat = (count: number, value: number): number[] => new Array<number>(count).fill(value);

test('z = mean / sqrt(max(var, .03) / t)', () => {
  expect(raceScore(repeat(25, 0.1))).toBeCloseTo(0.1 / Math.sqrt(0.03 / 25), 12);
  expect(raceScore([1, -1, 1, 1])).toBeCloseTo(0.5 / Math.sqrt(1 / 4), 12);
});

test('nothing is hopeless before 20 tasks', () => {
  expect(isHopelessNow(repeat(19, -1))).toBe(false);
  expect(isHopelessNow(repeat(20, -1))).toBe(true);
});

test('looks are at 20, 25, 30, ... tasks, however the results came in', () => {
  const bad = [...repeat(20, 0), -1, -1, -1, 0, 0];
  expect(isHopelessNow(bad.slice(0, 24))).toBe(false);
  expect(hopelessAt(bad)).toBe(25);
  expect(hopelessAt([...bad, ...repeat(30, 1)])).toBe(25);
});

test('z of -0.3 itself goes on', () => {
  // 25 tasks, one worse: mean -.04, variance .04, z = -1; no task that differs: z = 0.
  expect(isHopelessNow([...repeat(24, 0), -1])).toBe(true);
  expect(isHopelessNow(repeat(40, 0))).toBe(false);
  expect(isHopelessNow([-1, 1, ...repeat(23, 0)])).toBe(false);
});

test('a race that ends clearly enough above 0 is kept; a tie, a loss and a hair are not', () => {
  const decide = (differences: number[]) => decideKeep(played(differences), { planned: differences.length });
  expect(decide([...repeat(29, 0), 1])).toMatchObject({ stage: 'keep', decision: 'accepted', reason: 'improved' });
  expect(decide([...repeat(28, 0), 1, -1])).toMatchObject({ decision: 'rejected', reason: 'not_better' });
  expect(decide([...repeat(29, 0), -1])).toMatchObject({ decision: 'rejected', reason: 'not_better' });
  // z = .0179 / sqrt(1 / 56) = .13.
  expect(decide([...repeat(29, 1), ...repeat(28, -1)])).toMatchObject({ decision: 'rejected', reason: 'not_better' });
});

test('what wins by two standard errors is the bar alone, what wins by less is averaged with it', () => {
  const narrow = played([...repeat(56, 0), 1, 1, 1, -1]);
  const clear = played([...repeat(50, 0), ...repeat(10, 1)]);
  expect([isBetter(narrow), isClear(narrow)]).toEqual([true, false]);
  expect([isBetter(clear), isClear(clear)]).toEqual([true, true]);
});

test('the tasks of a declared family pay once', () => {
  const family = played(repeat(10, 1)).map((pair) => ({ ...pair, family: 'one' }));
  const others = played(repeat(8, -1)).map((pair, i) => ({ ...pair, task: `other-${i}`, family: `${i % 2}` }));
  expect(isBetter([...family, ...others])).toBe(false);
});

test('a race that was hopeless stays so, even if more was played', () => {
  const differences = [...repeat(15, 0), ...repeat(5, -1), ...repeat(20, 1)];
  const verdict = decideKeep(played(differences), { planned: 40 });
  expect(verdict).toMatchObject({ decision: 'rejected', reason: 'hopeless', better: 20, worse: 5 });
  expect(verdict.detail).toContain('hopeless after 20 of 40 dev tasks');
});

test('a race that ended for another reason decides nothing; voids are not waited for', () => {
  expect(decideKeep(played(repeat(30, 1)), { planned: 40 })).toMatchObject({
    decision: 'inconclusive',
    reason: 'incomplete',
  });
  expect(decideKeep(played(repeat(38, 1)), { planned: 40, voids: 2 })).toMatchObject({
    decision: 'accepted',
    voids: 2,
  });
});

test('the verdict states effect, interval, statistic, counts, rollouts and cost', () => {
  const verdict = decideKeep(played([1, 1, 0, -1]), { planned: 4, rollouts: 1204, costUsd: 0.5 });
  expect(verdict).toMatchObject({ test: 'mean', alpha: null, effect: 0.25, tasks: 4, rollouts: 1204, costUsd: 0.5 });
  expect(verdict.detail).toMatch(
    /^kept: \+25\.0 points \(95 % interval -\d+\.\d to \+\d+\.\d\), z = 0\.52, 2 better \/ 1 worse \/ 1 same, 1,204 rollouts, \$0\.50$/,
  );
});

test('misuse is an error: no pair, more pairs than planned, NaN', () => {
  expect(() => decideKeep([], { planned: 4 })).toThrow(RangeError);
  expect(() => decideKeep(played([1, 1]), { planned: 1 })).toThrow(RangeError);
  expect(() => hopelessAt([NaN])).toThrow(RangeError);
  expect(() => decideKeep(played([1]), { planned: 1, costUsd: NaN })).toThrow();
});

test('pruning drops a part that does not pay and keeps one that does, or that dev cannot judge', () => {
  expect(decidePrune(played([1, 0, 0]))).toMatchObject({
    stage: 'prune',
    decision: 'accepted',
    reason: 'does_not_pay',
  });
  expect(decidePrune(played([1, -1, 0]))).toMatchObject({ decision: 'accepted', reason: 'does_not_pay' });
  expect(decidePrune(played([-1, 0, 0]))).toMatchObject({ decision: 'rejected', reason: 'pays' });
  expect(decidePrune(played([0, 0, 0]))).toMatchObject({ decision: 'rejected', reason: 'no_task_differs' });
});
