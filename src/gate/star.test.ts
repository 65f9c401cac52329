/**
 * The STaR bet: check values (`docs/gate.md#star-bet`), an independent transcription, and its
 * martingale property.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { starBet, wealthSoFar } from './star.ts';

const repeat = (count: number, value: number): number[] => new Array<number>(count).fill(value);

test.each([
  ['ten +.5', repeat(10, 0.5), 48.74],
  ['twenty 1, 0, 1, 0, ...', Array.from({ length: 20 }, (_, i) => (i + 1) % 2), 54.84],
  ['forty +.25', repeat(40, 0.25), 50.95],
  ['eight +1, two -1, thirty 0', [...repeat(8, 1), -1, -1, ...repeat(30, 0)], 15.25],
])('%s -> %d', (_name, differences, wealth) => {
  expect(starBet(differences, 0.02).wealth).toBeCloseTo(wealth, 2);
});

test('it reaches its target at 1/alpha and stakes nothing from then on', () => {
  const won = starBet([...repeat(12, 1), ...repeat(8, -1)], 0.02);
  expect(won.reached).toBe(true);
  expect(won.wealth).toBeGreaterThanOrEqual(50);
  expect(starBet([...repeat(12, 1), ...repeat(8, 0)], 0.02)).toEqual(won);
  expect(starBet(repeat(10, 0.5), 0.02).reached).toBe(false);
});

test('it agrees with the formula written with Math.log, for any panel', () => {
  const formula = (differences: readonly number[], alpha: number): number => {
    let wealth = 1;
    let squares = 0;
    differences.forEach((d, t) => {
      const v = Math.max(0.005, (0.75 + squares) / (5 + t));
      const stake = Math.sqrt((2 * Math.log(1 / (alpha * wealth))) / ((differences.length - t) * v));
      if (wealth < 1 / alpha) wealth *= 1 + Math.min(0.95, stake) * d;
      squares += d ** 2;
    });
    return wealth;
  };
  const difference = fc.integer({ min: -4, max: 4 }).map((quarters) => quarters / 4);
  fc.assert(
    fc.property(fc.array(difference, { minLength: 1, maxLength: 40 }), (differences) => {
      const expected = formula(differences, 0.02);
      expect(Math.abs(starBet(differences, 0.02).wealth / expected - 1)).toBeLessThan(1e-9);
    }),
    { seed: 1, numRuns: 300 },
  );
});

test('the mean wealth over all equally likely panels is 1, so Ville bounds the false releases by alpha', () => {
  for (const tasks of [1, 4, 8]) {
    let sum = 0;
    let reached = 0;
    for (let code = 0; code < 3 ** tasks; code++) {
      const panel = Array.from({ length: tasks }, (_, t) => (Math.floor(code / 3 ** t) % 3) - 1);
      const bet = starBet(panel, 0.1);
      sum += bet.wealth;
      if (bet.reached) reached += 1;
    }
    expect(sum / 3 ** tasks).toBeCloseTo(1, 9);
    expect(reached / 3 ** tasks).toBeLessThanOrEqual(0.1);
  }
});

test('a very bad panel leaves a wealth of 0 and no error', () => {
  expect(starBet(repeat(1000, -1)).wealth).toBe(0);
});

test('the first part of a panel is staked as the whole panel stakes it', () => {
  const panel = [1, 0, -0.5, 1, 0.25, 0];
  const part = wealthSoFar(panel.slice(0, 3), panel.length, 0.02);
  const padded = wealthSoFar([...panel.slice(0, 3), 0, 0, 0], panel.length, 0.02);
  expect(part.logWealth).toBe(padded.logWealth);
});

test('no difference, one outside -1..1, NaN, and an alpha that is none are errors', () => {
  expect(() => starBet([])).toThrow(RangeError);
  for (const bad of [NaN, Infinity, 1.5, -1.5]) expect(() => starBet([0, bad])).toThrow(RangeError);
  for (const alpha of [0, 1, NaN, -0.1]) expect(() => starBet([1], alpha)).toThrow(RangeError);
});
