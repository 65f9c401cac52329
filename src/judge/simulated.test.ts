/** The simulated judge errs as declared, and depends on the request alone. */
import { expect, test } from 'vitest';
import { UsageError } from '../errors.ts';
import { JUDGES, type JudgeProfile, judgeProfile, simulatedJudge } from './simulated.ts';

async function sharesOf(profile: JudgeProfile, truth: readonly [number, number], count = 2000) {
  const judge = simulatedJudge(profile);
  const shares = { first: 0, second: 0, same: 0 };
  for (let seed = 0; seed < count; seed++) {
    const { content } = await judge.open(truth).complete({ messages: [], tools: [], seed });
    shares[(JSON.parse(content) as { better: keyof typeof shares }).better] += 1 / count;
  }
  return shares;
}

test.each(Object.values(JUDGES))('$name is right, and takes the first place, as often as declared', async (profile) => {
  const unsure = 1 - profile.right;
  const [better, worse] = [await sharesOf(profile, [1, 0]), await sharesOf(profile, [0, 1])];
  expect(Math.abs(better.first - (profile.right + unsure * profile.first))).toBeLessThan(0.03);
  expect(Math.abs(worse.second - (profile.right + unsure * (1 - profile.first)))).toBeLessThan(0.03);
});

test('equal runs are the same to it, and equal questions get equal answers', async () => {
  expect(await sharesOf({ name: 'x', right: 0, first: 1 }, [0.5, 0.5], 50)).toMatchObject({ first: 0, second: 0 });
  const model = () => simulatedJudge(judgeProfile('biased')).open([0, 1]);
  const request = { messages: [], tools: [], seed: 4 };
  expect(await model().complete(request)).toEqual(await model().complete(request));
});

test('it needs the truth, and its profiles have names', () => {
  expect(() => simulatedJudge(judgeProfile('fair')).open(null)).toThrow(/nothing scores.*--judge-model openai:NAME/);
  for (const name of ['kind', 'toString', '']) expect(() => judgeProfile(name)).toThrow(UsageError);
});
