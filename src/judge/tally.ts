/** Counts a judge's votes: preferences, position bias, consistency, agreement, a ranking. */
import { mean, rounded } from '../gate/arithmetic.ts';
import { type Interval, pairedInterval, scoreInterval } from '../gate/interval.ts';
import { pairDifferences } from '../gate/pairs.ts';

export type JudgeAnswer = 'first' | 'second' | 'same';
/** `unparsable`: another reply than asked for. `unanswered`: no reply from the endpoint. */
export type Vote = JudgeAnswer | 'unparsable' | 'unanswered';

/** One task and trial of two versions a and b, judged in both orders. */
export interface JudgedPair {
  readonly task: string;
  readonly family?: string | undefined;
  readonly trial: number;
  /** Votes with a in first place; [] when the runs look the same and nothing was asked. */
  readonly forward: readonly Vote[];
  /** Votes with b in first place. */
  readonly backward: readonly Vote[];
  /** True rewards 0-1 of a and b; null where nothing scores them. */
  readonly rewards: readonly [number, number] | null;
}

/** 1: a is preferred, -1: b, 0: a tie; null: an order has no readable answer. */
export type Preference = 1 | 0 | -1 | null;

const isAnswer = (vote: Vote): vote is JudgeAnswer => vote !== 'unparsable' && vote !== 'unanswered';
const MIRRORED: Readonly<Record<JudgeAnswer, JudgeAnswer>> = { first: 'second', second: 'first', same: 'same' };

/** The most frequent answer; `same` for several; null without an answer. */
export function majority(votes: readonly Vote[]): JudgeAnswer | null {
  const count = (answer: JudgeAnswer) => votes.filter((vote) => vote === answer).length;
  const [first, second, same] = [count('first'), count('second'), count('same')];
  if (first + second + same === 0) return null;
  if (first > second && first > same) return 'first';
  return second > first && second > same ? 'second' : 'same';
}

/** Orders that disagree are a positional tie. */
export function preferenceOf({ forward, backward }: JudgedPair): { preference: Preference; positional: boolean } {
  if (forward.length === 0 && backward.length === 0) return { preference: 0, positional: false };
  const [one, other] = [majority(forward), majority(backward)];
  if (one === null || other === null) return { preference: null, positional: false };
  if (one !== MIRRORED[other]) return { preference: 0, positional: true };
  return { preference: one === 'same' ? 0 : one === 'first' ? 1 : -1, positional: false };
}

export interface PairTally {
  readonly comparisons: number;
  readonly preferredA: number;
  readonly preferredB: number;
  readonly ties: number;
  /** Ties because both runs look the same, and because the orders disagreed. */
  readonly identical: number;
  readonly positional: number;
  /** An order without a readable answer: neither a preference nor a tie. */
  readonly undecided: number;
  /** Share for a minus share for b, -1 to 1, per task or family; null when all are undecided. */
  readonly effect: ({ readonly mean: number } & Interval) | null;
}

export function tallyPair(comparisons: readonly JudgedPair[]): PairTally {
  const judged = comparisons.map((comparison) => ({ ...comparison, ...preferenceOf(comparison) }));
  const count = (holds: (one: (typeof judged)[number]) => boolean) => judged.filter(holds).length;
  return {
    comparisons: comparisons.length,
    preferredA: count(({ preference }) => preference === 1),
    preferredB: count(({ preference }) => preference === -1),
    ties: count(({ preference }) => preference === 0),
    identical: count(({ forward, backward }) => forward.length + backward.length === 0),
    positional: count(({ positional }) => positional),
    undecided: count(({ preference }) => preference === null),
    effect: effectOf(judged),
  };
}

/** Preferences as rewards of two arms, so that the gate averages trials and families. */
function effectOf(judged: readonly (JudgedPair & { preference: Preference })[]): PairTally['effect'] {
  const known = judged.filter(({ preference }) => preference !== null);
  const pairs = [...groups(known, ({ task }) => task)].map(([task, own]) => {
    const family = own[0]?.family;
    const rewards = (sign: 1 | -1) => own.map(({ preference }) => (1 + sign * (preference ?? 0)) / 2);
    return { task, tags: [], ...(family === undefined ? {} : { family }), before: rewards(-1), after: rewards(1) };
  });
  if (pairs.length === 0) return null;
  const differences = pairDifferences(pairs);
  return { mean: rounded(mean(differences)), ...pairedInterval(differences) };
}

