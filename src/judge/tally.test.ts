/** The figures of a judge on counts that can be checked by hand. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pairedInterval, scoreInterval } from '../gate/interval.ts';
import {
  agreementOf,
  type JudgedPair,
  majority,
  preferenceOf,
  rankingOf,
  tallyPair,
  tallyVotes,
  type Vote,
} from './tally.ts';

let tasks = 0;
const of = (forward: Vote | Vote[], backward: Vote | Vote[], more: Partial<JudgedPair> = {}): JudgedPair => ({
  task: `t${++tasks}`,
  trial: 0,
  forward: [forward].flat(),
  backward: [backward].flat(),
  rewards: null,
  ...more,
});
const forA = (more?: Partial<JudgedPair>) => of('first', 'second', more);
const forB = (more?: Partial<JudgedPair>) => of('second', 'first', more);
const times = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make);

test.each<[Vote[], ReturnType<typeof majority>]>([
  [['first', 'first', 'second'], 'first'],
  [['second', 'unparsable', 'unanswered'], 'second'],
  [['first', 'second'], 'same'],
  [['same', 'first', 'second', 'same'], 'same'],
  [['first', 'first', 'same', 'same', 'second'], 'same'],
  [['unparsable', 'unanswered'], null],
  [[], null],
])('the majority of %j is %s', (votes, expected) => expect(majority(votes)).toBe(expected));

test.each<[Vote, Vote, number | null, boolean]>([
  ['first', 'second', 1, false],
  ['second', 'first', -1, false],
  ['same', 'same', 0, false],
  ['first', 'first', 0, true],
  ['second', 'second', 0, true],
  ['first', 'same', 0, true],
  ['same', 'first', 0, true],
  ['unparsable', 'first', null, false],
  ['first', 'unanswered', null, false],
])('%s, and %s the other way round', (forward, backward, preference, positional) =>
  expect(preferenceOf(of(forward, backward))).toEqual({ preference, positional }),
);

test('preferences, ties and their interval', () => {
  const tally = tallyPair([
    ...times(6, forA),
    ...times(2, forB),
    of('first', 'first'),
    of([], []),
    of('same', 'same'),
    of('unparsable', 'first'),
  ]);
  const differences = [1, 1, 1, 1, 1, 1, -1, -1, 0, 0, 0];
  expect(tally).toEqual({
    comparisons: 12,
    preferredA: 6,
    preferredB: 2,
    ties: 3,
    identical: 1,
    positional: 1,
    undecided: 1,
    effect: { mean: expect.closeTo(4 / 11, 10), ...pairedInterval(differences) },
  });
  expect(tallyPair([of('unparsable', 'unparsable')]).effect).toBeNull();
  expect(tallyPair([]).effect).toBeNull();
});

test('trials of a task, and tasks of a family, count once', () => {
  const trials = [...times(3, () => forA({ task: 'x' })), forB({ task: 'y' })];
  expect(tallyPair(trials).effect).toEqual({ mean: 0, ...pairedInterval([1, -1]) });
  const family = [...times(3, () => forA({ family: 'f' })), forB()];
  expect(tallyPair(family).effect).toEqual({ mean: 0, ...pairedInterval([1, -1]) });
});

test('position bias and self-consistency are of answers alone', () => {
  const votes = tallyVotes([
    of(['first', 'first', 'first'], ['first', 'unparsable', 'first']),
    of(['same', 'second', 'first'], ['unparsable', 'unanswered', 'first']),
    of([], []),
  ]);
  expect(votes).toMatchObject({ votes: 12, first: 7, second: 1, same: 1, unparsable: 2, unanswered: 1 });
  expect(votes.positionBias).toBeCloseTo(7 / 8 - 0.5, 10);
  // Two of three orders with two answers or more repeat themselves.
  expect(votes.selfConsistency).toBeCloseTo(2 / 3, 10);
  expect(tallyVotes([of('same', 'same')])).toMatchObject({ positionBias: null, selfConsistency: null });
});

describe('agreement', () => {
  test('is of those whose rewards differ and where the judge chose', () => {
    const agreement = agreementOf([
      ...times(8, () => forA({ rewards: [1, 0] })),
      ...times(2, () => forB({ rewards: [1, 0.5] })),
      of('first', 'first', { rewards: [0, 1] }),
      of('unparsable', 'first', { rewards: [0, 1] }),
      forA({ rewards: [1, 1] }),
      forB(),
    ]);
    const wilson = scoreInterval([...times(8, () => [1]), [0], [0]]);
    expect(agreement).toEqual({ differing: 12, right: 8, wrong: 2, ties: 1, undecided: 1, share: wilson });
    expect([wilson.score, wilson.low, wilson.high].map((x) => x.toFixed(3))).toEqual(['0.800', '0.490', '0.943']);
  });

  test('is unknown without rewards, and has no share where none differ', () => {
    expect(agreementOf([forA(), forB()])).toBeNull();
    expect(agreementOf([forA({ rewards: [1, 1] })])).toMatchObject({ differing: 0, share: null });
  });
});

const vote = fc.constantFrom<Vote>('first', 'second', 'same', 'unparsable', 'unanswered');
const reward = fc.constantFrom(0, 0.5, 1);
const comparison = fc.integer({ min: 1, max: 3 }).chain((count) =>
  fc.record({
    task: fc.constantFrom('a', 'b', 'c', 'd'),
    trial: fc.constant(0),
    forward: fc.array(vote, { minLength: count, maxLength: count }),
    backward: fc.array(vote, { minLength: count, maxLength: count }),
    rewards: fc.option(fc.tuple(reward, reward), { nil: null }),
  }),
);

test('named the other way round, every preference changes its sign and nothing else', () => {
  fc.assert(
    fc.property(fc.array(comparison, { maxLength: 20 }), (comparisons) => {
      const swapped = comparisons.map(
        ({ forward, backward, rewards, ...rest }): JudgedPair => ({
          ...rest,
          forward: backward,
          backward: forward,
          rewards: rewards && [rewards[1], rewards[0]],
        }),
      );
      const [one, other] = [tallyPair(comparisons), tallyPair(swapped)];
      expect({ ...other, effect: null }).toEqual({
        ...one,
        preferredA: one.preferredB,
        preferredB: one.preferredA,
        effect: null,
      });
      const near = (value: number | undefined) => (value === undefined ? undefined : expect.closeTo(-value, 10));
      expect([other.effect?.mean, other.effect?.low, other.effect?.high]).toEqual(
        [one.effect?.mean, one.effect?.high, one.effect?.low].map(near),
      );
      expect(agreementOf(swapped)).toEqual(agreementOf(comparisons));
      expect(tallyVotes(swapped)).toEqual(tallyVotes(comparisons));
    }),
  );
});

test('versions are ranked by their mean preference over the others', () => {
  const ahead = (count: number) => tallyPair([...times(count, forA), ...times(10 - count, forB)]);
  const pairs = [
    { a: 0, b: 1, tally: ahead(2) },
    { a: 0, b: 2, tally: ahead(5) },
    { a: 1, b: 2, tally: ahead(9) },
  ];
  expect(rankingOf(3, pairs)).toEqual([
    { version: 1, mean: 0.7 },
    { version: 0, mean: -0.3 },
    { version: 2, mean: -0.4 },
  ]);
  expect(rankingOf(2, [{ a: 0, b: 1, tally: tallyPair([of('unparsable', 'same')]) }])).toBeNull();
});
