/** Error rates of looks, over the whole life of a branch. */
import { describe, expect, test } from 'vitest';
import { randomOf } from '../digest.ts';
import { alphaOf, RELEASE } from './rules.ts';

const place = (looks: number, sinceRelease = looks, releases = 0) => ({ looks, sinceRelease, releases });

test('looks at nothing but useless branches release .02 (1 + ln L) of them on average, at most', () => {
  let sum = 0;
  for (let look = 1; look <= 365; look++) {
    sum += alphaOf(place(look - 1));
    expect(sum).toBeLessThanOrEqual(RELEASE.alpha * (1 + Math.log(look)) + 1e-9);
  }
  expect(sum).toBeLessThan(0.13);
  for (const looks of [-1, 1.5, Number.NaN]) expect(() => alphaOf(place(looks))).toThrow(RangeError);
});

describe('e-LOND', () => {
  test('spends the rate over all looks that there will ever be, and more after a release', () => {
    let sum = 0;
    for (let looks = 0; looks < 100_000; looks++) sum += alphaOf(place(looks), 0.1);
    expect(sum).toBeGreaterThan(0.095);
    expect(sum).toBeLessThanOrEqual(0.1);
    expect(alphaOf(place(4, 4, 3), 0.1) / alphaOf(place(4), 0.1)).toBeCloseTo(4, 9);
    expect(alphaOf(place(9, 0, 1), 0.1)).toBe(alphaOf(place(9, 7, 1), 0.1));
    for (const rate of [0, 1, Number.NaN]) expect(() => alphaOf(place(0), rate)).toThrow(RangeError);
  });

  test('holds the share of false releases, whatever looks are true gains', () => {
    const random = randomOf('e-LOND');
    const runs = 2000;
    let shares = 0;
    for (let run = 0; run < runs; run++) {
      let releases = 0;
      let wrong = 0;
      for (let looks = 0; looks < 60; looks++) {
        const alpha = alphaOf(place(looks, 0, releases), 0.2);
        const useless = random() < 0.5;
        // A p value is uniform where nothing helps; a true gain is found half the time.
        if (random() >= (useless ? alpha : 0.5)) continue;
        releases += 1;
        if (useless) wrong += 1;
      }
      shares += wrong / Math.max(1, releases);
    }
    expect(shares / runs).toBeGreaterThan(0.01);
    expect(shares / runs).toBeLessThanOrEqual(0.2);
  });
});
