import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyEdits } from '../../edit/edits.ts';
import { harnessId, parseHarness } from '../../harness/parse.ts';
import { applyRelease } from '../acts/apply.ts';
import {
  addClause,
  candidate,
  contract,
  keep,
  newShop,
  put,
  release,
  removeFolders,
  type Shop,
  userGit,
  who,
} from '../shop.fixture.ts';
import { clauseOrigins, resolveHarness } from './history.ts';
import { inForceAt } from './in-force.ts';
import { type Ledger, openLedger } from './ledger.ts';

let shop: Shop;
let ledger: Ledger;
let rejected: string;
beforeAll(async () => {
  shop = await newShop();
  const first = await openLedger(shop.repository, 'shop');
  await keep(first, 'second');
  const reject = candidate(first, [addClause('useless')], false);
  rejected = reject.draft.child.harness;
  await first.record({ decisions: [reject.draft], files: null, message: { subject: 'record a refused edit' } });
  await release(first, 'v1');
  await keep(first, 'third');
  await applyRelease(shop.repository, 'shop', { who, time: '2030-03-02T10:00:00Z' });
  ledger = await openLedger(shop.repository, 'shop');
});
afterAll(removeFolders);

describe('resolveHarness', () => {
  it('takes HEAD, versions, branches, tags, commits and the start of a harness id', async () => {
    const v1 = contract('first', 'second');
    const commit = userGit(shop.dir, 'rev-parse', 'harness/shop/v1^{commit}').trim();
    const id = ledger.releases()[0]?.harness as string;
    for (const word of ['HEAD', 'v1', 'main', 'harness/shop/v1', commit, commit.slice(0, 8), id.slice(0, 10)]) {
      expect((await resolveHarness(ledger, word)).files.get('contract.yaml')).toBe(v1);
    }
    expect((await resolveHarness(ledger, 'HEAD~1')).files.get('contract.yaml')).toBe(contract('first'));
    expect((await resolveHarness(ledger, 'main~')).files.get('contract.yaml')).toBe(contract('first'));
    const head = await resolveHarness(ledger, 'optimize/shop');
    expect(head.files.get('contract.yaml')).toBe(contract('first', 'second', 'third'));
    expect(await resolveHarness(ledger, head.harness)).toEqual(head);
  });

  it('rebuilds a rejected candidate from its parent and its edits', async () => {
    const { files } = await resolveHarness(ledger, rejected.slice(0, 12));
    expect(harnessId(files)).toBe(rejected);
  });

  it.each(['--help', 'HEAD~9', 'HEAD~x', 'nonsense', 'v9', '0'.repeat(12)])(
    'refuses %s with what it expected',
    async (word) => {
      await expect(resolveHarness(ledger, word)).rejects.toThrow(/expected/);
    },
  );
});

describe('inForceAt', () => {
  it('goes by the chain of the checked-out branch', async () => {
    expect(await inForceAt(ledger, '2030-03-02')).toMatchObject({
      version: 'v1',
      branch: 'main',
      time: '2030-03-02T10:00:00.000Z',
      decision: { kind: 'apply', seq: 6 },
    });
    const before = await inForceAt(ledger, '2030-03-02T09:59:59Z');
    expect(before).toMatchObject({ version: null, decision: null });
    expect(before.files.get('contract.yaml')).toBe(contract('first'));
    await expect(inForceAt(ledger, '2001-01-01')).rejects.toThrow(/no commit from/);
    await expect(inForceAt(ledger, '2030-99-99')).rejects.toThrow(/expected a date such as .* no such day/);
  });

  it('sees an edit that a person committed without the ledger', async () => {
    put(shop.dir, 'harness/shop/policy.md', 'By hand.\n');
    userGit(shop.dir, 'commit', '-qam', 'by hand');
    const found = await inForceAt(ledger, 'main');
    expect(found).toMatchObject({ version: null, decision: null });
    userGit(shop.dir, 'reset', '-q', '--hard', 'HEAD~1');
  });
});

describe('clauseOrigins', () => {
  it('names the decision behind each clause, and none for what was there before', () => {
    const origins = clauseOrigins(ledger.decisions(), parseHarness('shop', ledger.head().files));
    expect(origins.get('first')).toBe(null);
    expect(origins.get('second')?.seq).toBe(1);
    expect(origins.get('third')?.seq).toBe(5);
    const changed = parseHarness('shop', applyEdits(ledger.head().files, [addClause('fourth')]));
    expect(clauseOrigins(ledger.decisions(), changed).get('fourth')).toBe(null);
  });
});
