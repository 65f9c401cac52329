import { describe, expect, it } from 'vitest';
import { calculate } from './calculate.ts';
import { pythonJson } from './python-json.ts';
import { pythonFloat, roundCents } from './python-number.ts';

describe('python numbers', () => {
  it.each([
    [45, '45.0'],
    [-0, '-0.0'],
    [0.0001, '0.0001'],
    [0.00001, '1e-05'],
    [1.1e-13, '1.1e-13'],
    [1e16, '1e+16'],
    [123456789012345680, '1.2345678901234568e+17'],
    [1093.34, '1093.34'],
  ])('prints %d as %s', (value, text) => expect(pythonFloat(value)).toBe(text));

  it.each([
    [0.125, 0.12],
    [0.375, 0.38],
    [-0.125, -0.12],
    [2.675, 2.67],
    [1.005, 1],
  ])('rounds %d to %d', (value, rounded) => expect(roundCents(value)).toBe(rounded));

  it.each([
    ['2 ** -1', 0.5],
    ['-2 ** 2', -4],
    ['7 // 2 * 3', 9],
    ['2 ** 3 ** 2', 512],
    ['.5 + 5.', 5.5],
  ])('calculates %s', (expression, value) => expect(calculate(expression)).toBe(value));

  it.each([
    '',
    '1 2',
    '3-',
    '007',
    '(1',
    '1..2',
    '* 2',
    '2 * * 3',
    '1/0',
    '0 ** -1',
    '(-8) ** (1/3)',
    'x',
    '9 ** 9 ** 9',
  ])('refuses "%s"', (expression) => expect(() => calculate(expression)).toThrow());
});

describe('python json', () => {
  it('prints floats, escapes and sorted keys as Python does', () => {
    expect(pythonJson({ b: 1, a: ['é', null, true], c: undefined, d: { pythonInt: 0 } }, true)).toBe(
      '{"a": ["\\u00e9", null, true], "b": 1.0, "d": 0}',
    );
  });
});
