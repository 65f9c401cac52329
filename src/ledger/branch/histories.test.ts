/**
 * Random histories of what nights and people do: every version comes back byte for byte, from a
 * fresh clone too, and all of it verifies.
 */
import { rmSync } from 'node:fs';
import { afterAll, expect, it } from 'vitest';
import { pick, randomOf } from '../../digest.ts';
import { harnessId } from '../../harness/parse.ts';
import type { HarnessFiles } from '../../types.ts';
import { applyRelease } from '../acts/apply.ts';
import { rollback } from '../acts/rollback.ts';
import { startNight } from '../acts/start.ts';
import { openRepository } from '../git/git.ts';
import {
  keep,
  newFolder,
  newShop,
  nextTime,
  put,
  read,
  release,
  removeFolders,
  userGit,
  who,
  workTreeOf,
} from '../shop.fixture.ts';
import { verifyRepository } from '../verify/verify.ts';
import { resolveHarness } from './history.ts';
import { inForceAt } from './in-force.ts';
import { openLedger } from './ledger.ts';

afterAll(removeFolders);

/** `HISTORIES=1000` for as many; one takes about half a second. */
const COUNT = Number(process.env.HISTORIES ?? 4);
const DEEDS = ['keep', 'keep', 'release', 'apply', 'adopt', 'rollback'] as const;

const textOf = (files: HarnessFiles): string => JSON.stringify([...files].sort());

async function play(seed: number): Promise<void> {
  const { dir, repository } = await newShop();
  const random = randomOf('history', seed);
  const released = new Map<string, string>();
  /** What was in force on main after each commit, by its id. */
  const inForce = new Map<string, string>();
  const note = () => inForce.set(userGit(dir, 'rev-parse', 'main').trim(), textOf(workTreeOf(dir)));
  let rules = 0;
  for (let step = 0; step < 8; step++) {
    const deed = pick(DEEDS, random);
    const ledger = await openLedger(repository, 'shop');
    const run = `night-${step + 1}`;
    if (deed === 'keep') await keep(ledger, `rule-${++rules}`, run);
    if (deed === 'release' && ledger.started) {
      const version = `v${ledger.releases().length + 1}`;
      await release(ledger, version, run);
      released.set(version, textOf(ledger.head().files));
    }
    if (deed === 'apply' && released.size > 0) {
      await applyRelease(repository, 'shop', { who, time: nextTime() }).catch((error: Error) => {
        // A person's own edits in the way are theirs.
        if (!/committed changes|uncommitted/.test(error.message)) throw error;
      });
      note();
    }
    if (deed === 'adopt') {
      put(dir, 'harness/shop/policy.md', `${read(dir, 'harness/shop/policy.md')}Rule of step ${step}.\n`);
      userGit(dir, 'commit', '-qam', `by hand ${step}`);
      const taken = await startNight(ledger, {
        workTree: workTreeOf(dir),
        run,
        who,
        time: nextTime(),
        adopt: true,
      }).catch((error: Error) => {
        // The branch has another line there since a rollback: nothing was written, and the person
        // undoes theirs.
        if (!/changed both by you and on/.test(error.message)) throw error;
        userGit(dir, 'reset', '-q', '--hard', 'HEAD~1');
        return null;
      });
      if (taken !== null) note();
    }
    if (deed === 'rollback' && released.size > 0) {
      await rollback(repository, 'shop', pick([...released.keys()], random), { who, time: nextTime() });
    }
  }
  if (!(await openLedger(repository, 'shop')).started) return;
  const report = await verifyRepository(repository);
  expect({ seed, issues: report.issues, unchecked: report.unchecked }).toEqual({ seed, issues: [], unchecked: [] });

  const clone = newFolder();
  userGit(clone, 'clone', '-q', dir, '.');
  const copy = await openLedger(await openRepository(clone), 'shop');
  for (const [version, text] of released) {
    const found = await resolveHarness(copy, version);
    expect({ seed, version, text: textOf(found.files) }).toEqual({ seed, version, text });
    expect((await resolveHarness(copy, harnessId(found.files).slice(0, 16))).harness).toBe(found.harness);
  }
  for (const [commit, text] of inForce)
    expect({ seed, commit, text: textOf((await inForceAt(copy, commit)).files) }).toEqual({ seed, commit, text });
  for (const folder of [dir, clone]) rmSync(folder, { recursive: true });
}

it(`${COUNT} random histories rebuild every version`, async () => {
  for (let seed = 1; seed <= COUNT; seed++) await play(seed);
}, 3_600_000);
