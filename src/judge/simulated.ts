/** A judge without a model: it knows the true rewards and errs at declared rates. */
import { z } from 'zod';
import { NO_USAGE } from '../chat.ts';
import { canonicalJson, randomOf } from '../digest.ts';
import { UsageError } from '../errors.ts';
import type { Judge } from './compare.ts';
import type { JudgeAnswer } from './tally.ts';

const chance = z.number().min(0).max(1);

export const JudgeProfile = z.strictObject({
  name: z.string().min(1),
  /** Chance to see which run has the higher reward; otherwise it is unsure. */
  right: chance,
  /** Chance to say "first" when it is unsure; otherwise it says "second". */
  first: chance,
});
export type JudgeProfile = z.infer<typeof JudgeProfile>;

/** `fair` is mostly right and unbiased; `biased` guesses often, mostly the first. */
export const JUDGES: Readonly<Record<string, JudgeProfile>> = {
  fair: { name: 'fair', right: 0.9, first: 0.5 },
  biased: { name: 'biased', right: 0.4, first: 0.9 },
};

/** The profile of that name. Throws UsageError that lists the known names. */
export function judgeProfile(name: string): JudgeProfile {
  const profile = Object.hasOwn(JUDGES, name) ? JUDGES[name] : undefined;
  if (profile === undefined)
    throw new UsageError(
      `--judge-model: expected sim:${Object.keys(JUDGES).join(' or sim:')}, openai:NAME or a name from models.yaml, got "sim:${name}"`,
    );
  return profile;
}

/** Draws depend on the request alone. `open` throws UsageError without rewards. */
export function simulatedJudge(profile: JudgeProfile): Judge {
  const { name, right, first: firstChance } = JudgeProfile.parse(profile);
  const id = `sim:${name}`;
  return {
    id,
    simulated: true,
    open(truth) {
      if (truth === null)
        throw new UsageError(
          'a simulated judge needs true rewards, and nothing scores this environment; name a model: --judge-model openai:NAME',
        );
      const [first, second] = truth;
      return {
        async complete(request) {
          const random = randomOf('sim judge', name, canonicalJson(request));
          const seen: JudgeAnswer = first > second ? 'first' : 'second';
          const better =
            first === second ? 'same' : random() < right ? seen : random() < firstChance ? 'first' : 'second';
          return {
            content: JSON.stringify({ better }),
            toolCalls: [],
            usage: { ...NO_USAGE, calls: 1 },
            model: id,
            finish: 'stop',
          };
        },
      };
    },
  };
}
