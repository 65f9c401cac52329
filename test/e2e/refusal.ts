/**
 * What every refusal has in common: one sentence for a person, an exit code, and nothing
 * half-written.
 */
import { expect } from 'vitest';
import { git, leftoversOf, type Outcome, optimize, refsOf, runsOf } from './cli.ts';

/** The smallest night that may decide something. */
export const NIGHT = '--env my-shop --tasks 120 --budget 1';

/** Sentences on stderr that say `says`, never a stack trace, and nothing on stdout. */
export function expectRefusal(outcome: Outcome, code: number, ...says: RegExp[]): void {
  for (const part of says) expect(outcome.stderr).toMatch(part);
  expect(outcome.stderr).not.toMatch(/\n\s+at |internal error|undefined|\[object/);
  expect(outcome.stdout).toBe('');
  expect(outcome.code).toBe(code);
}

/** The state of all that a night would write. */
const written = (dir: string) => ({
  refs: refsOf(dir),
  runs: runsOf(dir),
  leftovers: leftoversOf(dir),
  status: git(dir, 'status', '--porcelain'),
});

/** Runs a command that must be refused, and checks that it left everything as it was. */
export const refuse = (dir: string, args: string, code: number, ...says: RegExp[]): Promise<void> =>
  refuseAs({}, dir, args, code, ...says);

/** The same with variables of the environment. */
export async function refuseAs(
  env: Readonly<Record<string, string>>,
  dir: string,
  args: string,
  code: number,
  ...says: RegExp[]
): Promise<void> {
  const before = written(dir);
  expectRefusal(await optimize(dir, args, { env }), code, ...says);
  expect(written(dir)).toEqual(before);
}
