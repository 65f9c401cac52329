/** A command that plays sealed tasks leaves a record that counts as a look. */
import { afterAll, expect, it } from 'vitest';
import { parseHarness } from '../../harness/parse.ts';
import { NO_POLICY } from '../../policy/policy.ts';
import type { Environment, Task } from '../../types.ts';
import { openLedger } from '../branch/ledger.ts';
import { lookPlace, looksAt, useOfTasks } from '../kinds/panels.ts';
import { keep, newShop, release, removeFolders, stepWith } from '../shop.fixture.ts';
import { verifyRepository } from '../verify/verify.ts';
import { recordPeek } from './peek.ts';

afterAll(removeFolders);

const tasks = (['train', 'sealed', 'sealed'] as const).map((split, index): Task => {
  return { id: `t${index}`, split, tags: [], request: `Task ${index}`, target: null };
});
const environment = { name: 'shop', digest: 'a'.repeat(64), tasks } as unknown as Environment;
const peek = { environment, policy: NO_POLICY, command: 'run', harness: parseHarness('shop', new Map()), tasks };

it('starts the branch where there is none, verifies, and lowers the next alpha', async () => {
  const { repository } = await newShop();
  expect(await recordPeek(repository, peek, stepWith())).toBe(2);
  const ledger = await openLedger(repository, 'shop');
  expect(ledger.decisions().at(-1)).toMatchObject({ kind: 'peek', command: 'run', tasks: ['t1', 't2'] });
  expect(lookPlace(ledger.decisions())).toEqual({ looks: 1, sinceRelease: 1, releases: 0 });
  expect(looksAt(ledger.decisions(), 'p', ['t2'])).toBe(1);
  expect(looksAt(ledger.decisions(), 'p', ['t9'])).toBe(0);
  expect(useOfTasks(ledger.decisions()).get('t1')).toEqual({ looks: 1, used: true });
  expect((await verifyRepository(repository)).issues).toEqual([]);
});

it('is nothing without a sealed task', async () => {
  const { repository } = await newShop();
  expect(await recordPeek(repository, { ...peek, tasks: tasks.slice(0, 1) }, stepWith())).toBeNull();
  expect((await openLedger(repository, 'shop')).started).toBe(false);
});

it('counts from the newest release on', async () => {
  const { repository } = await newShop();
  const ledger = await openLedger(repository, 'shop');
  await keep(ledger, 'second');
  await release(ledger, 'v1');
  const place = lookPlace(ledger.decisions());
  const [seen] = [{ ...ledger.decisions()[0], kind: 'peek', tasks: ['t1'] }];
  expect(lookPlace([...ledger.decisions(), seen as never])).toEqual({
    ...place,
    looks: place.looks + 1,
    sinceRelease: 1,
  });
});

it('given tasks are used once somebody changed the harness who can read their verdicts', () => {
  const look = {
    kind: 'release',
    run: 'a',
    data: { panel: 'p' },
    gate: { pairs: [{ task: 's' }] },
    verdict: { decision: 'inconclusive' },
  };
  const kept = (proposer: string, decision = 'accepted') => ({
    kind: 'candidate',
    run: 'b',
    edits: [{ proposer }],
    verdict: { decision },
  });
  const used = (...decisions: object[]) => useOfTasks(decisions as never).get('s')?.used;
  expect(used(look, kept('mine'), kept('reflect'))).toBe(false);
  expect(used(look, kept('my-own'))).toBe(true);
  expect(used(look, kept('my-own', 'rejected'))).toBe(false);
  expect(used(kept('my-own'), look)).toBe(false);
  expect(used(look, { kind: 'external', run: 'c' })).toBe(true);
  // Generated panels answer once.
  expect(used({ ...look, data: { panel: 'p', panelSeed: 7 } }, kept('my-own'))).toBeUndefined();
});
