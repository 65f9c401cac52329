/** Checks signatures against pinned keys: each key is trusted at its place in the chain. */
import type { KeyObject } from 'node:crypto';
import type { Policy } from '../../policy/policy.ts';
import { isSignedBy } from '../format/dsse.ts';
import { KeyEntry, type Role, readPublic } from '../keys/key.ts';
import type { Trust } from '../keys/trust.ts';
import { isWord } from '../kinds/approve.ts';
import { type LedgerFinding, notesOn, type Unchecked } from '../kinds/finding.ts';
import { type Decision, kindOf } from '../kinds/index.ts';
import { type Node, type StoredDecision, storedIn } from './nodes.ts';

/** A key, and the place in the chain from which on it is not valid. */
interface Validity {
  readonly key: KeyObject;
  readonly role: Role;
  readonly principal: string;
  until: number;
}

interface Placed extends StoredDecision {
  readonly commit: string;
  /** Counted: a record's own claim about its place is no proof. */
  readonly place: number;
}

type Fault = readonly [field: string, expected: string, found: string];

/**
 * Adds what is wrong to `found`, and to `unchecked` a chain in which nothing is signed. Revocations
 * may reach back, so a first pass collects them; a bot's key revokes only bots' keys.
 */
export function verifyTrust(
  env: string,
  nodes: readonly Node[],
  trust: Trust,
  { found, unchecked }: { readonly found: LedgerFinding[]; readonly unchecked: Unchecked[] },
): void {
  const all: Placed[] = storedIn(nodes).map((stored, index) => ({ ...stored, place: index + 1 }));
  const file = `refs/heads/optimize/${env}`;
  const first =
    trust.signedFrom[env] ?? all.find(({ decision, signature }) => signature !== null || decision?.signer)?.place;
  if (first === undefined) {
    const why = 'no decision is signed, so there is no signature to hold against the trusted keys';
    if (all.length > 0) unchecked.push({ file, why });
    return;
  }
  const expected = `decision ${first}, from which on the trust file says that all are signed`;
  if (all.length < first) notesOn(found, all.at(-1)?.commit ?? '', file)('seq', expected, `${all.length} decisions`);
  const from = all.filter(({ place }) => place >= first);
  walk(from, trust, walk(from, trust, new Map(), []), found);
}

/** Adds what is wrong to `found`; returns, per revoked key, the place from which on it is void. */
function walk(
  all: readonly Placed[],
  trust: Trust,
  revoked: ReadonlyMap<string, number>,
  found: LedgerFinding[],
): ReadonlyMap<string, number> {
  const revocations = new Map<string, number>();
  const keys = new Map<string, Validity>();
  const signers = new Map<string, string>();
  let policy: Policy | null = null;
  const add = ({ keyid, role, principal, publicKey }: KeyEntry) => {
    const until = revoked.get(keyid) ?? Number.POSITIVE_INFINITY;
    if (!keys.has(keyid)) keys.set(keyid, { key: readPublic(publicKey, keyid), role, principal, until });
  };
  for (const entry of trust.keys) add(entry);
  for (const stored of all) {
    const { decision, place } = stored;
    const note = notesOn(found, stored.commit, stored.path);
    const fault = check(stored, keys);
    if (fault !== null) note(...fault);
    const signer = keys.get(decision?.signer ?? '');
    if (fault !== null || decision === null || signer === undefined) continue;
    signers.set(stored.sha256, signer.principal);
    const overreach = checkPerson(decision, signer, { signers, policy });
    if (overreach !== null) note(...overreach);
    if (decision.kind === 'settings') policy = decision.settings.policy;
    if (decision.kind !== 'keys') continue;
    const change = decision.keys;
    if (change.action === 'rotate') {
      signer.until = Math.min(signer.until, place + 1);
      const { new: keyid, publicKey } = change;
      const next = KeyEntry.safeParse({ keyid, role: signer.role, principal: signer.principal, publicKey });
      if (next.success) add(next.data);
      else note('keys.publicKey', 'an Ed25519 key, named by its digest', publicKey);
      continue;
    }
    const target = keys.get(change.keyid);
    if (target?.role === 'person' && signer.role === 'bot')
      note('signer', "a person's key, to revoke that of a person", "a bot's");
    else {
      revocations.set(change.keyid, Math.min(change.from, revocations.get(change.keyid) ?? change.from));
      if (target) target.until = Math.min(target.until, Math.max(change.from, place));
    }
  }
  return revocations;
}

/**
 * A person signs what its kind leaves to persons, an approver what loosens where releases are
 * approved, and nobody approves a release that they signed.
 */
function checkPerson(
  decision: Decision,
  { role, principal }: Validity,
  { signers, policy }: { readonly signers: ReadonlyMap<string, string>; readonly policy: Policy | null },
): Fault | null {
  const persons = kindOf(decision).person(decision);
  if (persons && role !== 'person') return ['signer', "a person's key", `a ${role}'s`];
  const by = policy?.mode === 'propose' && persons && 'loosens' in decision ? policy.approval.by : [];
  if (by.length > 0 && !by.includes(principal))
    return ['signer', `one of those who approve: ${by.join(', ')}`, principal];
  if (!isWord(decision)) return null;
  const { approval } = decision;
  if (approval.principal !== principal) return ['approval.principal', principal, approval.principal];
  return signers.get(approval.entry) === principal
    ? ['signer', `somebody other than ${principal}, who signed the release`, principal]
    : null;
}

/** Why a decision's signature does not count; null when it does. */
function check({ decision, signature, text, place }: Placed, keys: ReadonlyMap<string, Validity>): Fault | null {
  if (decision === null) return ['bytes', 'a decision', 'something else'];
  const envelope = signature?.envelope;
  if (!envelope || decision.signer === null)
    return ['signature', 'a signature, as every decision from the first signed one on', 'none'];
  const keyid = envelope.signatures[0]?.keyid ?? '';
  const known = keys.get(keyid);
  if (known === undefined) return ['keyid', 'a key of the trust file, or one that followed such a key', keyid];
  if (place >= known.until)
    return ['keyid', `a key that is valid at decision ${place}`, `${keyid}, over from decision ${known.until} on`];
  if (!isSignedBy(envelope, text, known.key))
    return ['sig', `the signature of ${known.principal} over these bytes`, 'another'];
  return null;
}
