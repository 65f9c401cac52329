/**
 * The verifier that an auditor runs, in another language and without this program, finds what ours
 * finds in the records.
 */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { removeFolders } from '../shop.fixture.ts';
import { type StoryCommit, told, trust, writeStory } from '../story.fixture.ts';
import { audited, bundleOf, canVerify, copyOf, type Told, tell } from './auditor.fixture.ts';
import { forgedChain } from './forged-chain.fixture.ts';
import { forgedEvidence } from './forged-evidence.fixture.ts';
import { forgedHistory } from './forged-history.fixture.ts';
import { forgedKeys } from './forged-keys.fixture.ts';
import { forgedSettings } from './forged-settings.fixture.ts';
import type { Case } from './forgery.fixture.ts';
import { verifyRepository } from './verify.ts';

afterAll(removeFolders);

/** `AUDITOR=all` tries every case; each takes a second. */
const EVERY = process.env.AUDITOR === 'all' ? 1 : 6;

/**
 * Fields that need git, the policy or a schema: beyond what records, edits and verdicts say by
 * themselves.
 */
const BEYOND =
  /^(?:limits|loosens|who\.operator|data\.|approval|plan|gate\.pairs|run$|bytes$|signer$|keys|predicateType$|payloadType$|Optimize-)/;

let shown: Told;
beforeAll(async () => {
  shown = await tell();
});

const recordsIn = (commits: readonly StoryCommit[]): string =>
  JSON.stringify([...(commits.at(-1)?.files ?? [])].filter(([path]) => path.startsWith('runs/')).sort());

const cases: readonly Case[] = [
  ...forgedEvidence,
  ...forgedHistory,
  ...forgedKeys,
  ...forgedChain,
  ...forgedSettings,
].filter(([, , level], index) => (level === 'V1' || level === 'V2') && index % EVERY === 0);

describe.skipIf(!canVerify)('the verifier in Python', () => {
  it('agrees that nothing was changed', () => {
    const folder = bundleOf(shown.story, shown.first);
    expect(audited(folder)).toMatchObject({ status: 0, stderr: '' });
    expect(audited(folder, '--trust', join(folder, 'trust.json'))).toMatchObject({ status: 0, stderr: '' });
  });

  it.each(cases)('case %s, %s', async (_number, _what, _level, _file, _field, forgery) => {
    const shop = await told();
    const commits = copyOf(shown.story);
    const forged = forgery(commits) ?? commits;
    writeStory(shop.dir, shown.start, forged);
    const { issues } = await verifyRepository(shop.repository, { trust });
    // Where no record was touched, it is git alone that tells.
    const touched = recordsIn(forged) !== recordsIn(shown.story);
    const inScope = touched && issues.some(({ file, field }) => /\.(?:json|sig)$/.test(file) && !BEYOND.test(field));
    const folder = bundleOf(forged, shown.first);
    const { status, stderr } = audited(folder, '--trust', join(folder, 'trust.json'));
    expect(stderr).toBe('');
    if (inScope) expect(status).toBe(6);
    else expect([0, 6]).toContain(status);
  });
});
