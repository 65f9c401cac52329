/** A stored decision gives the same verdict again, to the byte. */
import { expect, test } from 'vitest';
import { noise } from '../../bench/gate/panels.ts';
import { canonicalJson, randomOf } from '../digest.ts';
import { decideKeep, decidePrune } from './keep.ts';
import { type GateRecord, recompute } from './record.ts';
import { decideRelease } from './release.ts';

const pairs = noise(40, 4).night(randomOf('record test'));

test('recompute gives the verdict of each gate, after a trip over disk', () => {
  const options = { planned: 40, rollouts: 320, costUsd: 0.1 + 0.2, voids: 0 };
  const spending = { rollouts: 40, costUsd: 0.25 };
  const cases = [
    [{ stage: 'keep', pairs, options }, decideKeep(pairs, options)],
    [{ stage: 'prune', pairs, options: spending }, decidePrune(pairs, spending)],
    [{ stage: 'release', pairs, options }, decideRelease(pairs, options)],
  ] as const;
  for (const [record, verdict] of cases) {
    const stored = JSON.parse(canonicalJson(record)) as GateRecord;
    expect(canonicalJson(recompute(stored))).toBe(canonicalJson(verdict));
  }
});

test('a known record has a known verdict, on every machine', () => {
  const record: GateRecord = {
    stage: 'release',
    pairs: [0.25, 0.5, 1, 0, 0.75, -0.25].map((gain, index) => ({
      task: `t${index}`,
      tags: ['a'],
      before: [0.25],
      after: [0.25 + Math.min(gain, 0.75)],
    })),
    options: { planned: 6, alpha: 0.1, rollouts: 12, protectedTags: ['a'] },
  };
  expect(canonicalJson(recompute(record))).toMatchInlineSnapshot(
    `"{"alpha":0.1,"better":4,"costUsd":0,"decision":"inconclusive","detail":"not shown to be better: +33.3 points (95 % interval -9.6 to +59.6), wealth 4.08 against 10, 4 better / 1 worse / 1 same, 12 rollouts, $0.00; a: +33.3 points on 6 tasks (73 % power against a loss of 20 points)","effect":0.333333333333,"high":0.596475956087,"low":-0.0964759560874,"reason":"inconclusive","rollouts":12,"rules":"gate/5","same":1,"stage":"release","statistic":4.08167325989,"tasks":6,"test":"star","voids":0,"worse":1}"`,
  );
});

test('one changed score changes the verdict', () => {
  const record: GateRecord = { stage: 'release', pairs, options: { planned: 40 } };
  const [first, ...rest] = pairs;
  if (!first) throw new Error('no pair');
  const changed = { ...record, pairs: [{ ...first, after: first.after.map((reward) => 1 - reward) }, ...rest] };
  expect(canonicalJson(recompute(changed))).not.toBe(canonicalJson(recompute(record)));
});

test('a malformed record is refused', () => {
  const bad = { stage: 'release', pairs: [], options: { planned: 40 } } as unknown as GateRecord;
  expect(() => recompute(bad)).toThrow();
  expect(() => recompute({ stage: 'merge', pairs, options: {} } as unknown as GateRecord)).toThrow();
});
