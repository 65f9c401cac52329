/** Tier 2: reasons, guards, and properties that hold for any panel. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { swapped } from '../../bench/gate/panels.ts';
import { guardMetric } from './metrics.ts';
import type { Pair } from './pairs.ts';
import { decideRelease, type ReleaseOptions } from './release.ts';

/** Win-or-lose pairs from differences -1, 0, 1. */
const panel = (differences: readonly number[], tags: readonly string[] = []): Pair[] =>
  differences.map((d, index) => ({ task: `t${index}`, tags, before: [d < 0 ? 1 : 0], after: [d > 0 ? 1 : 0] }));
const mix = (better: number, worse: number, same: number): number[] => [
  ...new Array<number>(better).fill(1),
  ...new Array<number>(worse).fill(-1),
  ...new Array<number>(same).fill(0),
];
const decide = (pairs: readonly Pair[], options: Partial<ReleaseOptions> = {}) =>
  decideRelease(pairs, { planned: pairs.length, ...options });

test('win-or-lose panels are put to the sign test at alpha .02', () => {
  expect(decide(panel(mix(6, 0, 34)))).toMatchObject({
    decision: 'accepted',
    reason: 'improved',
    test: 'sign',
    alpha: 0.02,
  });
  expect(decide(panel(mix(10, 2, 28)))).toMatchObject({ decision: 'accepted', better: 10, worse: 2, same: 28 });
  expect(decide(panel(mix(12, 4, 24)))).toMatchObject({ decision: 'inconclusive', reason: 'inconclusive' });
  expect(decide(panel(mix(12, 4, 24))).statistic).toBeCloseTo(0.0384, 4);
  expect(decide(panel(mix(5, 0, 35)))).toMatchObject({ decision: 'inconclusive' });
});

test('fractional scores, several trials or families are put to the bet, in the order given', () => {
  const half = (index: number): Pair => ({ task: `t${index}`, tags: [], before: [0, 1], after: [1, 1] });
  const verdict = decide(Array.from({ length: 40 }, (_, index) => half(index)));
  expect(verdict).toMatchObject({ decision: 'accepted', test: 'star', effect: 0.5 });
  expect(verdict.statistic).toBeGreaterThanOrEqual(50);
  const ten = decide(Array.from({ length: 10 }, (_, index) => half(index)));
  expect(ten).toMatchObject({ decision: 'inconclusive' });
  expect(ten.statistic).toBeCloseTo(48.74, 2);
  const family = panel(mix(6, 0, 34)).map((pair) => ({ ...pair, family: 'one' }));
  expect(decide(family)).toMatchObject({ test: 'star', decision: 'inconclusive', better: 1, tasks: 40 });
});

test('the sentence has every number, and an accepted effect is marked as selected', () => {
  const { detail } = decide(panel(mix(10, 2, 28)), { rollouts: 80, costUsd: 1.234 });
  expect(detail).toMatch(
    /^better than the release before it: \+20\.0 points \(95 % interval \+\d+\.\d to \+\d+\.\d, selected\), sign test p = 0\.0193 against 0\.02, 10 better \/ 2 worse \/ 28 same, 80 rollouts, \$1\.23$/,
  );
  expect(decide(panel(mix(3, 2, 28))).detail).not.toContain('selected');
});

test('a panel that is clearly worse is a regression', () => {
  expect(decide(panel(mix(1, 12, 27)))).toMatchObject({ decision: 'rejected', reason: 'regression' });
  expect(decide(panel(mix(3, 5, 32)))).toMatchObject({ decision: 'inconclusive', reason: 'inconclusive' });
});

test('an unfinished panel never releases, however good it looks', () => {
  const verdict = decideRelease(panel(mix(30, 0, 0)), { planned: 40 });
  expect(verdict).toMatchObject({ decision: 'inconclusive', reason: 'incomplete', test: 'none', statistic: null });
});

test('more than 2 % of void pairs decide nothing; up to 2 % stand', () => {
  const pairs = panel(mix(20, 0, 78));
  expect(decideRelease(pairs, { planned: 100, voids: 2 })).toMatchObject({ decision: 'accepted', voids: 2 });
  expect(decideRelease(pairs.slice(0, 97), { planned: 100, voids: 3 })).toMatchObject({
    decision: 'inconclusive',
    reason: 'voids',
  });
});

