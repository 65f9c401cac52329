/** Who answers what an agent says. */
import { canonicalJson, sha256 } from '../digest.ts';
import type { User } from '../types.ts';

/**
 * Gives the same answers in order, whatever is asked; after the last one nobody answers.
 * @example
 * defineEnvironment({ user: scriptedUser(['The blue one.', 'Yes, go ahead.']), ... });
 */
export const scriptedUser = (answers: readonly string[]): User => ({
  id: `scripted:${sha256(canonicalJson(answers)).slice(0, 12)}`,
  answer: ({ turn }) => answers[turn - 1] ?? null,
});
