import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { applyRelease } from '../acts/apply.ts';
import { revoke, rotate, signingKey } from '../acts/key-change.ts';
import { rollback } from '../acts/rollback.ts';
import { startNight } from '../acts/start.ts';
import { openLedger } from '../branch/ledger.ts';
import { DsseEnvelope, isSignedBy, preAuthentication, signatureText } from '../format/dsse.ts';
import {
  addClause,
  candidate,
  copies,
  heldKey,
  keep,
  newFolder,
  newShop,
  nextTime,
  put,
  release,
  removeFolders,
  ringOf,
  stepWith,
  trustIn,
  userGit,
  who,
  workTreeOf,
} from '../shop.fixture.ts';
import { verifyRepository } from '../verify/verify.ts';
import { readPublic } from './key.ts';
import { createKey, keyFolder, readKeyring } from './keys.ts';
import { openSigner } from './signing.ts';
import { readTrust } from './trust.ts';

afterAll(removeFolders);

const key = heldKey();
const person = heldKey('person', 'kim');
const next = heldKey();
const trust = trustIn([key, person]);

/** Three signed decisions, the last of which releases v1. */
const signed = copies(async ({ repository }) => {
  const ledger = await openLedger(repository, 'shop', ringOf(key));
  await keep(ledger, 'second');
  await keep(ledger, 'third');
  await release(ledger, 'v1');
});

describe('a signature', () => {
  it('is over type and length as well, as DSSE has it', () => {
    expect(preAuthentication('http://example.com/HelloWorld', 'hello world').toString()).toBe(
      'DSSEv1 29 http://example.com/HelloWorld 11 hello world',
    );
    expect(preAuthentication('t', 'é').toString()).toBe('DSSEv1 1 t 2 é');
    const envelope = DsseEnvelope.parse(JSON.parse(signatureText('payload', openSigner(key))));
    const publicKey = readPublic(key.entry.publicKey, 'test');
    expect(isSignedBy(envelope, 'payload', publicKey)).toBe(true);
    expect(isSignedBy(envelope, 'payloaD', publicKey)).toBe(false);
    expect(isSignedBy({ ...envelope, payloadType: 'text/plain' }, 'payload', publicKey)).toBe(false);
  });

  it('lies beside each decision, in the same commit, and goes along with merges', async () => {
    const { dir, repository } = await signed();
    const list = (commit: string) => userGit(dir, 'ls-tree', '-r', '--name-only', commit, 'runs').trim().split('\n');
    const both = ['0001', '0002', '0003', '0004'].flatMap((n) => [
      `runs/night-1/decisions/${n}.json`,
      `runs/night-1/decisions/${n}.sig`,
    ]);
    expect(list('optimize/shop')).toEqual(both);
    expect(userGit(dir, 'diff', '--name-only', 'optimize/shop~2', 'optimize/shop~1')).toMatch(
      /0002\.json\n.*0002\.sig/,
    );
    const applied = await applyRelease(repository, 'shop', stepWith(key));
    expect(list(applied.commit)).toEqual(both);
    expect(userGit(dir, 'status', '--porcelain')).toBe('');
    put(dir, 'README.md', 'more\n');
    userGit(dir, 'commit', '-qam', 'more');
    const ledger = await openLedger(repository, 'shop', ringOf(key));
    await startNight(ledger, { workTree: workTreeOf(dir), run: 'night-2', who, time: nextTime() });
    expect(list('optimize/shop')).toEqual(expect.arrayContaining([...both, 'runs/night-2/decisions/0006.sig']));
    expect(await verifyRepository(repository, { trust })).toMatchObject({
      issues: [],
      unchecked: [],
      levels: ['V1', 'V2'],
    });
  });

  it('is missed by nobody where nothing is signed, and may begin at any decision', async () => {
    const { repository } = await newShop();
    await keep(await openLedger(repository, 'shop'), 'second');
    expect(await verifyRepository(repository)).toMatchObject({ issues: [], branches: [{ signedFrom: null }] });
    const none = await verifyRepository(repository, { trust });
    expect(none).toMatchObject({ issues: [], unchecked: [{ why: expect.stringMatching(/no decision is signed/) }] });
    await keep(await openLedger(repository, 'shop', ringOf(key)), 'third');
    const { issues, branches, notCovered } = await verifyRepository(repository, { trust });
    expect([issues, branches[0]?.signedFrom]).toEqual([[], 2]);
    expect(notCovered.join()).toMatch(/decisions 1 to 1 of optimize\/shop: only the chain/);
  });
});