test('more state violations than the release block; as many, or fewer, do not', () => {
  const pairs = panel(mix(20, 0, 20));
  const violating = (before: number, after: number) =>
    pairs.map((pair, index) =>
      index === 30 ? { ...pair, violationsBefore: before } : index === 31 ? { ...pair, violationsAfter: after } : pair,
    );
  expect(decide(violating(0, 1))).toMatchObject({ decision: 'rejected', reason: 'violations' });
  expect(decide(violating(1, 2)).detail).toContain('2 forbidden state changes against 1 of the release before it');
  expect(decide(violating(1, 1))).toMatchObject({
    decision: 'accepted',
    detail: expect.stringContaining('1 forbidden state changes against 1'),
  });
  expect(decide(violating(3, 1))).toMatchObject({ decision: 'accepted' });
  // 2 tasks to come cannot make up for 3 more, 10 can.
  expect(decideRelease(violating(0, 3), { planned: 42 })).toMatchObject({ reason: 'violations' });
  expect(decideRelease(violating(0, 3), { planned: 50 })).toMatchObject({ reason: 'incomplete' });
});

test('a protected tag blocks at a loss of 10 points, and the verdict says its power', () => {
  const refunds = panel(mix(0, 1, 9), ['refund']).map((pair) => ({ ...pair, task: `refund-${pair.task}` }));
  const pairs = [...panel(mix(20, 0, 20)), ...refunds];
  expect(decide(pairs)).toMatchObject({ decision: 'accepted' });
  const verdict = decide(pairs, { protectedTags: ['refund', 'gone'] });
  expect(verdict).toMatchObject({ decision: 'rejected', reason: 'guard' });
  expect(verdict.detail).toMatch(
    /refund: -10\.0 points on 10 tasks \(\d+ % power against a loss of 20 points\) BLOCKS/,
  );
  expect(verdict.detail).toContain('gone: no task, not checked BLOCKS');
});

test('a protected tag that no task of the panel has is not passed', () => {
  const verdict = decide(panel(mix(30, 0, 10), ['other']), { protectedTags: ['refusal'] });
  expect(verdict).toMatchObject({ decision: 'rejected', reason: 'guard' });
  expect(verdict.detail).toContain('refusal: no task, not checked BLOCKS');
});

test('a protected tag blocks on evidence against it before the loss is 10 points', () => {
  const refunds = panel(mix(0, 4, 46), ['refund']).map((pair) => ({ ...pair, task: `refund-${pair.task}` }));
  const verdict = decide([...panel(mix(40, 0, 20)), ...refunds], { protectedTags: ['refund'] });
  expect(verdict).toMatchObject({ decision: 'rejected', reason: 'guard' });
  expect(verdict.detail).toContain('refund: -8.0 points');
});

test('the size cap blocks; a used panel is said', () => {
  const pairs = panel(mix(10, 0, 30));
  expect(decide(pairs, { sizeWithinCap: false })).toMatchObject({ decision: 'rejected', reason: 'guard' });
  const verdict = decide(pairs, { panelUsed: true });
  expect(verdict.decision).toBe('accepted');
  expect(verdict.detail).toContain('error bound is not claimed');
});

test('misuse is an error, never a verdict', () => {
  expect(() => decide([], { planned: 1 })).toThrow(RangeError);
  expect(() => decideRelease(panel([1, 1]), { planned: 1 })).toThrow(RangeError);
  expect(() => decide([{ task: 'a', tags: [], before: [NaN], after: [1] }])).toThrow(RangeError);
  expect(() => decide([{ task: 'a', tags: [], before: [], after: [1] }])).toThrow(RangeError);
  for (const alpha of [0, 1, NaN]) expect(() => decide(panel([1]), { alpha })).toThrow();
});

const rewards = fc.array(
  fc.integer({ min: 0, max: 4 }).map((quarters) => quarters / 4),
  { minLength: 1, maxLength: 3 },
);
const anyPanel = fc
  .array(fc.record({ before: rewards, after: rewards }), { minLength: 1, maxLength: 40 })
  .map((rows) => rows.map((row, index): Pair => ({ task: `t${index}`, tags: [], ...row })));
