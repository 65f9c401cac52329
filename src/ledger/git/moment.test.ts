import { describe, expect, it } from 'vitest';
import { momentOf } from './moment.ts';

describe('momentOf', () => {
  it.each([
    ['2026-11-28', 'start', '2026-11-28T00:00:00.000Z'],
    ['2026-11-28', 'end', '2026-11-28T23:59:59.999Z'],
    ['2028-02-29', 'end', '2028-02-29T23:59:59.999Z'],
    ['2026-11-28T12:00', 'end', '2026-11-28T12:00:00.000Z'],
    ['2026-11-28T12:00:01.5Z', 'start', '2026-11-28T12:00:01.500Z'],
    ['2026-11-28T12:00:00+02:00', 'end', '2026-11-28T10:00:00.000Z'],
  ] as const)('%s, %s', (text, edge, expected) => {
    expect(new Date(momentOf(text, edge, 'at')).toISOString()).toBe(expected);
  });

  it.each(['2026-02-30', '2026-02-30T10:00Z', '2027-02-29', '2026-13-01', '2026-00-10'])('%s is no day', (text) => {
    expect(() => momentOf(text, 'end', 'at')).toThrow(/^at: expected a date .*; there is no such day$/);
  });

  it.each(['2026-11-28T25:00', 'yesterday', '2026-11-28Z', '2026-11-28T12', '28.11.2026', '2026-11-28 12:00', ''])(
    'refuses "%s"',
    (text) => {
      expect(() => momentOf(text, 'start', '--since')).toThrow(/^--since: expected a date such as 2026-03-03/);
    },
  );
});
