import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anySettings } from './documents.fixture.ts';
import { looserThan } from './permissions.ts';
import { Permissions } from './schema.ts';

const options = { seed: 3, numRuns: 500 };
const anyPermissions = anySettings.map(({ permissions }) => permissions);
const permissions = (value: object) => Permissions.parse(value);
const neverLooser = (before: Permissions, after: Permissions) => looserThan(before, after).length === 0;

/** Every call that the fixture's small world can make, tried one by one. */
function allows(given: Permissions, tool: string, call: Readonly<Record<string, number>>, confirmed: boolean): boolean {
  if (given.tools && !given.tools.includes(tool)) return false;
  if (given.confirm.includes(tool) && !confirmed) return false;
  return given.limits.every((limit) => limit.tool !== tool || (call[limit.argument] ?? 0) <= limit.max);
}
const numbers = [0, 1, 2, 3, 4];
const world = ['a', 'b', 'c', 'other'].flatMap((tool) =>
  numbers.flatMap((n) =>
    numbers.flatMap((m) => [true, false].map((confirmed) => ({ tool, call: { n, m }, confirmed }))),
  ),
);

test('never looser means: every call that is allowed was allowed before', () => {
  fc.assert(
    fc.property(anyPermissions, anyPermissions, (before, after) => {
      const included = world.every(
        ({ tool, call, confirmed }) => !allows(after, tool, call, confirmed) || allows(before, tool, call, confirmed),
      );
      expect(neverLooser(before, after)).toBe(included);
    }),
    { ...options, numRuns: 10_000 },
  );
});

describe('the order', () => {
  test('is reflexive and transitive', () => {
    fc.assert(
      fc.property(anyPermissions, anyPermissions, anyPermissions, (a, b, c) => {
        expect(looserThan(a, a)).toEqual([]);
        if (neverLooser(a, b) && neverLooser(b, c)) expect(looserThan(a, c)).toEqual([]);
      }),
      options,
    );
  });
  test('more limits, more confirmations and fewer tools are never looser', () => {
    fc.assert(
      fc.property(anyPermissions, fc.nat(3), (before, max) => {
        const tighter = {
          tools: (before.tools ?? ['a', 'b']).slice(1),
          limits: [...before.limits, { tool: 'a', argument: 'n', max }],
          confirm: [...before.confirm, 'b'],
        };
        expect(looserThan(before, tighter)).toEqual([]);
      }),
      options,
    );
  });
});

test.each<[string, object, object, RegExp]>([
  ['all tools', { tools: ['a'] }, {}, /all tools are allowed, not only a/],
  ['one more tool', { tools: ['a'] }, { tools: ['a', 'b'] }, /b is allowed/],
  [
    'a higher limit',
    { limits: [{ tool: 'a', argument: 'n', max: 1 }] },
    { limits: [{ tool: 'a', argument: 'n', max: 2 }] },
    /n of a may be up to 2, not only up to 1/,
  ],
  ['no limit', { limits: [{ tool: 'a', argument: 'n', max: 1 }] }, {}, /n of a may be anything/],
  ['no confirmation', { confirm: ['a'] }, {}, /a needs no confirmation/],
])('names what is looser: %s', (_, before, after, message) => {
  expect(looserThan(permissions(before), permissions(after)).join()).toMatch(message);
});
