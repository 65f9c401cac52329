/** A score is checked where it comes in: nothing but a number from 0 to 1 is one. */
import { UsageError } from '../errors.ts';
import type { Score } from '../types.ts';

/** A value as a person would name it, e.g. `a promise`, `"1"`, `NaN`, `a list`. */
export function kindOf(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}...` : value);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return 'a function';
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return 'a list';
  return 'then' in value && typeof value.then === 'function' ? 'a promise' : 'an object';
}

const membersOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};

/** What is wrong with a scorer's value, and what was expected; null for a score. */
function faultOf(value: unknown): string | null {
  const { reward, checks = [], violation } = membersOf(value);
  if (reward === undefined) return `${kindOf(value)}; expected {reward: 0 to 1, checks: [...]}`;
  if (typeof reward !== 'number' || !(reward >= 0 && reward <= 1))
    return `a reward of ${kindOf(reward)}; expected a number from 0 to 1`;
  if (!Array.isArray(checks)) return `${kindOf(checks)} as checks; expected a list`;
  if (violation !== undefined && typeof violation !== 'boolean')
    return `${kindOf(violation)} as violation; expected true or false`;
  for (const check of checks) {
    const { name, passed, detail = '' } = membersOf(check);
    if (typeof name !== 'string' || typeof passed !== 'boolean' || typeof detail !== 'string')
      return `a check with the name ${kindOf(name)}, passed ${kindOf(passed)} and the detail ${kindOf(detail)}; expected a text, true or false, and a text or none`;
  }
  return null;
}

/** Throws UsageError, which names `whose` scorer it is, for anything but a score. */
export function checkedScore(value: unknown, whose: string): Score {
  const fault = faultOf(value);
  if (fault !== null)
    throw new UsageError(`${whose} returned ${fault}. Correct the scorer, then type the same command again`);
  const { reward, checks = [], violation } = value as Score;
  return {
    // No record holds -0.
    reward: reward + 0,
    // Other members may be what no record can hold.
    checks: checks.map(({ name, passed, detail }) =>
      detail === undefined ? { name, passed } : { name, passed, detail },
    ),
    ...(violation === undefined ? {} : { violation }),
  };
}
