/** Judges of known character: what becomes of their answers, and what each of them is asked. */
import { expect, test } from 'vitest';
import { NO_USAGE } from '../chat.ts';
import { BudgetError, InfrastructureError } from '../errors.ts';
import type { ChatRequest } from '../types.ts';
import { type CompareOptions, comparePairs, type Judge, type RunPair } from './compare.ts';
import { runOf, taskOf } from './run.fixture.ts';
import { simulatedJudge } from './simulated.ts';
import { agreementOf, tallyPair, tallyVotes } from './tally.ts';

/** Rewards of a and b by task. */
const pairsOf = (rewards: readonly (readonly [number, number])[]): RunPair[] =>
  rewards.map(([a, b], at) => ({
    task: taskOf(`t${at}`),
    trial: 0,
    a: runOf(`t${at}`, 'harness-a', a),
    b: runOf(`t${at}`, 'harness-bb', b),
  }));
const MIXED = Array.from({ length: 60 }, (_, at) => [at % 2, at % 3 === 0 ? 1 : 0] as const);

function judgeOf(answer: (request: ChatRequest, call: number) => string | Error) {
  const asked: ChatRequest[] = [];
  const truths: unknown[] = [];
  const judge: Judge = {
    id: 'test',
    simulated: false,
    open(truth) {
      truths.push(truth);
      return {
        async complete(request) {
          asked.push(request);
          const content = answer(request, asked.length);
          if (content instanceof Error) throw content;
          return { content, toolCalls: [], usage: NO_USAGE, model: 'm', finish: 'stop' };
        },
      };
    },
  };
  return { judge, asked, truths };
}
const options = (judge: Judge, more: Partial<CompareOptions> = {}): CompareOptions => ({
  judge,
  votes: 1,
  seed: 1,
  concurrency: 4,
  ...more,
});

test('a judge that always says first prefers nothing: every comparison is a tie, with 50 points of bias', async () => {
  const { judge } = judgeOf(() => '{"better": "first"}');
  const comparisons = await comparePairs(pairsOf(MIXED), options(judge));
  expect(tallyPair(comparisons)).toMatchObject({
    comparisons: 60,
    preferredA: 0,
    preferredB: 0,
    ties: 60,
    positional: 60,
  });
  expect(tallyPair(comparisons).effect?.mean).toBe(0);
  expect(tallyVotes(comparisons).positionBias).toBe(0.5);
  expect(agreementOf(comparisons)).toMatchObject({ right: 0, wrong: 0, ties: 30, share: null });
});

test('a judge that sees the truth agrees with the scorer in every comparison', async () => {
  const comparisons = await comparePairs(
    pairsOf(MIXED),
    options(simulatedJudge({ name: 'perfect', right: 1, first: 0.5 })),
  );
  expect(agreementOf(comparisons)).toMatchObject({ differing: 30, right: 30, wrong: 0, ties: 0, share: { score: 1 } });
  expect(tallyVotes(comparisons).positionBias).toBe(0);
});

test('the versions named the other way round get the opposite preference, to the last vote', async () => {
  const judge = simulatedJudge({ name: 'shaky', right: 0.5, first: 0.8 });
  const pairs = pairsOf(MIXED);
  const one = tallyPair(await comparePairs(pairs, options(judge, { votes: 3 })));
  const other = tallyPair(
    await comparePairs(
      pairs.map(({ a, b, ...rest }) => ({ ...rest, a: b, b: a })),
      options(judge, { votes: 3 }),
    ),
  );
  expect(other).toMatchObject({ preferredA: one.preferredB, preferredB: one.preferredA, positional: one.positional });
  expect(one.positional).toBeGreaterThan(0);
  expect(other.effect?.mean).toBeCloseTo(-(one.effect?.mean ?? Number.NaN), 10);
});

