/** The seam for free checks: each looks at one candidate before any rollout is spent on it. */
import type { AppliedCandidate } from './checks/result.ts';

/**
 * Checks are pure: equal candidates get equal answers, whenever a night is resumed or played again.
 *
 * @example
 * const short: Check = {
 *   name: 'short',
 *   check: ({ child }) => (child.skills.length > 20 ? 'more than 20 skills' : null),
 * };
 */
export interface Check {
  /** What a refusal is recorded as; lower-case words joined by `-`. */
  readonly name: string;
  /**
   * Why the candidate must not be tried, one sentence; null when it may be. What is thrown, or
   * anything else that is returned, refuses as well.
   */
  check(candidate: AppliedCandidate): string | null | Promise<string | null>;
}

/** The answer of a caller's check, whatever became of it: null passes, all else refuses. */
export async function answerOf(check: Check, candidate: AppliedCandidate): Promise<string | null> {
  const { name } = check;
  try {
    const reason: unknown = await check.check(candidate);
    if (reason === null) return null;
    if (typeof reason === 'string') return reason === '' ? `${name} refuses it without a reason` : reason.slice(0, 500);
    return `${name}: expected a reason or null, got ${typeof reason}; return null to let a candidate pass`;
  } catch (error) {
    return `${name} failed: ${error instanceof Error ? error.message : String(error)}`.slice(0, 500);
  }
}
