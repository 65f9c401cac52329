/**
 * What `at` says is the state of then: nothing that was decided later, or elsewhere, has a part in
 * it.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseHarness } from '../../harness/parse.ts';
import { applyRelease } from '../acts/apply.ts';
import { rollback } from '../acts/rollback.ts';
import { startNight } from '../acts/start.ts';
import {
  contract,
  keep,
  newShop,
  put,
  release,
  removeFolders,
  type Shop,
  userGit,
  who,
  workTreeOf,
} from '../shop.fixture.ts';
import { clauseOrigins } from './history.ts';
import { inForceAt } from './in-force.ts';
import { type Ledger, openLedger } from './ledger.ts';

const day = (date: number, hour = 10) => `2030-03-0${date}T${hour}:00:00Z`;
const FILE = 'harness/shop/contract.yaml';

let shop: Shop;
let ledger: Ledger;
const commits: Record<string, string> = {};

const adopt = async (time: string) =>
  await startNight(await openLedger(shop.repository, 'shop'), {
    workTree: workTreeOf(shop.dir),
    run: `adopt-${time.slice(8, 10)}`,
    who,
    time,
    adopt: true,
  });

function commitAt(time: string): string {
  process.env.GIT_COMMITTER_DATE = time;
  userGit(shop.dir, 'commit', '-qam', 'by hand');
  delete process.env.GIT_COMMITTER_DATE;
  return userGit(shop.dir, 'rev-parse', 'HEAD').trim();
}

/**
 * `second` is kept (1) and released (2, 3), applied (4), taken out by hand, adopted (5), and
 * restored by a rollback (6).
 */
beforeAll(async () => {
  shop = await newShop();
  const first = await openLedger(shop.repository, 'shop');
  await keep(first, 'second');
  await release(first, 'v1');
  commits.applied = (await applyRelease(shop.repository, 'shop', { who, time: day(1) })).commit;
  put(shop.dir, FILE, contract('first'));
  commits.out = commitAt(day(2));
  await adopt(day(3));
  await rollback(shop.repository, 'shop', 'v1', { who, time: day(4) });
  ledger = await openLedger(shop.repository, 'shop');
});
afterAll(removeFolders);

/**
 * Number of the decision behind a clause at a time or commit; null for none, undefined where there
 * is no such clause.
 */
async function originAt(at: string, clause = 'second') {
  const { behind, files } = await inForceAt(ledger, at);
  const origin = clauseOrigins(behind, parseHarness('shop', files)).get(clause);
  return origin === null ? null : origin?.seq;
}

it('knows nothing of a rollback that came later', async () => {
  expect(await originAt('2030-03-01')).toBe(1);
  expect(await originAt(commits.applied as string)).toBe(1);
  expect((await inForceAt(ledger, '2030-03-01')).decision).toMatchObject({ seq: 4, kind: 'apply' });
  expect((await inForceAt(ledger, '2030-03-04')).decision).toMatchObject({ seq: 5, kind: 'external' });
  expect(await originAt('optimize/shop')).toBe(6);
  expect(await originAt('harness/shop/v1')).toBe(1);
});

it('knows of an edit by hand from when it was taken over', async () => {
  expect(await originAt('2030-03-02')).toBe(undefined);
  expect((await inForceAt(ledger, '2030-03-02')).decision).toBe(null);
  expect((await inForceAt(ledger, commits.out as string)).decision).toMatchObject({ seq: 5 });
});

it('knows of edits that were taken over before they were committed', async () => {
  put(shop.dir, 'harness/shop/policy.md', 'Be brief.\n');
  await adopt(day(5));
  commitAt(day(6));
  ledger = await openLedger(shop.repository, 'shop');
  expect(ledger.decisions().at(-1)).toMatchObject({ seq: 7, kind: 'external' });
  expect(await originAt('2030-03-06', 'policy')).toBe(7);
  expect(await originAt('2030-03-02', 'policy')).toBe(null);
  expect(await originAt('2030-03-01')).toBe(1);
});

it('names the rollback once that is applied, though the records beside the harness are gone', async () => {
  await rollback(shop.repository, 'shop', 'v1', { who, time: day(7) });
  await applyRelease(shop.repository, 'shop', { who, time: day(7, 11) });
  ledger = await openLedger(shop.repository, 'shop');
  expect([await originAt('2030-03-07'), await originAt('2030-03-07', 'policy')]).toEqual([6, 8]);
  userGit(shop.dir, 'rm', '-rq', 'runs');
  commitAt(day(8));
  expect([await originAt('2030-03-08'), await originAt('2030-03-08', 'policy')]).toEqual([6, 8]);
  expect(await originAt('2030-03-01')).toBe(1);
});

it('answers for the branch that the newest apply went to, if it is here', async () => {
  userGit(shop.dir, 'switch', '-qc', 'elsewhere', 'main~1');
  expect(await inForceAt(ledger, '2030-03-08')).toMatchObject({ branch: 'main', applied: { seq: 9 } });
  userGit(shop.dir, 'branch', '-qm', 'main', 'renamed');
  expect(await inForceAt(ledger, '2030-03-08')).toMatchObject({ branch: 'elsewhere', applied: null });
  userGit(shop.dir, 'update-ref', 'refs/remotes/origin/main', 'renamed');
  expect(await inForceAt(ledger, '2030-03-08')).toMatchObject({ branch: 'origin/main', applied: { seq: 9 } });
});
