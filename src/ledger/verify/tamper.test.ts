/**
 * Each case changes a signed record as somebody might and must be found, at the lowest level that
 * can see it; numbers are those of the list of cases.
 */
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InfrastructureError } from '../../errors.ts';
import { readTrust } from '../keys/trust.ts';
import { put, read, removeFolders, type Shop, userGit } from '../shop.fixture.ts';
import { readStory, reseal, type StoryCommit, thief, told, trust, writeStory } from '../story.fixture.ts';
import { type Anchor, anchorLine, parseAnchor } from './anchor.ts';
import { forgedChain } from './forged-chain.fixture.ts';
import { forgedEvidence } from './forged-evidence.fixture.ts';
import { forgedHistory } from './forged-history.fixture.ts';
import { forgedKeys } from './forged-keys.fixture.ts';
import { forgedSettings } from './forged-settings.fixture.ts';
import { type Case, type Forgery, policy, record, sealed, unsigned } from './forgery.fixture.ts';
import { type Sight, verifyRepository } from './verify.ts';

afterAll(removeFolders);

let story: readonly StoryCommit[];
let start: string;
let anchor: Anchor;
beforeAll(async () => {
  const { dir, repository } = await told();
  start = userGit(dir, 'rev-parse', 'main^1').trim();
  story = readStory(dir, start);
  const report = await verifyRepository(repository, { trust });
  anchor = report.branches[0]?.anchor as Anchor;
});

const own = (): StoryCommit[] => story.map((commit) => ({ ...commit, files: new Map(commit.files) }));
const cases: Case[] = [...forgedEvidence, ...forgedHistory, ...forgedKeys, ...forgedChain, ...forgedSettings];

/** Asserts that it is found, and by no lower level. */
async function expectFound(
  { repository }: Shop,
  level: Sight,
  file: string | RegExp,
  field: string,
  deployed?: string,
) {
  const report = await verifyRepository(repository, {
    trust,
    anchors: [anchor],
    ...(deployed === undefined ? {} : { deployed }),
  });
  const order: Sight[] = ['V1', 'V2', 'V3', 'deployed'];
  const lower = report.issues.filter((issue) => order.indexOf(issue.level) < order.indexOf(level));
  expect(lower).toEqual([]);
  const match = typeof file === 'string' ? file : expect.stringMatching(file);
  expect(report.issues).toContainEqual(expect.objectContaining({ level, file: match, field }));
}

describe('a record that is whole', () => {
  it('verifies at every level, also written again from its parts', async () => {
    const { dir, repository } = await told();
    const tip = userGit(dir, 'rev-parse', 'optimize/shop');
    writeStory(dir, start, own());
    expect(userGit(dir, 'rev-parse', 'optimize/shop')).toBe(tip);
    const report = await verifyRepository(repository, {
      trust,
      anchors: [parseAnchor(anchorLine(anchor))],
      deployed: join(dir, 'harness/shop'),
    });
    expect(report).toMatchObject({ levels: ['V1', 'V2', 'V3'], deployed: 'branch main', issues: [], unchecked: [] });
    expect(report.branches).toMatchObject([{ decisions: 9, signedFrom: 1, commits: 6, releases: 1 }]);
  });
});

describe('a changed history', () => {
  it.each(cases)('case %s, %s, is found at %s', async (_number, _what, level, file, field, forgery) => {
    const shop = await told();
    const commits = own();
    const others = forgery(commits);
    writeStory(shop.dir, start, others ?? commits);
    await expectFound(shop, level, file, field);
  });

  it('case 27, a rebase that keeps every record, is named at V3 and nowhere below', async () => {
    const shop = await told();
    const onto = userGit(shop.dir, 'commit-tree', '-p', start, '-m', 'something else', `${start}^{tree}`).trim();
    writeStory(shop.dir, onto, own());
    await expectFound(shop, 'V3', 'refs/heads/optimize/shop', 'commit');
  });

  it('case 11, with every signature stripped and no number pinned, is not called verified', async () => {
    const { dir, repository } = await told();
    writeStory(dir, start, unsigned(own()));
    const report = await verifyRepository(repository, { trust: { ...trust, signedFrom: {} } });
    expect(report.unchecked).toMatchObject([{ why: expect.stringMatching(/no decision is signed/) }]);
  });

  it('case 35, with the end cut off before the number that is pinned as signed, is found at V2', async () => {
    const shop = await told();
    writeStory(shop.dir, start, own().slice(0, 1));
    const { issues } = await verifyRepository(shop.repository, { trust: { ...trust, signedFrom: { shop: 5 } } });
    expect(issues).toMatchObject([{ level: 'V2', field: 'seq', found: '1 decisions' }]);
  });
});

