/** Trial seeds: shared by the arms of a pair, different for everything else. */
import { expect, test } from 'vitest';
import { trialSeed } from './seeds.ts';

const key = { seed: 7, night: 1, tier: 'dev', task: 't-1', trial: 0 };

test('the same trial has the same seed, whichever harness plays it', () => {
  expect(trialSeed(key)).toBe(trialSeed({ ...key }));
});

test('run, night, tier, task and trial each change the seed', () => {
  const seeds = [
    key,
    { ...key, seed: 8 },
    { ...key, night: 2 },
    { ...key, tier: 'sealed' },
    { ...key, task: 't-2' },
    { ...key, trial: 1 },
  ].map(trialSeed);
  expect(new Set(seeds).size).toBe(seeds.length);
});

test('parts do not run into each other', () => {
  expect(trialSeed({ ...key, task: 't-1', trial: 10 })).not.toBe(trialSeed({ ...key, task: 't-11', trial: 0 }));
});

test('a seed is a 32-bit unsigned integer', () => {
  for (let trial = 0; trial < 100; trial++) {
    const seed = trialSeed({ ...key, trial });
    expect(seed >>> 0).toBe(seed);
  }
});