test('each order is asked once a vote, with the seeds of the votes, held to the schema, and blind', async () => {
  const { judge, asked, truths } = judgeOf(() => '{"better": "same"}');
  const [comparison] = await comparePairs(pairsOf([[1, 0]]), options(judge, { votes: 3 }));
  expect([comparison?.forward, comparison?.backward]).toEqual([Array(3).fill('same'), Array(3).fill('same')]);
  const seeds = asked.map(({ seed }) => seed);
  expect([new Set(seeds.slice(0, 3)).size, seeds.slice(0, 3)]).toEqual([3, seeds.slice(3)]);
  const texts = asked.map(({ messages }) => messages[1]?.content ?? '');
  expect(new Set(texts).size).toBe(2);
  expect(texts[0]?.indexOf('closed')).toBeLessThan(texts[0]?.indexOf('changed nothing') ?? 0);
  expect(texts[3]?.indexOf('closed')).toBeGreaterThan(texts[3]?.indexOf('changed nothing') ?? 0);
  expect(JSON.stringify(asked)).not.toMatch(/harness-|Skills of|The rules of|reward/);
  expect(asked[0]?.schema).toMatchObject({ required: ['better'] });
  expect(truths.every((truth) => truth === null)).toBe(true);
});

test('runs that look the same are a tie that nobody is asked about', async () => {
  const { judge, asked } = judgeOf(() => '{"better": "first"}');
  const run = runOf('t0', 'h', 1);
  const comparisons = await comparePairs(
    [{ task: taskOf('t0'), trial: 0, a: run, b: { ...run, harness: 'i' } }],
    options(judge),
  );
  expect([asked.length, tallyPair(comparisons)]).toMatchObject([0, { ties: 1, identical: 1, positional: 0 }]);
});

test('what cannot be read is asked for once more, then counted, and is neither a win nor a tie', async () => {
  const { judge, asked } = judgeOf(({ messages }) =>
    messages[1]?.content.includes('Request of t0') ? 'The second, I think.' : '{"better": "A"}',
  );
  const comparisons = await comparePairs(
    pairsOf([
      [1, 0],
      [0, 1],
    ]),
    options(judge),
  );
  expect(asked).toHaveLength(8);
  expect(tallyPair(comparisons)).toMatchObject({ preferredA: 0, preferredB: 0, ties: 0, undecided: 2, effect: null });
  expect(tallyVotes(comparisons)).toMatchObject({ votes: 4, unparsable: 4, unanswered: 0 });
  expect(agreementOf(comparisons)).toMatchObject({ differing: 2, right: 0, wrong: 0, ties: 0, undecided: 2 });

  const mended = judgeOf(() => 'Sure: ```json\n{better: "second"}\n```');
  expect((await comparePairs(pairsOf([[1, 0]]), options(mended.judge)))[0]?.forward).toEqual(['second']);
});

test('an endpoint that skips one answer loses that answer; one that is gone ends the comparison', async () => {
  const gap = judgeOf((_, call) => (call === 2 ? new InfrastructureError('no answer') : '{"better": "first"}'));
  const comparisons = await comparePairs(
    pairsOf([
      [1, 0],
      [0, 1],
    ]),
    options(gap.judge, { concurrency: 1 }),
  );
  expect(tallyVotes(comparisons)).toMatchObject({ votes: 4, unanswered: 1, first: 3 });
  expect(tallyPair(comparisons)).toMatchObject({ undecided: 1, ties: 1 });

  const gone = judgeOf(() => new InfrastructureError('connection refused'));
  await expect(comparePairs(pairsOf(MIXED), options(gone.judge, { concurrency: 1 }))).rejects.toThrow(
    /5 consecutive questions.*connection refused.*type the same command again/,
  );
  expect(gone.asked).toHaveLength(5);
});

test('a cap that is reached stops the asking, and progress counts to the end', async () => {
  const { judge, asked } = judgeOf(() => '{"better": "same"}');
  const before = () => {
    if (asked.length >= 3) throw new BudgetError('the cap is reached');
  };
  await expect(comparePairs(pairsOf(MIXED), options(judge, { concurrency: 1, before }))).rejects.toThrow(BudgetError);
  expect(asked).toHaveLength(3);
  const seen: number[][] = [];
  await comparePairs(pairsOf([[1, 0]]), options(judge, { onVote: (done, total) => seen.push([done, total]) }));
  expect(seen).toEqual([
    [1, 2],
    [2, 2],
  ]);
});

test('nothing is known of agreement where nothing was scored', async () => {
  const { judge } = judgeOf(() => '{"better": "same"}');
  const pair = { task: taskOf('t'), trial: 0, a: runOf('t', 'a', 1, false), b: runOf('t', 'bb', 0, false) };
  expect(agreementOf(await comparePairs([pair], options(judge)))).toBeNull();
});
