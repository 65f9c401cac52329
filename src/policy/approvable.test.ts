/** A night whose release nobody could approve is refused before it is paid. */
import { expect, it } from 'vitest';
import { assertApprovable } from './approvable.ts';
import { NO_POLICY } from './policy.ts';

const key = (keyid: string, principal: string, role = 'person') => ({ keyid, principal, role });
type Key = ReturnType<typeof key>;
const check = (needed: number, by: string[], signer: Key | null = null, more: Key[] = []) => {
  const policy = { ...NO_POLICY, mode: 'propose' as const, approval: { needed, by } };
  const keys = [...(signer === null ? [] : [signer]), ...more].map((entry) => ({ entry }));
  return () => assertApprovable(policy, { env: 'shop', signer, keys: { keys } });
};

it.each<[string, () => void, RegExp]>([
  ['fewer names than approvals', check(2, ['kim']), /needed is 2, and approval.by names 1 \(kim\)/],
  ['one name twice', check(2, ['kim', 'kim']), /names 1 \(kim\)/],
  ['the only name signs the night', check(1, ['kim'], key('a', 'kim')), /kim's key signs this night/],
  ['one of two needed names signs it', check(2, ['kim', 'lee'], key('a', 'kim')), /names 1 of the 2 needed/],
])('%s', (_, night, message) => {
  expect(night).toThrow(message);
});

it.each<[string, () => void]>([
  ['as many names as approvals', check(2, ['kim', 'lee'])],
  ['anyone may approve', check(5, [])],
  ['a bot of the same name signs', check(1, ['kim'], key('a', 'kim', 'bot'))],
  ['the person has a second key', check(1, ['kim'], key('a', 'kim'), [key('b', 'kim')])],
  ['somebody else is left', check(1, ['kim', 'lee'], key('a', 'kim'))],
  ['the signer is not named', check(1, ['lee'], key('a', 'kim'))],
])('%s is fine', (_, night) => {
  expect(night).not.toThrow();
});

it('asks nothing of a policy that needs no approval', () => {
  expect(() =>
    assertApprovable(
      { ...NO_POLICY, approval: { needed: 3, by: ['kim'] } },
      {
        env: 'shop',
        signer: null,
        keys: { keys: [] },
      },
    ),
  ).not.toThrow();
});
