/** Plays seeded nights of a world and counts what the gate decides. */
import { randomOf } from '../../src/digest.ts';
import { isFutile } from '../../src/gate/futility.ts';
import { guardTag } from '../../src/gate/guards.ts';
import { pairedInterval } from '../../src/gate/interval.ts';
import { type Pair, pairDifferences } from '../../src/gate/pairs.ts';
import { decideRelease, type ReleaseOptions } from '../../src/gate/release.ts';
import { TAG } from '../../src/gate/rules.ts';
import type { World } from './panels.ts';

/**
 * Number of `nights` that the gate releases; night n of a seed is the same whatever `nights` is.
 */
export function countReleases(
  world: World,
  nights: number,
  seed: number,
  options: Partial<ReleaseOptions> = {},
): number {
  let released = 0;
  forNights(world, nights, seed, (pairs) => {
    const verdict = decideRelease(pairs, { planned: world.tasks, ...options });
    if (verdict.decision === 'accepted') released += 1;
  });
  return released;
}

/** Share of nights whose 95 % interval holds the true effect. */
export function coverage(world: World, nights: number, seed: number): number {
  let covered = 0;
  forNights(world, nights, seed, (pairs) => {
    const { low, high } = pairedInterval(pairDifferences(pairs));
    if (low <= world.effect && world.effect <= high) covered += 1;
  });
  return covered / nights;
}

/** What ending looks early costs and saves, with a look every 10 tasks. */
export function futilityOf(
  world: World,
  nights: number,
  seed: number,
): { readonly lost: number; readonly released: number; readonly tasksPlayed: number } {
  let lost = 0;
  let released = 0;
  let tasks = 0;
  forNights(world, nights, seed, (pairs) => {
    const accepted = decideRelease(pairs, { planned: world.tasks }).decision === 'accepted';
    if (accepted) released += 1;
    let played = 10;
    while (played < world.tasks && !isFutile(pairs.slice(0, played), { planned: world.tasks })) played += 10;
    tasks += Math.min(played, world.tasks);
    if (accepted && played < world.tasks) lost += 1;
  });
  return { lost, released, tasksPlayed: tasks / nights };
}

/**
 * Shares of nights in which the guard blocks a tag that all tasks of the world carry, and in which
 * its bet alone does.
 */
export function guardBlocks(
  world: World,
  nights: number,
  seed: number,
): { readonly guard: number; readonly bet: number } {
  let guard = 0;
  let bet = 0;
  forNights(world, nights, seed, (pairs) => {
    const tagged = pairs.map((pair) => ({ ...pair, tags: ['tag'] }));
    const seen = guardTag(tagged, 'tag');
    if (seen.blocks) guard += 1;
    if ((seen.against ?? 0) >= TAG.wealth) bet += 1;
  });
  return { guard: guard / nights, bet: bet / nights };
}

/**
 * Most of `nights` that may come out at rate `share` before the rate is in doubt: mean plus 3
 * standard deviations.
 */
export const tolerated = (nights: number, share: number): number =>
  Math.floor(nights * share + 3 * Math.sqrt(nights * share * (1 - share)));

function forNights(world: World, nights: number, seed: number, see: (pairs: readonly Pair[]) => void): void {
  for (let night = 0; night < nights; night++) see(world.night(randomOf('gate looks', world.name, seed, night)));
}