describe('the ledger', () => {
  it('goes on with signatures or not at all', async () => {
    const { repository } = await signed();
    const unsigned = await openLedger(repository, 'shop');
    expect(() => unsigned.assertWritable()).toThrow(
      /signed from number 1 on, and nowhere has no key.*optimize keys init/,
    );
    await expect(keep(unsigned, 'fourth')).rejects.toThrow(/signed from number 1 on/);
    await expect(rollback(repository, 'shop', 'v1', { who, time: nextTime() })).rejects.toThrow(/signed from number 1/);
    await expect(applyRelease(repository, 'shop', { who, time: nextTime() })).rejects.toThrow(/signed from number 1/);
    expect((await openLedger(repository, 'shop')).nextSeq).toBe(5);
  });

  it('prefers a key that the chain knows, and a bot to a person', async () => {
    const { repository } = await signed();
    const signerOf = async (...keys: (typeof key)[]) =>
      (await openLedger(repository, 'shop', ringOf(...keys))).assertWritable()?.keyid;
    expect(await signerOf(person, next, key)).toBe(key.entry.keyid);
    expect(await signerOf(key, next)).toBe(key.entry.keyid);
    expect(await signerOf(person, next)).toBe(next.entry.keyid);
    expect(await signerOf(person)).toBe(person.entry.keyid);
  });

  it('lets a resumed night record its decisions again, also with no key at hand', async () => {
    const { repository } = await newShop();
    const ledger = await openLedger(repository, 'shop', ringOf(key));
    const { draft, files } = candidate(ledger, [addClause('second')], true);
    const entries = { decisions: [{ ...draft, seq: 1 }], files, message: { subject: 'keep' } };
    const { commit } = await ledger.record(entries);
    expect(await (await openLedger(repository, 'shop')).record(entries)).toEqual({ commit });
  });
});

describe('keys', () => {
  it('follow each other by a decision, and are over from there on', async () => {
    const { repository } = await signed();
    const done = await rotate(repository, 'shop', { old: key.entry, next: next.entry }, stepWith(key));
    expect(done.seq).toBe(5);
    expect(await signingKey(repository, 'shop', ringOf(key, next))).toEqual(next.entry);
    await expect(keep(await openLedger(repository, 'shop', ringOf(key)), 'fourth')).rejects.toThrow(
      /no key that may go on/,
    );
    await keep(await openLedger(repository, 'shop', ringOf(key, next)), 'fourth');
    const report = await verifyRepository(repository, { trust });
    expect(report).toMatchObject({ issues: [], unchecked: [], branches: [{ decisions: 6, signedFrom: 1 }] });
    // Whoever trusts the second key alone cannot say who made the first decisions.
    const late = await verifyRepository(repository, { trust: trustIn([next]) });
    expect(late.issues).toContainEqual(
      expect.objectContaining({ level: 'V2', field: 'keyid', found: key.entry.keyid }),
    );
  });

  it('can be taken back, by another key also for what they signed', async () => {
    const { repository } = await signed();
    await expect(revoke(repository, 'shop', { keyid: next.entry.keyid }, stepWith(key))).rejects.toThrow(
      /has signed on/,
    );
    await expect(revoke(repository, 'shop', { keyid: key.entry.keyid, from: 2 }, stepWith(key))).rejects.toThrow(
      /no key takes back/,
    );
    const prefix = key.entry.keyid.slice(0, 8);
    const done = await revoke(repository, 'shop', { keyid: prefix }, stepWith(key, person));
    expect(done).toMatchObject({ seq: 5, from: 5, keyid: key.entry.keyid });
    expect(await verifyRepository(repository, { trust })).toMatchObject({ issues: [], unchecked: [] });
    await expect(keep(await openLedger(repository, 'shop', ringOf(key)), 'fourth')).rejects.toThrow(
      /no key that may go on/,
    );
    await revoke(repository, 'shop', { keyid: prefix, from: 4 }, stepWith(person));
    const { issues } = await verifyRepository(repository, { trust });
    expect(issues.map(({ level, file, field }) => [level, file, field])).toEqual([
      ['V1', 'runs/night-1/decisions/0004.json', 'signer'],
      ['V2', 'runs/night-1/decisions/0004.json', 'keyid'],
    ]);
  });

  it('can take themselves back from the next decision on', async () => {
    const { repository } = await signed();
    const done = await revoke(repository, 'shop', { keyid: key.entry.keyid }, stepWith(key));
    expect(done).toMatchObject({ seq: 5, from: 6 });
    expect(await verifyRepository(repository, { trust })).toMatchObject({ issues: [], unchecked: [] });
  });

  it("of a bot take back no person's", async () => {
    const { repository } = await signed();
    await keep(await openLedger(repository, 'shop', ringOf(person)), 'fourth');
    await revoke(repository, 'shop', { keyid: person.entry.keyid }, stepWith(key));
    const { issues } = await verifyRepository(repository, { trust });
    expect(issues).toMatchObject([{ level: 'V2', field: 'signer', file: 'runs/keys-6/decisions/0006.json' }]);
  });
});

