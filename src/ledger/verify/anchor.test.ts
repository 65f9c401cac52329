import { afterAll, expect, it } from 'vitest';
import { openLedger } from '../branch/ledger.ts';
import { keep, newShop, removeFolders } from '../shop.fixture.ts';
import { anchorLine, parseAnchor } from './anchor.ts';
import { verifyRepository } from './verify.ts';

afterAll(removeFolders);

const anchor = { env: 'shop', seq: 12, sha256: 'a'.repeat(64), commit: 'b'.repeat(40) };

it('is a line that can be read back, and nothing else is', () => {
  expect(parseAnchor(anchorLine(anchor))).toEqual(anchor);
  expect(parseAnchor(`  ${anchorLine({ ...anchor, commit: 'c'.repeat(64) })}\n`).commit).toBe('c'.repeat(64));
  const line = anchorLine(anchor);
  for (const wrong of [
    '',
    'shop 12',
    line.replace('12', '0'),
    line.replace('shop', '../x'),
    `${line} more`,
    line.slice(0, -1),
  ])
    expect(() => parseAnchor(wrong)).toThrow(/expected "ENVIRONMENT NUMBER SHA256 COMMIT"/);
});

it('of a branch that is not here can neither agree nor disagree', async () => {
  const { repository } = await newShop();
  await keep(await openLedger(repository, 'shop'), 'second');
  const report = await verifyRepository(repository, { anchors: [{ ...anchor, env: 'other' }] });
  expect(report).toMatchObject({ issues: [], unchecked: [{ file: 'refs/heads/optimize/other' }] });
});
