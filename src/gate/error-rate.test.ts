/**
 * Seeded nights on populations without an effect: releases stay within alpha, and a real effect is
 * found.
 */
import { expect, test } from 'vitest';
import { countReleases, futilityOf, tolerated } from '../../bench/gate/measure.ts';
import { better, catastrophe, families, flips, halves, noise } from '../../bench/gate/panels.ts';
import { RELEASE } from './rules.ts';

/** `LOOKS=2000` for as many. */
const NIGHTS = Number(process.env.LOOKS ?? 500);

test.each([flips(100), noise(60, 1), noise(60, 4), halves(60, 4), catastrophe(60), families(12, true)])(
  'no effect, at most alpha released: $name',
  (world) => {
    expect(countReleases(world, NIGHTS, 11)).toBeLessThanOrEqual(tolerated(NIGHTS, RELEASE.alpha));
  },
);

test('families that nobody declared break the bound, and this test would see a broken bound', () => {
  expect(countReleases(families(12, false), NIGHTS, 11)).toBeGreaterThan(tolerated(NIGHTS, RELEASE.alpha) * 2);
});

test.each([
  [better(100, 1, 0.2), 0.85],
  [better(100, 4, 0.2), 0.85],
  [better(60, 1, 0.2), 0.62],
])('a real effect is released: $0.name', (world, share) => {
  expect(countReleases(world, 300, 12) / 300).toBeGreaterThan(share);
});

test('an effect in the wrong direction is never released', () => {
  const world = better(60, 4, 0.1);
  const worse = {
    ...world,
    night: (random: () => number) => world.night(random).map((p) => ({ ...p, before: p.after, after: p.before })),
  };
  expect(countReleases(worse, 500, 13)).toBeLessThanOrEqual(1);
});

test('ending futile looks costs no release to speak of and saves tasks where there is nothing to find', () => {
  const found = futilityOf(better(100, 1, 0.1), 300, 14);
  expect(found.released).toBeGreaterThan(130);
  expect(found.lost).toBeLessThanOrEqual(3);
  expect(futilityOf(noise(100, 4), 200, 14).tasksPlayed).toBeLessThan(80);
});