describe('private keys', () => {
  const made = { role: 'bot', principal: 'night', created: nextTime() } as const;

  it('lie in a folder for their owner alone, and come from a variable before it', () => {
    const folder = join(newFolder(), 'keys');
    const { entry } = createKey(folder, made);
    const [found] = readKeyring({ OPTIMIZE_KEYS: folder }, null).keys;
    expect(found?.entry).toEqual(entry);
    expect(openSigner(found as NonNullable<typeof found>).keyid).toBe(entry.keyid);
    for (const pem of [key.pem, key.pem.replaceAll('\n', '\\n'), key.pem.replaceAll('\n', '\r\n')]) {
      const ring = readKeyring({ OPTIMIZE_SIGNING_KEY: pem, OPTIMIZE_KEYS: folder }, null);
      expect(ring.keys.map((one) => one.entry.keyid)).toEqual([key.entry.keyid]);
    }
    chmodSync(join(folder, `${entry.keyid}.pem`), 0o644);
    expect(() => found?.open()).toThrow(/expected mode 0600, found 0644.*chmod 600/);
    writeFileSync(join(folder, `${entry.keyid}.pem`), key.pem);
    chmodSync(join(folder, `${entry.keyid}.pem`), 0o600);
    expect(() => found?.open()).toThrow(/found the private key of/);
  });

  it('of another kind or unreadable are refused without a word of their text', () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey.export({ type: 'pkcs8', format: 'pem' });
    expect(() => readKeyring({ OPTIMIZE_SIGNING_KEY: rsa.toString() }, null)).toThrow(
      /expected an Ed25519 private key, found rsa/,
    );
    expect(() => readKeyring({ OPTIMIZE_SIGNING_KEY: 'secret-text' }, null)).toThrow(/^(?!.*secret-text).*PEM/);
    const folder = join(newFolder(), 'keys');
    const { entry } = createKey(folder, made);
    writeFileSync(join(folder, `${entry.keyid}.json`), '{}');
    expect(() => readKeyring({ OPTIMIZE_KEYS: folder }, null)).toThrow(/description of a key/);
  });

  it('are never in the repository, nor is what is trusted', async () => {
    const { dir, repository } = await newShop();
    expect(() => keyFolder({ OPTIMIZE_KEYS: join(dir, 'keys') }, repository)).toThrow(/a private key must never be/);
    const link = join(newFolder(), 'link');
    symlinkSync(dir, link);
    expect(() => keyFolder({ OPTIMIZE_KEYS: join(link, 'not', 'there') }, repository)).toThrow(/never be/);
    expect(keyFolder({ HOME: '/home/kim' }, repository)).toBe('/home/kim/.config/harness-optimizer/keys');
    put(dir, 'trust.json', JSON.stringify(trust));
    expect(() => readTrust(join(dir, 'trust.json'), repository)).toThrow(/lies in the repository/);
    const outside = newFolder();
    mkdirSync(join(outside, 'a'));
    put(outside, 'trust.json', JSON.stringify(trust));
    expect(readTrust(join(outside, 'trust.json'), repository)).toEqual(trust);
    put(outside, 'wrong.json', JSON.stringify({ ...trust, keys: [{ ...key.entry, keyid: person.entry.keyid }] }));
    expect(() => readTrust(join(outside, 'wrong.json'), repository)).toThrow(/SHA-256 of publicKey/);
    expect(() => readTrust(join(outside, 'none.json'), repository)).toThrow(/found no file.*keys list --trust/);
  });
});
