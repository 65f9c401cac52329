/** A look at the sealed panel: with which alpha it is made. */
import { expect, test } from 'vitest';
import { scriptedAgent } from '../runtime/scripted-agent.fixture.ts';
import type { Task } from '../types.ts';
import { done, harness, lamp, nightOf, press, silent } from './lamp.fixture.ts';
import type { NightContext } from './night.ts';
import { playBaseline } from './race.ts';
import { look } from './release.ts';

const agent = scriptedAgent((request, index) =>
  index === 0 && JSON.stringify(request.messages).includes('Always press') ? press : done,
);
const earlier = (decision: 'accepted' | 'inconclusive') => ({
  kind: 'release',
  gate: { stage: 'release', pairs: [] },
  data: { panel: 'another' },
  verdict: { decision, alpha: 0.02 },
});

/** alpha of the look that follows `decisions`. */
async function alphaAfter(decisions: readonly object[]): Promise<number | undefined> {
  let alpha: number | undefined;
  const release = harness('Serve.');
  const night = nightOf(agent, {
    sealed: lamp.tasks as unknown as readonly Task<'sealed'>[],
    decisions: decisions as unknown as NightContext['decisions'],
    recorder: {
      ...silent,
      async release({ gate }) {
        if (gate.stage === 'release') alpha = gate.options.alpha;
        return 'commit';
      },
    },
    release,
    releases: 1,
  });
  const head = harness('Always press.');
  const { baseline: releaseBaseline, deterministic } = await playBaseline(night, release);
  const { baseline } = await playBaseline(night, head);
  const { verdict } = await look(night, { head, baseline, releaseBaseline, kept: [], deterministic });
  expect(verdict).toMatchObject({ decision: 'accepted', alpha });
  return alpha;
}

test('without a gain there is no look, and what it would be compared with is named', async () => {
  const release = harness('Serve.');
  for (const [releases, named] of [
    [0, 'first harness'],
    [1, 'release in force'],
  ] as const) {
    const night = nightOf(agent, { release, releases });
    const { baseline, deterministic } = await playBaseline(night, release);
    const branch = { head: release, baseline, releaseBaseline: baseline, kept: [], deterministic };
    const { outcome, verdict } = await look(night, branch);
    expect(outcome).toBe(`the branch equals the ${named}, so there is nothing to test`);
    expect(verdict).toBeNull();
  }
});

test('the j-th look since a release has alpha .02 / j, and a release starts it again', async () => {
  const [missed, released] = [earlier('inconclusive'), earlier('accepted')];
  expect(await alphaAfter([])).toBe(0.02);
  expect(await alphaAfter([missed])).toBe(0.01);
  expect(await alphaAfter([missed, missed, missed])).toBe(0.005);
  expect(await alphaAfter([missed, released])).toBe(0.02);
});
