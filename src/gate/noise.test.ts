/** Determinism is measured on 20 tasks, noise on whatever was repeated. */
import { expect, test } from 'vitest';
import { isDeterministic, trialNoise } from './noise.ts';

const tasks = (count: number, trials: number[]) => Array.from({ length: count }, () => trials);

test('20 tasks twice, all equal: deterministic', () => {
  expect(isDeterministic(tasks(20, [1, 1]))).toBe(true);
  expect(isDeterministic([...tasks(19, [0, 0]), [0, 1]])).toBe(false);
  expect(isDeterministic(Array.from({ length: 20 }, (_, i) => [`trace ${i}`, `trace ${i}`]))).toBe(true);
});

test('fewer than 20 tasks show nothing', () => {
  expect(isDeterministic(tasks(19, [1, 1]))).toBe(false);
  expect(isDeterministic([])).toBe(false);
});

test('a task without a repeat, or NaN, is an error', () => {
  expect(() => isDeterministic([[1]])).toThrow(RangeError);
  expect(() => isDeterministic(tasks(20, [NaN, NaN]))).toThrow(RangeError);
  expect(() => trialNoise([[2, 0]])).toThrow(RangeError);
});

test('noise is the mean variance within tasks', () => {
  expect(trialNoise([[0, 1], [1, 1], [0]])).toBe(0.25);
  expect(trialNoise([[1], [0]])).toBe(0);
});
