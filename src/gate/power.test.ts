/**
 * Power: the table of `docs/gate.md#assumed-population`, simulation against the exact sum, and the
 * prediction from dev.
 */
import { expect, test } from 'vitest';
import { countReleases } from '../../bench/gate/measure.ts';
import { better } from '../../bench/gate/panels.ts';
import { randomOf } from '../digest.ts';
import { drawDifferences, sharesOf } from './model-panel.ts';
import { detectableEffect, predictedPower, releaseProbability } from './power.ts';

test.each([
  [40, [3, 20, 50, 70]],
  [60, [10, 36, 70, 89]],
  [100, [28, 61, 92, 99]],
])('sign test, %i tasks: the table within 2 points', (tasks, shares) => {
  for (const [index, effect] of [0.05, 0.1, 0.2, 0.3].entries())
    expect(Math.abs(releaseProbability({ tasks, trials: 1, effect }) * 100 - (shares[index] as number))).toBeLessThan(
      2,
    );
});

test.each([
  [40, [4, 17, 52, 75]],
  [60, [9, 30, 73, 91]],
  [100, [20, 55, 94, 100]],
])('bet with four trials, %i tasks: the table within 7 points (400 draws)', (tasks, shares) => {
  for (const [index, effect] of [0.05, 0.1, 0.2, 0.3].entries())
    expect(Math.abs(releaseProbability({ tasks, trials: 4, effect }) * 100 - (shares[index] as number))).toBeLessThan(
      7,
    );
});

test.each([
  [100, 1, 0.15],
  [60, 1, 0.25],
  [40, 1, 0.36],
  [100, 4, 0.15],
  [60, 4, 0.24],
])('%i tasks x %i find %d with 80 %% power', (tasks, trials, effect) => {
  expect(Math.abs(detectableEffect({ tasks, trials }) - effect)).toBeLessThanOrEqual(0.02);
});

test('the exact sum agrees with playing the gate', () => {
  const played = countReleases(better(60, 1, 0.2), 1000, 21) / 1000;
  expect(Math.abs(played - releaseProbability({ tasks: 60, trials: 1, effect: 0.2 }))).toBeLessThan(0.045);
});

test('no effect is released with at most alpha, more tasks and fewer losses have more power', () => {
  for (const trials of [1, 4]) {
    expect(releaseProbability({ tasks: 100, trials, effect: 0, noise: 0.12 })).toBeLessThanOrEqual(0.03);
    const power = (tasks: number, betterShare = 0.8) => releaseProbability({ tasks, trials, effect: 0.1, betterShare });
    expect(power(100)).toBeGreaterThan(power(50));
    expect(power(100, 1)).toBeGreaterThan(power(100));
  }
});

test('five win-or-lose tasks can never release', () => {
  expect(detectableEffect({ tasks: 5, trials: 1 })).toBe(Infinity);
  expect(detectableEffect({ tasks: 6, trials: 1 })).toBeLessThanOrEqual(1);
});

test('the assumed population has the effect that was asked for', () => {
  for (const [effect, noise] of [
    [0.1, 0],
    [0.1, 0.12],
    [0.5, 0.12],
    [0.9, 0.2],
  ] as const) {
    const model = { effect, trials: 4, noise, betterShare: 0.8 };
    const drawn = drawDifferences(model, 40_000, randomOf('model panel test', effect, noise));
    expect(drawn.reduce((sum, d) => sum + d, 0) / drawn.length).toBeCloseTo(effect, 1.7);
    const { better: up, worse, coin } = sharesOf(model);
    expect(up + worse + coin).toBeLessThanOrEqual(1 + 1e-12);
  }
});

const dev = (better: number, worse: number, same: number): number[] => [
  ...new Array<number>(better).fill(1),
  ...new Array<number>(worse).fill(-1),
  ...new Array<number>(same).fill(0),
];

test('dev predicts: a clear gain yes, a weak one no, none 0', () => {
  const predict = (differences: number[]) => predictedPower({ differences, tasks: 100, trials: 1, binary: true });
  expect(predict(dev(30, 5, 65))).toBeGreaterThan(0.8);
  expect(predict(dev(8, 5, 87))).toBeLessThan(0.2);
  expect(predict(dev(5, 5, 90))).toBe(0);
  expect(predict(dev(0, 9, 91))).toBe(0);
});

test('a selected dev effect is shrunk: the prediction is below the power at the effect seen', () => {
  const seen = releaseProbability({ tasks: 100, trials: 1, effect: 0.1, betterShare: 0.8 });
  // 14 better, 4 worse of 100: +10 points, z about 2.4.
  const predicted = predictedPower({ differences: dev(14, 4, 82), tasks: 100, trials: 1, binary: true });
  expect(predicted).toBeLessThan(seen);
  expect(predicted).toBeGreaterThan(0.2);
});

test('several trials on the panel are less noisy than one on dev', () => {
  const differences = dev(20, 8, 12).map((d) => d / 2);
  const predict = (trials: number) => predictedPower({ differences, tasks: 60, trials, binary: false });
  expect(predict(8)).toBeGreaterThan(predict(2));
});

test('a prediction is a function of its arguments', () => {
  const prediction = { differences: dev(14, 4, 82), tasks: 80, trials: 4, binary: false };
  expect(predictedPower(prediction)).toBe(predictedPower({ ...prediction }));
});

test('questions out of range are errors', () => {
  expect(() => predictedPower({ differences: [], tasks: 10, trials: 1, binary: true })).toThrow(RangeError);
  expect(() => predictedPower({ differences: [NaN], tasks: 10, trials: 1, binary: true })).toThrow(RangeError);
  for (const bad of [
    { tasks: 0 },
    { trials: 0 },
    { effect: 1.1 },
    { effect: NaN },
    { noise: 0.3 },
    { betterShare: 0.5 },
  ])
    expect(() => releaseProbability({ tasks: 10, trials: 1, effect: 0.1, ...bad })).toThrow(RangeError);
});
