/**
 * Whatever byte of whatever evidence file is changed, also where a whole history is written again
 * around it: it is found.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openLedger } from '../branch/ledger.ts';
import type { LedgerFinding, Unchecked } from '../kinds/finding.ts';
import { keep, release, removeFolders, ringOf, userGit } from '../shop.fixture.ts';
import { next, told, trust } from '../story.fixture.ts';
import { verifyDecisions } from './decisions.ts';
import { type History, nodesOf, readHistory } from './nodes.ts';
import { verifySignatures } from './signatures.ts';
import { verifyTrust } from './trust.ts';

afterAll(removeFolders);

let history: History;
/** `FLIPS=all` tries every byte of 20 decisions, which takes minutes. */
const EVERY = process.env.FLIPS === 'all';

/** Ids of all records and signatures. */
let evidence: string[];
beforeAll(async () => {
  const { dir, repository } = await told();
  if (EVERY) {
    const ledger = await openLedger(repository, 'shop', ringOf(next));
    for (let n = 10; n <= 18; n++) await keep(ledger, `rule-${n}`, 'night-3');
    await release(ledger, 'v2', 'night-3');
  }
  history = await readHistory(repository, 'shop', userGit(dir, 'rev-parse', 'optimize/shop').trim());
  const changes = history.commits.flatMap(({ changes }) => changes);
  evidence = changes.filter(({ path }) => path.startsWith('runs/')).map(({ oid }) => oid);
});

/** The first that V1 and V2 find, with other bytes under one id. */
function found(oid: string, bytes: Uint8Array): LedgerFinding | undefined {
  const findings: LedgerFinding[] = [];
  const unchecked: Unchecked[] = [];
  const nodes = nodesOf('shop', { ...history, objects: new Map([...history.objects, [oid, bytes]]) }, findings);
  const stations = [
    () => verifyDecisions('shop', nodes, 'sha1', findings),
    () => verifySignatures(nodes, findings),
    () => verifyTrust('shop', nodes, trust, { found: findings, unchecked }),
  ];
  for (const station of stations) if (findings.length === 0) station();
  return findings[0];
}

it('finds every flipped bit of every record and signature', () => {
  expect(evidence).toHaveLength(EVERY ? 40 : 18);
  const first = evidence[0] as string;
  expect(found(first, history.objects.get(first) as Uint8Array)).toBeUndefined();
  const flip = fc.record({
    file: fc.nat(evidence.length - 1),
    at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    bit: fc.nat(7),
  });
  fc.assert(
    fc.property(flip, ({ file, at, bit }) => {
      const oid = evidence[file] as string;
      const bytes = Uint8Array.from(history.objects.get(oid) as Uint8Array);
      const index = Math.floor(at * bytes.length);
      bytes[index] = (bytes[index] as number) ^ (1 << bit);
      expect(found(oid, bytes)).toBeDefined();
    }),
    { numRuns: 200 },
  );
});

it('finds every flipped byte of a signature', () => {
  const oid = evidence.find((one) => (history.objects.get(one) as Uint8Array).length < 400) as string;
  const original = history.objects.get(oid) as Uint8Array;
  for (let index = 0; index < original.length; index++) {
    const bytes = Uint8Array.from(original);
    bytes[index] = (bytes[index] as number) ^ 1;
    expect(found(oid, bytes)).toBeDefined();
  }
});

it.runIf(EVERY)(
  'finds every flipped byte of every file of 20 decisions',
  () => {
    let flips = 0;
    const missed: string[] = [];
    for (const oid of evidence) {
      const original = history.objects.get(oid) as Uint8Array;
      for (let index = 0; index < original.length; index++) {
        const bytes = Uint8Array.from(original);
        bytes[index] = (bytes[index] as number) ^ (1 << (index % 8));
        flips += 1;
        if (found(oid, bytes) === undefined) missed.push(`${oid} at ${index}`);
      }
    }
    process.stdout.write(`${flips} bytes flipped, ${missed.length} not found\n`);
    expect(missed).toEqual([]);
  },
  3_600_000,
);