export interface VoteTally {
  readonly votes: number;
  readonly first: number;
  readonly second: number;
  readonly same: number;
  readonly unparsable: number;
  readonly unanswered: number;
  /** Share of first places among chosen ones minus one half, -.5 to .5; null when none chose. */
  readonly positionBias: number | null;
  /** Share 0-1 of questions with two or more answers, all equal; null without such questions. */
  readonly selfConsistency: number | null;
}

export function tallyVotes(comparisons: readonly JudgedPair[]): VoteTally {
  const orders = comparisons.flatMap(({ forward, backward }) => [forward, backward]);
  const votes = orders.flat();
  const count = (wanted: Vote) => votes.filter((vote) => vote === wanted).length;
  const [first, second] = [count('first'), count('second')];
  const repeated = orders.map((order) => order.filter(isAnswer)).filter((answers) => answers.length >= 2);
  const unanimous = repeated.filter((answers) => new Set(answers).size === 1);
  return {
    votes: votes.length,
    first,
    second,
    same: count('same'),
    unparsable: count('unparsable'),
    unanswered: count('unanswered'),
    positionBias: first + second === 0 ? null : rounded(first / (first + second) - 0.5),
    selfConsistency: repeated.length === 0 ? null : rounded(unanimous.length / repeated.length),
  };
}

export interface Agreement {
  /** Comparisons whose true rewards differ. */
  readonly differing: number;
  /** Of these, the judge preferred the higher reward, the lower one, neither, or was unreadable. */
  readonly right: number;
  readonly wrong: number;
  readonly ties: number;
  readonly undecided: number;
  /** Share of right among right and wrong, per task, with Wilson's interval; null for none. */
  readonly share: ({ readonly score: number } & Interval) | null;
}

/** Null when no comparison has rewards. */
export function agreementOf(comparisons: readonly JudgedPair[]): Agreement | null {
  if (comparisons.every(({ rewards }) => rewards === null)) return null;
  const differing = comparisons.flatMap((comparison) => {
    const [a, b] = comparison.rewards ?? [0, 0];
    const { preference } = preferenceOf(comparison);
    return a === b ? [] : [{ task: comparison.family ?? comparison.task, preference, truth: a > b ? 1 : -1 }];
  });
  const chosen = differing.filter(({ preference }) => preference === 1 || preference === -1);
  const right = chosen.filter(({ preference, truth }) => preference === truth).length;
  const hits = [...groups(chosen, ({ task }) => task).values()].map((own) =>
    own.map(({ preference, truth }) => (preference === truth ? 1 : 0)),
  );
  return {
    differing: differing.length,
    right,
    wrong: chosen.length - right,
    ties: differing.filter(({ preference }) => preference === 0).length,
    undecided: differing.filter(({ preference }) => preference === null).length,
    share: hits.length === 0 ? null : scoreInterval(hits),
  };
}

export interface Ranked {
  /** Index of the version in the given list. */
  readonly version: number;
  /** Mean of its preferences over the other versions, -1 to 1. */
  readonly mean: number;
}

/** Best first, stable; null when a pair was not judged. `pairs` holds every pair once. */
export function rankingOf(
  versions: number,
  pairs: readonly { readonly a: number; readonly b: number; readonly tally: PairTally }[],
): Ranked[] | null {
  if (pairs.some(({ tally }) => tally.effect === null)) return null;
  const means = Array.from({ length: versions }, (_, version) => {
    const own = pairs.flatMap(({ a, b, tally: { effect } }) =>
      a === version ? [effect?.mean ?? 0] : b === version ? [-(effect?.mean ?? 0)] : [],
    );
    return { version, mean: rounded(mean(own)) };
  });
  return means.sort((one, other) => other.mean - one.mean);
}

function groups<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const found = new Map<string, T[]>();
  for (const item of items) found.set(keyOf(item), [...(found.get(keyOf(item)) ?? []), item]);
  return found;
}
