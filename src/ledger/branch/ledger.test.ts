import { chmodSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { InfrastructureError, UsageError } from '../../errors.ts';
import { harnessId } from '../../harness/parse.ts';
import { canonicalText } from '../format/statement.ts';
import { openRepository } from '../git/git.ts';
import { verdictOf } from '../kinds/index.ts';
import {
  addClause,
  candidate,
  initShop,
  keep,
  newFolder,
  newShop,
  put,
  refusal,
  release,
  removeFolders,
  userGit,
  userState,
} from '../shop.fixture.ts';
import { verifyRepository } from '../verify/verify.ts';
import { openLedger } from './ledger.ts';

afterAll(removeFolders);

describe('record', () => {
  it('puts the harness change, its evidence and the rejects before it into one commit', async () => {
    const { dir, repository } = await newShop();
    const ledger = await openLedger(repository, 'shop');
    expect(ledger.started).toBe(false);
    const { draft, files } = candidate(ledger, [addClause('second')], true);
    const rejects = [
      refusal(ledger, addClause('leaky'), 'leak'),
      candidate(ledger, [addClause('useless')], false).draft,
    ];
    const { commit } = await ledger.record({
      decisions: [...rejects, draft],
      files,
      message: { subject: 'feat(shop): keep second', body: 'because' },
    });

    expect(userGit(dir, 'rev-parse', 'optimize/shop').trim()).toBe(commit);
    expect(userGit(dir, 'diff', '--name-only', `${commit}^`, commit).trim().split('\n')).toEqual([
      'harness/shop/contract.yaml',
      'runs/night-1/decisions/0001.json',
      'runs/night-1/decisions/0002.json',
      'runs/night-1/decisions/0003.json',
    ]);
    expect(userGit(dir, 'log', '-1', '--format=%an <%ae> %cI', commit).trim()).toMatch(
      /^optimize <optimize@localhost> 2026-/,
    );
    expect(ledger.decisions().map((one) => [one.seq, verdictOf(one)?.reason])).toEqual([
      [1, 'leak'],
      [2, 'not_better'],
      [3, 'improved'],
    ]);
    expect(ledger.nextSeq).toBe(4);
    expect(ledger.head().harness).toBe(harnessId(files));
    const again = await openLedger(repository, 'shop');
    expect(again.head()).toEqual(ledger.head());
  });

  it('leaves HEAD, index, stash and work tree byte-equal, whatever state they are in', async () => {
    const { dir, repository } = await newShop();
    put(dir, 'README.md', 'stashed\n');
    userGit(dir, 'stash');
    put(dir, 'README.md', 'staged\n');
    put(dir, 'harness/shop/policy.md', 'Be staged.\n');
    userGit(dir, 'add', '-A');
    put(dir, 'README.md', 'dirty\n');
    put(dir, 'notes/untracked.txt', 'mine\n');
    const before = userState(dir);
    put(dir, '.git/hooks/reference-transaction', '#!/bin/sh\ntouch hook-ran\nexit 1\n');
    chmodSync(join(dir, '.git/hooks/reference-transaction'), 0o755);
    userGit(dir, 'config', 'core.fsmonitor', './evil');
    const ledger = await openLedger(repository, 'shop');
    await keep(ledger, 'second');
    await release(ledger, 'v1');
    userGit(dir, 'config', '--unset', 'core.fsmonitor');
    expect(existsSync(join(dir, 'hook-ran'))).toBe(false);
    expect(userState(dir)).toBe(before);
    expect(ledger.releases().map(({ version }) => version)).toEqual(['v1']);
    expect(userGit(dir, 'cat-file', '-t', 'harness/shop/v1').trim()).toBe('tag');
  });

  it('may be told the same decisions again, as a resumed night does', async () => {
    const { repository } = await newShop();
    const ledger = await openLedger(repository, 'shop');
    const { draft, files } = candidate(ledger, [addClause('second')], true);
    const entries = { decisions: [{ ...draft, seq: 1 }], files, message: { subject: 'keep' } };
    const { commit } = await ledger.record(entries);
    const later = { ...draft, seq: 1, time: '2027-01-01T00:00:00Z' };
    expect(await ledger.record({ ...entries, decisions: [later] })).toEqual({ commit });
    expect(ledger.decisions()).toHaveLength(1);
    const other = { ...draft, seq: 1, limits: ['something else'] };
    await expect(ledger.record({ ...entries, decisions: [other] })).rejects.toThrow(/already recorded/);
    await expect(ledger.record({ ...entries, decisions: [{ ...draft, seq: 7 }] })).rejects.toThrow(
      /expected decision 2/,
    );
  });

  it('refuses a harness change without its decision, and a decision without its change', async () => {
    const { repository } = await newShop();
    const ledger = await openLedger(repository, 'shop');
    const { draft, files } = candidate(ledger, [addClause('second')], true);
    const message = { subject: 'x' };
    await expect(ledger.record({ decisions: [], files, message })).rejects.toThrow(/needs its decision/);
    await expect(ledger.record({ decisions: [draft], files: null, message })).rejects.toThrow(/lead to harness/);
    const reject = candidate(ledger, [addClause('third')], false).draft;
    await expect(ledger.record({ decisions: [reject], files, message })).rejects.toThrow(/lead to harness/);
    await expect(ledger.record({ decisions: [{ ...reject, run: '../x' }], files: null, message })).rejects.toThrow(
      /run/,
    );
    expect((await openLedger(repository, 'shop')).started).toBe(false);
  });

  it('moves the branch only from where it was read: the second of two writers is told to run again', async () => {
    const { repository } = await newShop();
    const [one, two] = await Promise.all([openLedger(repository, 'shop'), openLedger(repository, 'shop')]);
    await keep(one, 'second');
    const refused = keep(two, 'third');
    await expect(refused).rejects.toThrow(InfrastructureError);
    await expect(refused).rejects.toMatchObject({ retryable: true });
    expect((await openLedger(repository, 'shop')).head()).toEqual(one.head());
  });

  it('does not write a branch that somebody has checked out', async () => {
    const { dir, repository } = await newShop();
    await keep(await openLedger(repository, 'shop'), 'second');
    userGit(dir, 'switch', '-q', 'optimize/shop');
    await expect(keep(await openLedger(repository, 'shop'), 'third')).rejects.toThrow(/is checked out in/);
  });

  it('keeps text of a message from passing for a trailer', async () => {
    const { dir, repository } = await newShop();
    const ledger = await openLedger(repository, 'shop');
    const { draft, files } = candidate(ledger, [addClause('second')], true);
    const message = { subject: 'one\nOptimize-Env: other', body: 'text\n\nOptimize-Entry: sha256:0' };
    const { commit } = await ledger.record({ decisions: [draft], files, message });
    const parsed = userGit(dir, 'log', '-1', '--format=%(trailers:key=Optimize-Entry,valueonly)', commit).trim();
    expect(parsed).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect((await verifyRepository(repository)).issues).toEqual([]);
  });
});

describe('repositories', () => {
  it('says what to do outside a repository, in a bare one, and before the first commit', async () => {
    const dir = newFolder();
    await expect(openRepository(dir)).rejects.toThrow(/git init/);
    userGit(dir, 'init', '-q', '--bare', 'bare.git');
    await expect(openRepository(`${dir}/bare.git`)).rejects.toThrow(/bare repository/);
    userGit(dir, 'init', '-q', 'empty');
    const repository = await openRepository(`${dir}/empty`);
    await expect(openLedger(repository, 'shop')).rejects.toThrow(/no commit yet/);
    await expect(openLedger(repository, '../x')).rejects.toThrow(UsageError);
  });

  it('works with SHA-256 objects, from a subfolder and from a linked work tree', async () => {
    const { dir } = await initShop('--object-format=sha256');
    const linked = `${newFolder()}/linked`;
    userGit(dir, 'worktree', 'add', '-q', '-b', 'side', linked);
    const repository = await openRepository(`${linked}/harness`);
    const { commit } = await keep(await openLedger(repository, 'shop'), 'second');
    expect(commit).toMatch(/^[0-9a-f]{64}$/);
    expect(userGit(dir, 'rev-parse', 'optimize/shop').trim()).toBe(commit);
    expect((await verifyRepository(await openRepository(dir))).ok).toBe(true);
  });

  it('writes the same bytes whatever the order of the keys', () => {
    expect(canonicalText({ b: [1, { d: 1, c: 2 }], a: null })).toBe(
      '{\n "a": null,\n "b": [\n  1,\n  {\n   "c": 2,\n   "d": 1\n  }\n ]\n}\n',
    );
  });
});
