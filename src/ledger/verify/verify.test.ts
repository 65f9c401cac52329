import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { pick, randomOf, sha256 } from '../../digest.ts';
import { applyRelease } from '../acts/apply.ts';
import { openLedger } from '../branch/ledger.ts';
import { canonicalText } from '../format/statement.ts';
import { openRepository } from '../git/git.ts';
import type { LedgerFinding } from '../kinds/finding.ts';
import {
  addClause,
  type CandidateDraft,
  candidate,
  copies,
  endNight,
  keep,
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
import { verifyDecisions } from './decisions.ts';
import { nodesOf, readHistory } from './nodes.ts';
import { verifyRepository } from './verify.ts';

afterAll(removeFolders);

const path = 'runs/night-1/decisions/0003.json';

/** Two keeps, a reject, an artifact and a release. */
const recorded = copies(async ({ dir, repository }) => {
  put(dir, 'runs/night-1/traces.jsonl', 'a trace\n');
  put(dir, '.git/info/exclude', 'runs/*/traces.jsonl\n');
  const ledger = await openLedger(repository, 'shop');
  await keep(ledger, 'second');
  const reject = refusal(ledger, addClause('leaky'), 'leak');
  const { draft, files } = candidate(ledger, [addClause('third'), addClause('fourth')], true);
  await ledger.record({ decisions: [reject, draft], files, message: { subject: 'keep two' } });
  await release(ledger, 'v1');
  await endNight(ledger, 'night-1', [{ name: 'traces.jsonl', sha256: sha256('a trace\n') }]);
});

const withoutGate = ({ gate: _, ...draft }: CandidateDraft): CandidateDraft => draft;

const keptOnce = copies(async ({ repository }) => {
  await keep(await openLedger(repository, 'shop'), 'second');
});

/** Changes files in a commit of one's own on top of the branch. */
function addCommit(dir: string, change: () => void): void {
  userGit(dir, 'switch', '-q', 'optimize/shop');
  change();
  userGit(dir, 'add', '-Af', 'harness', 'runs/night-1/decisions');
  userGit(dir, 'commit', '-q', '-m', 'tamper');
  userGit(dir, 'switch', '-q', 'main');
}

/** Rewrites the newest commit of the branch, as someone would who hides a change. */
function amend(dir: string, change: () => void): void {
  userGit(dir, 'switch', '-q', 'optimize/shop');
  change();
  userGit(dir, 'add', '-A', 'harness', 'runs/night-1/decisions');
  userGit(dir, 'commit', '-q', '--amend', '--no-edit');
  userGit(dir, 'switch', '-q', 'main');
}

const edited = (dir: string, file: string, from: string, to: string) => () =>
  put(dir, file, read(dir, file).replace(from, to));

describe('verifyRepository', () => {
  it('agrees with a clean record, from any checkout, and says what it could not check', async () => {
    const { dir, repository } = await recorded();
    const report = await verifyRepository(repository);
    expect(report).toMatchObject({ ok: true, issues: [], unchecked: [] });
    expect(report.branches).toMatchObject([{ env: 'shop', decisions: 6, commits: 4, releases: 1 }]);
    const copy = newFolder();
    userGit(copy, 'clone', '-q', '--no-tags', '-b', 'optimize/shop', dir, 'clone');
    const elsewhere = await verifyRepository(await openRepository(`${copy}/clone`));
    expect(elsewhere.issues).toEqual([]);
    expect(elsewhere.unchecked.map(({ file }) => file)).toEqual(['refs/tags/harness/shop/v1']);
    expect(elsewhere.notCovered).toContain('runs/night-1/traces.jsonl: not on this machine');
    await expect(verifyRepository(repository, { env: 'other' })).rejects.toThrow(/optimize\/other/);
  });

  it.each<[string, (dir: string) => void, string, string]>([
    [
      'a byte of a decision, changed later',
      (dir) => addCommit(dir, edited(dir, path, '"operator": "test"', '"operator": "tess"')),
      path,
      'bytes',
    ],
    ['a deleted decision', (dir) => addCommit(dir, () => userGit(dir, 'rm', '-q', path)), path, 'bytes'],
    [
      'a harness file, changed by hand',
      (dir) => addCommit(dir, edited(dir, 'harness/shop/contract.yaml', 'Rule third', 'Rule 3')),
      'harness/shop/contract.yaml',
      'sha256',
    ],
    [
      'a new harness file',
      (dir) => addCommit(dir, () => put(dir, 'harness/shop/notes.md', 'x')),
      'harness/shop/notes.md',
      'sha256',
    ],
    [
      'the last decision, hidden by an amend',
      (dir) => amend(dir, edited(dir, 'runs/night-1/decisions/0006.json', '"operator": "test"', '"operator": "tess"')),
      'message',
      'Optimize-Entry',
    ],
    [
      'a harness file, hidden by an amend',
      (dir) => amend(dir, edited(dir, 'harness/shop/policy.md', 'kind', 'rude')),
      'harness/shop/policy.md',
      'sha256',
    ],
    [
      'a moved tag',
      (dir) => userGit(dir, 'tag', '-f', 'harness/shop/v1', 'optimize/shop'),
      'refs/tags/harness/shop/v1',
      'commit',
    ],
    [
      'a trace',
      (dir) => put(dir, 'runs/night-1/traces.jsonl', 'a trqce\n'),
      'runs/night-1/traces.jsonl',
      'artifacts (runs/night-1/decisions/0006.json)',
    ],
    [
      'an executable harness file',
      (dir) => addCommit(dir, () => chmodSync(join(dir, 'harness/shop/policy.md'), 0o755)),
      'harness/shop/policy.md',
      'mode',
    ],
  ])('finds %s', async (_, tamper, file, field) => {
    const { dir, repository } = await recorded();
    tamper(dir);
    const report = await verifyRepository(repository);
    expect(report.ok).toBe(false);
    expect(report.issues).toContainEqual(expect.objectContaining({ file, field }));
  });

  /** A decision rewritten together with everything that follows from its bytes alone. */
  it.each<[string, (text: string) => string, string]>([
    ['a number of the verdict', (text) => text.replace('"effect": 0.5', '"effect": 0.6'), 'verdict.effect'],
    ['a score', (text) => text.replace(/("after": \[\n +)1\n/, '$10\n'), 'verdict.effect'],
    ['an edit', (text) => text.replace('"say": "Rule second holds', '"say": "Rule second is void'), 'keys'],
    ['a file digest', (text) => text.replace(/"sha256": "\w{4}/, '"sha256": "0000'), 'subject.contract.yaml'],
    ['a blob id', (text) => text.replace(/"gitBlob": "\w{4}/, '"gitBlob": "0000'), 'subject.contract.yaml'],
    ['a sequence number', (text) => text.replace('"seq": 1', '"seq": 2'), 'seq'],
    ['a link of the chain', (text) => text.replace('"prev": null', `"prev": "${'0'.repeat(64)}"`), 'prev'],
    ['a duplicate key', (text) => text.replace('"predicateType"', '"_type": "x",\n "predicateType"'), 'bytes'],
    ['an unknown field', (text) => text.replace('"predicateType"', '"predicate2": 1,\n "predicateType"'), ''],
    ['another type of record', (text) => text.replace('decision:v3', 'decision:v4'), 'predicateType'],
    ['a cut file', (text) => text.slice(0, 900), 'bytes'],
  ])('finds %s in a consistent-looking commit', async (_, change, field) => {
    const { dir, repository } = await keptOnce();
    const file = 'runs/night-1/decisions/0001.json';
    const text = userGit(dir, 'show', `optimize/shop:${file}`);
    const tampered = change(text);
    expect(tampered).not.toBe(text);
    userGit(dir, 'switch', '-q', 'optimize/shop');
    put(dir, file, tampered);
    userGit(dir, 'add', '-A');
    const message = userGit(dir, 'log', '-1', '--format=%B').replace(sha256(text), sha256(tampered));
    userGit(dir, 'commit', '-q', '--amend', '-m', message);
    const { issues } = await verifyRepository(repository);
    expect(issues).toContainEqual(expect.objectContaining({ file, field }));
    expect(canonicalText(JSON.parse(text))).toBe(text);
  });

  it('finds a decision that is missing in the middle, and one that accepts without scores', async () => {
    const { dir, repository } = await newShop();
    const ledger = await openLedger(repository, 'shop');
    await keep(ledger, 'second');
    const { draft, files } = candidate(ledger, [addClause('third')], true);
    const rejects = ['a', 'b'].map((id) => candidate(ledger, [addClause(id)], false).draft);
    await ledger.record({
      decisions: [...rejects, withoutGate(draft)],
      files,
      message: { subject: 'keep' },
    });
    amend(dir, () => userGit(dir, 'rm', '-q', 'runs/night-1/decisions/0003.json'));
    const { issues } = await verifyRepository(repository);
    const found = issues.map(({ file, field }) => `${file} ${field}`);
    expect(found).toContain('runs/night-1/decisions/0004.json seq');
    expect(found).toContain('runs/night-1/decisions/0004.json prev');
    expect(found).toContain('runs/night-1/decisions/0004.json gate');
  });

  it('finds any changed byte of any decision, even where a whole history is rewritten around it', async () => {
    const { repository } = await recorded();
    const head = (await openLedger(repository, 'shop')).head().commit;
    const history = await readHistory(repository, 'shop', head);
    const wrong = (objects: ReadonlyMap<string, Uint8Array>) => {
      const issues: LedgerFinding[] = [];
      verifyDecisions('shop', nodesOf('shop', { ...history, objects }, issues), repository.objectFormat, issues);
      return issues;
    };
    expect(wrong(history.objects)).toEqual([]);
    const decisions = [...history.objects].filter(([, bytes]) => bytes[0] === 123);
    expect(decisions).toHaveLength(6);
    const random = randomOf('flip');
    for (let trial = 0; trial < 40; trial++) {
      const [oid, bytes] = pick(decisions, random);
      const flipped = Uint8Array.from(bytes);
      const at = Math.floor(random() * flipped.length);
      flipped[at] = (flipped[at] as number) ^ (1 << Math.floor(random() * 8));
      expect(wrong(new Map([...history.objects, [oid, flipped]]))).not.toEqual([]);
    }
  });

  it('accepts a branch that was made again from an applied release, and one continued from a remote copy', async () => {
    const { dir, repository } = await recorded();
    await applyRelease(repository, 'shop', { who, time: nextTime() });
    const copy = `${newFolder()}/clone`;
    userGit(dir, 'clone', '-q', dir, copy);
    const clone = await openLedger(await openRepository(copy), 'shop');
    expect(clone.nextSeq).toBe(8);
    await keep(clone, 'fifth', 'night-2');
    expect((await verifyRepository(clone.repository)).issues).toEqual([]);

    userGit(dir, 'branch', '-D', 'optimize/shop');
    put(dir, 'harness/shop/policy.md', 'Be kinder.\n');
    userGit(dir, 'commit', '-qam', 'by hand');
    const again = await openLedger(repository, 'shop');
    expect(again.nextSeq).toBe(6);
    await keep(again, 'sixth', 'night-3');
    const { issues } = await verifyRepository(repository);
    expect(issues.filter(({ file }) => !file.startsWith('refs/tags/'))).toEqual([]);
  });

  it('reads objects, not what replace refs and grafts pretend, and refuses a cut history', async () => {
    const { dir, repository } = await recorded();
    const tip = userGit(dir, 'rev-parse', 'optimize/shop').trim();
    const forged = userGit(dir, 'commit-tree', '-p', 'main', '-m', 'forged', `${tip}^{tree}`).trim();
    userGit(dir, 'replace', tip, forged);
    put(dir, '.git/info/grafts', `${tip}\n`);
    expect(await verifyRepository(repository)).toMatchObject({ ok: true, branches: [{ commits: 4 }] });
    put(dir, '.git/shallow', `${tip}\n`);
    await expect(verifyRepository(repository)).rejects.toThrow(/--unshallow/);
  });
});