describe('a repository that lies', () => {
  const late: Forgery = sealed(6, ({ predicate }) => {
    predicate.time = '2025-12-31T00:00:00Z';
  });
  async function forged(): Promise<Shop & { readonly whole: string }> {
    const shop = await told();
    const whole = userGit(shop.dir, 'rev-parse', 'optimize/shop').trim();
    const commits = own();
    late(commits);
    writeStory(shop.dir, start, commits);
    return { ...shop, whole };
  }

  it('case 15: a verifier program of its own is not run', async () => {
    const shop = await forged();
    const program = join(shop.dir, '.git/good');
    put(shop.dir, '.git/good', '#!/bin/sh\ntouch was-run\necho Good signature\nexit 0\n');
    chmodSync(program, 0o755);
    for (const name of [
      'gpg.program',
      'gpg.ssh.program',
      'core.fsmonitor',
      'core.sshCommand',
      'core.alternateRefsCommand',
    ])
      userGit(shop.dir, 'config', name, program);
    userGit(shop.dir, 'config', 'log.showSignature', 'true');
    await expectFound(shop, 'V2', /0006\.json/, 'sig');
    expect(existsSync(join(shop.dir, 'was-run'))).toBe(false);
  });

  it('case 16: signers that it allows itself do not count', async () => {
    const shop = await told();
    const first = own().slice(0, 4);
    reseal(first, () => thief);
    writeStory(shop.dir, start, first);
    put(shop.dir, '.git/allowed', `* ${thief.entry.publicKey}\n`);
    userGit(shop.dir, 'config', 'gpg.ssh.allowedSignersFile', join(shop.dir, '.git/allowed'));
    put(shop.dir, 'trust.json', JSON.stringify({ ...trust, keys: [thief.entry] }));
    expect(() => readTrust(join(shop.dir, 'trust.json'), shop.repository)).toThrow(/lies in the repository/);
    await expectFound(shop, 'V2', /0001\.json/, 'keyid');
  });

  it('case 31: a replace ref does not show the whole record in place of the forged one', async () => {
    const shop = await forged();
    userGit(shop.dir, 'replace', 'optimize/shop', shop.whole);
    await expectFound(shop, 'V2', /0006\.json/, 'sig');
  });

  it('case 32: a graft hides no commit', async () => {
    const shop = await forged();
    put(shop.dir, '.git/info/grafts', `${userGit(shop.dir, 'rev-parse', 'optimize/shop').trim()} ${start}\n`);
    await expectFound(shop, 'V2', /0006\.json/, 'sig');
  });

  it('case 33: a forged commit graph hides no commit', async () => {
    const shop = await forged();
    userGit(shop.dir, 'commit-graph', 'write', '--reachable');
    const path = join(shop.dir, '.git/objects/info/commit-graph');
    const graph = readFileSync(path);
    const tree = Buffer.from(userGit(shop.dir, 'rev-parse', 'optimize/shop^{tree}').trim(), 'hex');
    // The parent's number follows the tree; this one means that there is none.
    graph.writeUInt32BE(0x70000000, graph.indexOf(tree) + tree.length);
    chmodSync(path, 0o644);
    writeFileSync(path, graph);
    expect(userGit(shop.dir, 'rev-list', '--count', 'optimize/shop').trim()).toBe('1');
    await expectFound(shop, 'V2', /0006\.json/, 'sig');
  });

  const place = (oid: string) => `.git/objects/${oid.slice(0, 2)}/${oid.slice(2)}`;

  it.each([
    ['record', `optimize/shop:${record(3)}`, `optimize/shop:${record(2)}`],
    ['folder', 'optimize/shop^{tree}', 'optimize/shop~1^{tree}'],
    ['commit', 'optimize/shop~1', 'optimize/shop~3'],
  ])('a %s stored under the id of another is no way around', async (_, name, instead) => {
    const { dir, repository } = await told();
    const [oid, other] = [name, instead].map((word) => userGit(dir, 'rev-parse', word).trim()) as [string, string];
    chmodSync(join(dir, place(oid)), 0o644);
    writeFileSync(join(dir, place(oid)), readFileSync(join(dir, place(other))));
    await expect(verifyRepository(repository)).rejects.toThrow(`object ${oid} holds the bytes of ${other}`);
  });

  it('an object that is missing is no alarm and no success', async () => {
    const { dir, repository } = await told();
    rmSync(join(dir, place(userGit(dir, 'rev-parse', `optimize/shop:${record(3)}`).trim())));
    await expect(verifyRepository(repository)).rejects.toThrow(InfrastructureError);
    await expect(verifyRepository(repository)).rejects.toThrow(/0003\.json\) is missing.*git fetch --refetch/);
  });

  it('case 34: a tag that was moved is found at V1', async () => {
    const shop = await told();
    userGit(shop.dir, 'tag', '-f', 'harness/shop/v1', 'optimize/shop');
    await expectFound(shop, 'V1', 'refs/tags/harness/shop/v1', 'commit');
  });

  it('a history that was cut off by a shallow clone is refused with what mends it', async () => {
    const shop = await told();
    put(shop.dir, '.git/shallow', `${userGit(shop.dir, 'rev-parse', 'optimize/shop').trim()}\n`);
    await expect(verifyRepository(shop.repository)).rejects.toThrow(/git fetch --unshallow/);
  });
});

describe('a deployed folder', () => {
  it.each<[what: string, file: string, field: string, change: (dir: string) => void]>([
    ['an edited file', policy, 'gitBlob', (dir) => put(dir, policy, 'Be rude.\n')],
    ['a file more', 'harness/shop/notes.md', 'file', (dir) => put(dir, 'harness/shop/notes.md', 'x')],
    ['another mode', policy, 'mode', (dir) => chmodSync(join(dir, policy), 0o755)],
    [
      'an edit by hand on the branch in force',
      'harness/shop on main',
      'sha256',
      (dir) => {
        put(dir, policy, `${read(dir, policy)}Always.\n`);
        userGit(dir, 'commit', '-qam', 'by hand');
      },
    ],
  ])('case 21, with %s, is found', async (_, file, field, change) => {
    const shop = await told();
    change(shop.dir);
    await expectFound(shop, 'deployed', new RegExp(`${file}$`), field, join(shop.dir, 'harness/shop'));
  });
});
