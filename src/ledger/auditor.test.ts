/** The verifier that an auditor runs, in another language and without this program, finds what ours finds in the records. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256 } from '../digest.ts';
import { forgedChain } from './forged-chain.fixture.ts';
import { forgedEvidence } from './forged-evidence.fixture.ts';
import { forgedHistory } from './forged-history.fixture.ts';
import { forgedKeys } from './forged-keys.fixture.ts';
import { forgedSettings } from './forged-settings.fixture.ts';
import type { Case } from './forgery.fixture.ts';
import { parseDecisionPath } from './paths.ts';
import { newFolder, removeFolders, userGit } from './shop.fixture.ts';
import { readStory, type StoryCommit, told, trust, writeStory } from './story.fixture.ts';
import { verifyRepository } from './verify.ts';

afterAll(removeFolders);

const VERIFIER = resolve(import.meta.dirname, '../../export/verify.py');
const has = (command: string, ...args: string[]) => spawnSync(command, args).status === 0;
const canVerify = has('python3', '--version') && has('openssl', 'version');
/** `AUDITOR=all` tries every case; each takes a second. */
const EVERY = process.env.AUDITOR === 'all' ? 1 : 6;

/** Fields that need git, the policy or a schema: beyond what records, edits and verdicts say by themselves. */
const BEYOND =
  /^(?:limits|who\.operator|data\.|approval|plan|gate\.pairs|run$|bytes$|signer$|keys|predicateType$|payloadType$|Optimize-)/;

let story: readonly StoryCommit[];
let start: string;
let first: ReadonlyMap<string, string>;
beforeAll(async () => {
  const { dir } = await told();
  start = userGit(dir, 'rev-parse', 'main^1').trim();
  story = readStory(dir, start);
  const paths = userGit(dir, 'ls-tree', '-r', '--name-only', start, 'harness/shop').trim().split('\n');
  first = new Map(paths.map((path) => [path.slice('harness/shop/'.length), userGit(dir, 'show', `${start}:${path}`)]));
});

/** The folder that `optimize export` would write of these commits. */
function bundleOf(commits: readonly StoryCommit[]): string {
  const folder = newFolder();
  for (const name of ['records', 'blobs']) mkdirSync(join(folder, name));
  let head: string | null = null;
  const files = [...(commits.at(-1)?.files ?? [])].sort(([a], [b]) =>
    (a.split('/').at(-1) ?? '') < (b.split('/').at(-1) ?? '') ? -1 : 1,
  );
  for (const [path, { text }] of files) {
    const name = path.split('/').at(-1) as string;
    if (parseDecisionPath(path) !== null) head = sha256(text);
    if (path.startsWith('runs/')) writeFileSync(join(folder, 'records', name), text);
  }
  for (const text of first.values()) writeFileSync(join(folder, 'blobs', sha256(text)), text);
  const digests = Object.fromEntries([...first].map(([path, text]) => [path, sha256(text)]));
  writeFileSync(join(folder, 'start.json'), JSON.stringify({ env: 'shop', files: digests, head }));
  writeFileSync(join(folder, 'trust.json'), JSON.stringify(trust));
  copyFileSync(VERIFIER, join(folder, 'verify.py'));
  return folder;
}

const recordsIn = (commits: readonly StoryCommit[]): string =>
  JSON.stringify([...(commits.at(-1)?.files ?? [])].filter(([path]) => path.startsWith('runs/')).sort());

const verify = (folder: string, ...args: string[]) =>
  spawnSync('python3', [join(folder, 'verify.py'), ...args], { encoding: 'utf8' });

const cases: readonly Case[] = [
  ...forgedEvidence,
  ...forgedHistory,
  ...forgedKeys,
  ...forgedChain,
  ...forgedSettings,
].filter(([, , level], index) => (level === 'V1' || level === 'V2') && index % EVERY === 0);

describe.skipIf(!canVerify)('the verifier in Python', () => {
  it('agrees that nothing was changed', () => {
    const folder = bundleOf(story);
    expect(verify(folder)).toMatchObject({ status: 0, stderr: '' });
    expect(verify(folder, '--trust', join(folder, 'trust.json'))).toMatchObject({ status: 0, stderr: '' });
  });

  it.each(cases)('case %s, %s', async (_number, _what, _level, _file, _field, forgery) => {
    const shop = await told();
    const commits = story.map((commit) => ({ ...commit, files: new Map(commit.files) }));
    const forged = forgery(commits) ?? commits;
    writeStory(shop.dir, start, forged);
    const { issues } = await verifyRepository(shop.repository, { trust });
    // Where no record was touched, it is git alone that tells.
    const touched = recordsIn(forged) !== recordsIn(story);
    const inScope = touched && issues.some(({ file, field }) => /\.(?:json|sig)$/.test(file) && !BEYOND.test(field));
    const folder = bundleOf(forged);
    const { status, stderr } = verify(folder, '--trust', join(folder, 'trust.json'));
    expect(stderr).toBe('');
    if (inScope) expect(status).toBe(6);
    else expect([0, 6]).toContain(status);
  });
});
