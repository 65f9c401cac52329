/** A clone whose settings, hooks and attributes name programs: whatever is done, none runs. */
import { chmodSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { openWorkTree } from '../../open/harness.ts';
import { applyRelease } from '../acts/apply.ts';
import { rollback } from '../acts/rollback.ts';
import { resolveHarness } from '../branch/history.ts';
import { openLedger } from '../branch/ledger.ts';
import { keep, newShop, nextTime, put, release, removeFolders, type Shop, userGit, who } from '../shop.fixture.ts';
import { verifyRepository } from '../verify/verify.ts';
import { openRepository } from './git.ts';

afterAll(removeFolders);

/** Settings that make git run a program, where `RUN` is one; attributes bring some of them in. */
const SETTINGS: readonly (readonly [name: string, value: string])[] = [
  ['core.fsmonitor', 'RUN'],
  ['core.hooksPath', 'HOOKS'],
  ['core.sshCommand', 'RUN'],
  ['core.gitProxy', 'RUN'],
  ['core.alternateRefsCommand', 'RUN'],
  ['core.pager', 'RUN'],
  ['core.editor', 'RUN'],
  ['core.askPass', 'RUN'],
  ['sequence.editor', 'RUN'],
  ['pager.log', 'RUN'],
  ['pager.diff', 'RUN'],
  ['gpg.program', 'RUN'],
  ['gpg.format', 'ssh'],
  ['gpg.ssh.program', 'RUN'],
  ['gpg.ssh.defaultKeyCommand', 'RUN'],
  ['commit.gpgSign', 'true'],
  ['tag.gpgSign', 'true'],
  ['log.showSignature', 'true'],
  ['merge.verifySignatures', 'true'],
  ['diff.external', 'RUN'],
  ['diff.evil.textconv', 'RUN'],
  ['diff.evil.command', 'RUN'],
  ['merge.evil.driver', 'RUN'],
  ['filter.evil.clean', 'RUN'],
  ['filter.evil.smudge', 'RUN'],
  ['filter.evil.process', 'RUN'],
  ['filter.evil.required', 'true'],
  ['credential.helper', '!RUN'],
  ['remote.origin.url', 'ext::RUN'],
  ['remote.origin.uploadpack', 'RUN'],
  ['remote.origin.vcs', 'evil'],
  ['protocol.ext.allow', 'always'],
  ['extensions.partialClone', 'origin'],
  ['hook.evil.command', 'RUN'],
  ['hook.evil.event', 'reference-transaction'],
  ['alias.rev-parse', '!RUN'],
  ['alias.cat-file', '!RUN'],
  ['init.templateDir', 'HOOKS'],
  ['include.path', 'EVIL.config'],
  ['trace2.eventTarget', 'af_unix:RUN'],
  ['uploadpack.packObjectsHook', 'RUN'],
];
const HOOKS = [
  'reference-transaction',
  'post-index-change',
  'pre-commit',
  'post-checkout',
  'post-merge',
  'update',
  'post-rewrite',
];

function poison({ dir }: Shop): void {
  const run = join(dir, '.git/evil');
  put(dir, '.git/evil', `#!/bin/sh\ntouch "${join(dir, 'was-run')}"\ncat\nexit 0\n`);
  chmodSync(run, 0o755);
  for (const folder of ['hooks', 'other-hooks'])
    for (const hook of HOOKS) {
      put(dir, `.git/${folder}/${hook}`, `#!/bin/sh\ntouch "${join(dir, 'was-run')}"\n`);
      chmodSync(join(dir, '.git', folder, hook), 0o755);
    }
  put(dir, '.git/EVIL.config', `[core]\n\tfsmonitor = ${run}\n`);
  put(dir, '.git/info/attributes', '* filter=evil diff=evil merge=evil\n');
  for (const [name, value] of SETTINGS) {
    const at = value.replace('RUN', run).replace('HOOKS', join(dir, '.git/other-hooks'));
    userGit(dir, 'config', '--add', name, at);
  }
  // Writing the settings may have run some of them.
  rmSync(join(dir, 'was-run'), { force: true });
}

it('nothing of it runs while a night writes, and a person reads, applies, rolls back and verifies', async () => {
  const shop = await newShop();
  const { dir } = shop;
  await keep(await openLedger(shop.repository, 'shop'), 'one');
  await release(await openLedger(shop.repository, 'shop'), 'v1');
  poison(shop);
  const repository = await openRepository(dir);
  const step = () => ({ who, time: nextTime() });
  const acts: Readonly<Record<string, () => Promise<unknown>>> = {
    keep: async () => keep(await openLedger(repository, 'shop'), 'two', 'night-2'),
    rehearse: async () => (await openLedger(repository, 'shop')).rehearse(),
    release: async () => release(await openLedger(repository, 'shop'), 'v2', 'night-2', 0.01),
    'read a version': async () => resolveHarness(await openLedger(repository, 'shop'), 'v1'),
    'read the work tree': () => openWorkTree(repository, 'shop'),
    apply: () => applyRelease(repository, 'shop', step()),
    rollback: () => rollback(repository, 'shop', 'v1', step()),
    verify: () => verifyRepository(repository),
  };
  const ran: string[] = [];
  const refused: string[] = [];
  for (const [name, act] of Object.entries(acts)) {
    await act().catch((error: Error) => refused.push(`${name}: ${error.message.slice(0, 80)}`));
    if (existsSync(join(dir, 'was-run'))) ran.push(name);
    rmSync(join(dir, 'was-run'), { force: true });
  }
  expect({ ran, refused }).toEqual({ ran: [], refused: [] });
  // The mark is made where git itself is asked, so that this test can fail.
  try {
    userGit(dir, 'status');
  } catch {
    // It may refuse to go on; the mark is there.
  }
  expect(existsSync(join(dir, 'was-run'))).toBe(true);
});