const winOrLose = fc
  .array(fc.constantFrom(-1, 0, 1, 1), { minLength: 6, maxLength: 40 })
  .map((differences) => panel(differences));

test('both arms never beat each other', () => {
  fc.assert(
    fc.property(fc.oneof(anyPanel, winOrLose), (pairs) => {
      const both = [decide(pairs), decide(swapped(pairs))].filter((verdict) => verdict.decision === 'accepted');
      expect(both.length).toBeLessThan(2);
    }),
    { seed: 3, numRuns: 300 },
  );
  // The bet alone would release both: it stops at its target, and the other arm wins the rest.
  const turned = panel(mix(21, 79, 0)).map((pair) => ({ ...pair, before: [...pair.before, ...pair.before] }));
  expect(decide(turned)).toMatchObject({ test: 'star', reason: 'regression' });
  expect(decide(turned).statistic).toBeGreaterThanOrEqual(50);
  expect(decide(swapped(turned)).statistic).toBeGreaterThanOrEqual(50);
});

test('task names do not matter', () => {
  fc.assert(
    fc.property(anyPanel, (pairs) => {
      const renamed = pairs.map((pair, index) => ({ ...pair, task: `other-${pairs.length - index}` }));
      expect(decide(renamed)).toEqual(decide(pairs));
    }),
    { seed: 4, numRuns: 100 },
  );
});

test('raising one score after never turns a release of win-or-lose tasks down', () => {
  fc.assert(
    fc.property(winOrLose, fc.nat(), (pairs, at) => {
      const index = at % pairs.length;
      const raised = pairs.map((pair, i) => (i === index ? { ...pair, after: [1] } : pair));
      if (decide(pairs).decision === 'accepted') expect(decide(raised).decision).toBe('accepted');
      else expect(decide(raised).statistic).toBeLessThanOrEqual(decide(pairs).statistic ?? 0);
    }),
    { seed: 5, numRuns: 300 },
  );
});

test('the order of win-or-lose tasks does not matter', () => {
  const differences = mix(10, 2, 28);
  expect(decide(panel(differences.toReversed()))).toEqual(decide(panel(differences)));
});

describe('metrics', () => {
  const dearer = (before: number, after: number) =>
    panel(mix(30, 0, 10)).map((pair) => ({ ...pair, metrics: { tokens: { before, after } } }));

  test('a gain that costs more than the policy allows is refused, one within it is released and says so', () => {
    const options = { maxIncrease: { tokens: 0.2 } };
    const refused = decide(dearer(100, 121), options);
    expect(refused).toMatchObject({ decision: 'rejected', reason: 'guard' });
    expect(refused.detail).toMatch(/tokens: \+21 % \(20 % allowed, 100 % power against 40 %\) BLOCKS/);
    const released = decide(dearer(100, 120), options);
    expect(released).toMatchObject({ decision: 'accepted', reason: 'improved' });
    expect(released.detail).toMatch(/tokens: \+20 % \(20 % allowed/);
    expect(decide(dearer(100, 300))).toMatchObject({ decision: 'accepted' });
  });

  test('what was not measured is not passed', () => {
    const pairs = dearer(100, 100);
    expect(
      decide([{ ...(pairs[0] as Pair), metrics: {} }, ...pairs.slice(1)], { maxIncrease: { tokens: 1 } }),
    ).toMatchObject({
      decision: 'rejected',
      detail: expect.stringContaining('tokens: not measured'),
    });
  });

  test('power falls with the spread of what tasks take', () => {
    const uneven = panel(mix(30, 0, 10)).map((pair, index) => ({
      ...pair,
      metrics: { calls: { before: 10, after: index % 2 === 0 ? 2 : 18 } },
    }));
    const { power, increase, blocks } = guardMetric(uneven, 'calls', 0.1);
    expect({ increase, blocks }).toEqual({ increase: 0, blocks: false });
    // Phi(.1 * 10 / (8.1 / sqrt(40))), 8.1 being the deviation of -9 and 7 with divisor n - 1.
    expect(power).toBeCloseTo(0.782, 2);
    expect(guardMetric(uneven, 'calls', 0).power).toBe(null);
  });
});
