/**
 * Random histories of what nights and people do, in one clone and in two, with other line ends,
 * refusals and interruptions: every version comes back byte for byte, from a fresh clone too, and
 * nothing of it counts as altered.
 */
import { rmSync } from 'node:fs';
import { afterAll, expect, it } from 'vitest';
import { pick, randomOf, sha256 } from '../../digest.ts';
import { harnessId } from '../../harness/parse.ts';
import { openWorkTree } from '../../open/harness.ts';
import type { HarnessFiles } from '../../types.ts';
import { applyRelease } from '../acts/apply.ts';
import { rollback } from '../acts/rollback.ts';
import { startNight } from '../acts/start.ts';
import { recordAct } from '../acts/step.ts';
import { openRepository } from '../git/git.ts';
import { NIGHT } from '../git/walk.ts';
import {
  addClause,
  candidate,
  keep,
  measured,
  newFolder,
  newShop,
  nextTime,
  put,
  read,
  refusal,
  release,
  removeFolders,
  userGit,
  who,
} from '../shop.fixture.ts';
import { verifyRepository } from '../verify/verify.ts';
import { resolveHarness } from './history.ts';
import { inForceAt } from './in-force.ts';
import { type Ledger, openLedger } from './ledger.ts';

afterAll(removeFolders);

/** What looked like tampering once. */
const HONEST = ['checkout', 'clone', 'leftover', 'refuse', 'resume'] as const;

/** `HISTORIES=1000` for as many; one takes about half a second. */
const COUNT = Number(process.env.HISTORIES ?? 4);
const DEEDS = ['keep', 'keep', 'release', 'apply', 'adopt', 'rollback', ...HONEST] as const;

const textOf = (files: HarnessFiles): string => JSON.stringify([...files].sort());

const refuse = (ledger: Ledger, id: string, reason: string, run: string) =>
  ledger.record({ decisions: [refusal(ledger, addClause(id), reason, run)], files: null, message: { subject: run } });

/** The end of a night that another clone played under the name of one that was begun here. */
const endOf = (ledger: Ledger, run: string, id: string) =>
  recordAct(
    ledger,
    { kind: 'note', data: { ...measured }, artifacts: [{ name: 'rollouts.jsonl', sha256: sha256(id) }], limits: [] },
    { who, time: nextTime(), run },
    { message: { subject: run, trailers: { [NIGHT]: id } } },
  );

/** A night in a clone, pushed back. */
async function playElsewhere(dir: string, id: string, run: string): Promise<void> {
  const copy = newFolder();
  userGit(copy, 'clone', '-q', '-c', 'core.autocrlf=true', dir, '.');
  const ledger = await openLedger(await openRepository(copy), 'shop');
  await keep(ledger, id, run);
  await refuse(ledger, `${id}-leaky`, 'taint', run);
  userGit(copy, 'push', '-q', 'origin', 'optimize/shop');
  rmSync(copy, { recursive: true });
}

async function play(seed: number): Promise<void> {
  const { dir, repository } = await newShop();
  const random = randomOf('history', seed);
  const released = new Map<string, string>();
  /** What was in force on main after each commit, by its id. */
  const inForce = new Map<string, string>();
  const workTree = async () => (await openWorkTree(repository, 'shop')).files;
  const note = async () => inForce.set(userGit(dir, 'rev-parse', 'main').trim(), textOf(await workTree()));
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
      await note();
    }
    if (deed === 'adopt') {
      put(dir, 'harness/shop/policy.md', `${read(dir, 'harness/shop/policy.md')}Rule of step ${step}.\n`);
      userGit(dir, 'commit', '-qam', `by hand ${step}`);
      const taken = await startNight(ledger, {
        workTree: await workTree(),
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
      if (taken !== null) await note();
    }
    if (deed === 'checkout') {
      userGit(dir, 'config', 'core.autocrlf', pick(['true', 'input', 'false'], random));
      rmSync(`${dir}/harness`, { recursive: true });
      userGit(dir, 'checkout', '-q', '--', 'harness');
    }
    if (deed === 'refuse') await refuse(ledger, `leaky-${step}`, pick(['leak', 'taint', 'bounds'], random), run);
    if (deed === 'clone' && ledger.started) await playElsewhere(dir, `elsewhere-${step}`, run);
    if (deed === 'leftover') {
      put(dir, `runs/${run}/config.json`, '{"id": "mine"}');
      put(dir, `runs/${run}/rollouts.jsonl`, 'mine\n');
      await endOf(ledger, run, 'theirs');
    }
    if (deed === 'resume') {
      const draft = { ...candidate(ledger, [addClause(`again-${step}`)], false, run).draft, seq: ledger.nextSeq };
      for (let tries = pick([1, 2, 3], random); tries > 0; tries--)
        await (await openLedger(repository, 'shop')).record({
          decisions: [draft],
          files: null,
          message: { subject: run },
        });
    }
    if (deed === 'rollback' && released.size > 0) {
      await rollback(repository, 'shop', pick([...released.keys()], random), { who, time: nextTime() });
    }
  }
  if (!(await openLedger(repository, 'shop')).started) return;
  // The next night has to begin: records are not altered, and the person's harness is as committed.
  const again = await openLedger(repository, 'shop');
  again.assertWritable();
  await again.rehearse();
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
