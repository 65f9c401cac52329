import { afterAll, describe, expect, it } from 'vitest';
import { harnessId } from '../../harness/parse.ts';
import { openLedger } from '../branch/ledger.ts';
import {
  contract,
  keep,
  newShop,
  nextTime,
  put,
  release,
  removeFolders,
  userGit,
  userState,
  who,
  workTreeOf,
} from '../shop.fixture.ts';
import { verifyRepository } from '../verify/verify.ts';
import { applyRelease } from './apply.ts';
import { startNight } from './start.ts';

afterAll(removeFolders);

const options = (dir: string, run: string) => ({ workTree: workTreeOf(dir), run, who, time: nextTime(), adopt: true });

describe('startNight', () => {
  it('stops at edits by hand that nobody adopted, shows them, and writes nothing', async () => {
    const { dir, repository } = await newShop();
    const ledger = await openLedger(repository, 'shop');
    await keep(ledger, 'second');
    put(dir, 'harness/shop/policy.md', 'Be rude.\n');
    const before = userState(dir);
    await expect(startNight(ledger, { ...options(dir, 'night-2'), adopt: false })).rejects.toThrow(
      /changed by hand.*optimize adopt --env shop[\s\S]*-Be kind\.\n\+Be rude\./,
    );
    expect([ledger.decisions().length, userState(dir)]).toEqual([1, before]);
  });

  it('writes nothing when nobody changed anything', async () => {
    const { dir, repository } = await newShop();
    const ledger = await openLedger(repository, 'shop');
    const started = await startNight(ledger, options(dir, 'night-1'));
    expect(started).toMatchObject({ merged: false, external: null });
    expect(ledger.started).toBe(false);
    await keep(ledger, 'second');
    expect(await startNight(ledger, options(dir, 'night-2'))).toMatchObject({
      merged: false,
      external: null,
      commit: ledger.head().commit,
    });
  });

  it('names uncommitted edits as external, once, and merges them with what was kept', async () => {
    const { dir, repository } = await newShop();
    const ledger = await openLedger(repository, 'shop');
    await keep(ledger, 'second');
    put(dir, 'harness/shop/contract.yaml', `# by hand\n${contract('first')}`);
    const before = userState(dir);
    const { external, merged, files } = await startNight(ledger, options(dir, 'night-2'));
    expect(merged).toBe(false);
    expect(external).toMatchObject({ kind: 'external', seq: 2, source: { harness: harnessId(workTreeOf(dir)) } });
    expect(files.get('contract.yaml')).toMatch(/^# by hand[\s\S]*first[\s\S]*second/);
    expect(userState(dir)).toBe(before);
    expect(await startNight(ledger, options(dir, 'night-3'))).toMatchObject({ external: null });
    userGit(dir, 'commit', '-qam', 'by hand');
    expect(await startNight(ledger, options(dir, 'night-4'))).toMatchObject({ external: null, merged: true });
    put(dir, 'harness/shop/contract.yaml', contract('first'));
    const undone = await startNight(ledger, options(dir, 'night-5'));
    expect(undone.external?.kind).toBe('external');
    expect(undone.files.get('contract.yaml')).not.toMatch(/by hand/);
    expect((await verifyRepository(repository)).issues).toEqual([]);
  });

  it('follows a target that has moved: its files, our harness, all decisions', async () => {
    const { dir, repository } = await newShop();
    const ledger = await openLedger(repository, 'shop');
    await keep(ledger, 'second');
    put(dir, 'README.md', 'A bigger shop.\n');
    put(dir, 'harness/shop/policy.md', 'Be very kind.\n');
    userGit(dir, 'commit', '-qam', 'grow');
    const { commit, external, merged } = await startNight(ledger, options(dir, 'night-2'));
    expect(merged).toBe(true);
    expect(external?.kind === 'external' && external.touched.map(({ id }) => id)).toEqual(['policy']);
    expect(userGit(dir, 'show', `${commit}:README.md`)).toBe('A bigger shop.\n');
    expect(userGit(dir, 'show', `${commit}:harness/shop/contract.yaml`)).toMatch(/second/);
    expect(userGit(dir, 'rev-parse', `${commit}^2`)).toBe(userGit(dir, 'rev-parse', 'main'));
    expect(ledger.decisions()).toHaveLength(2);
    expect((await verifyRepository(repository)).issues).toEqual([]);
  });

  it('says what to do when both sides changed the same lines, or do not fit together', async () => {
    const { dir, repository } = await newShop();
    const ledger = await openLedger(repository, 'shop');
    await keep(ledger, 'second');
    put(dir, 'harness/shop/contract.yaml', contract('first', 'mine'));
    await expect(startNight(ledger, options(dir, 'night-2'))).rejects.toThrow(/optimize apply/);
    put(dir, 'harness/shop/contract.yaml', 'clauses: 3\n');
    await expect(startNight(ledger, options(dir, 'night-2'))).rejects.toThrow(/contract.yaml/);
  });

  it('goes on from an applied release, and from a person who takes it back', async () => {
    const { dir, repository } = await newShop();
    const ledger = await openLedger(repository, 'shop');
    await keep(ledger, 'second');
    await release(ledger, 'v1');
    await keep(ledger, 'third');
    await applyRelease(repository, 'shop', { who, time: nextTime() });
    const again = await openLedger(repository, 'shop');
    const { files, external, merged } = await startNight(again, options(dir, 'night-2'));
    expect({ external, merged }).toEqual({ external: null, merged: true });
    expect(files.get('contract.yaml')).toBe(contract('first', 'second', 'third'));
    userGit(dir, 'revert', '-m', '1', '--no-edit', 'HEAD');
    await expect(startNight(again, options(dir, 'night-3'))).rejects.toThrow(/same place/);
    expect((await verifyRepository(repository)).issues).toEqual([]);
  });
});
