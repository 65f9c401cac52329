/** Checks signatures against pinned keys: each key is trusted at its place in the chain. */
import type { KeyObject } from 'node:crypto';
import type { Policy } from '../../policy/policy.ts';
import { isSignedBy } from '../format/dsse.ts';
import { KeyEntry, type Role, readPublic } from '../keys/key.ts';
import type { Trust } from '../keys/trust.ts';
import { isWord } from '../kinds/approve.ts';
import type { LedgerFinding, Unchecked } from '../kinds/finding.ts';
import { type Decision, kindOf } from '../kinds/index.ts';
import type { Node, StoredDecision } from './nodes.ts';

/** A key, and the place in the chain from which on it is not valid. */
interface Validity {
  readonly key: KeyObject;
  readonly role: Role;
  readonly principal: string;
  until: number;
}

interface Placed extends StoredDecision {
  readonly commit: string;
  /** Counted, not read: what a record says of its own place is no proof. */
  readonly place: number;
}

type Fault = { readonly field: string; readonly expected: string; readonly found: string };

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
  const all: Placed[] = nodes
    .flatMap(({ added, commit }) => added.map((stored) => ({ ...stored, commit })))
    .map((stored, index) => ({ ...stored, place: index + 1 }));
  const first =
    trust.signedFrom[env] ?? all.find(({ decision, signature }) => signature !== null || decision?.signer)?.place;
  if (first === undefined) {
    if (all.length > 0)
      unchecked.push({
        file: `refs/heads/optimize/${env}`,
        why: 'no decision is signed, so there is no signature to hold against the trusted keys',
      });
    return;
  }
  if (all.length < first)
    found.push({
      commit: all.at(-1)?.commit ?? '',
      file: `refs/heads/optimize/${env}`,
      field: 'seq',
      expected: `decision ${first}, from which on the trust file says that all are signed`,
      found: `${all.length} decisions`,
    });
  const from = all.filter(({ place }) => place >= first);
  const revoked = walk(from, trust, new Map()).revoked;
  for (const [{ commit, path }, fault] of walk(from, trust, revoked).faults)
    found.push({ commit, file: path, ...fault });
}

function walk(all: readonly Placed[], trust: Trust, revoked: ReadonlyMap<string, number>) {
  const faults: [Placed, Fault][] = [];
  const revocations = new Map<string, number>();
  const keys = new Map<string, Validity>();
  const signers = new Map<string, string>();
  let policy: Policy | null = null;
  const add = ({ keyid, role, principal, publicKey }: KeyEntry) => {
    if (!keys.has(keyid))
      keys.set(keyid, {
        key: readPublic(publicKey, keyid),
        role,
        principal,
        until: revoked.get(keyid) ?? Number.POSITIVE_INFINITY,
      });
  };
  for (const entry of trust.keys) add(entry);
  for (const stored of all) {
    const fault = check(stored, keys);
    if (fault !== null) {
      faults.push([stored, fault]);
      continue;
    }
    const change = stored.decision?.kind === 'keys' ? stored.decision.keys : null;
    const signer = keys.get(stored.decision?.signer ?? '');
    if (stored.decision !== null && signer !== undefined) {
      signers.set(stored.sha256, signer.principal);
      const overreach = checkPerson(stored.decision, signer, { signers, policy });
      if (stored.decision.kind === 'settings') policy = stored.decision.settings.policy;
      if (overreach !== null) faults.push([stored, overreach]);
    }
    if (!change || signer === undefined) continue;
    if (change.action === 'rotate') {
      signer.until = Math.min(signer.until, stored.place + 1);
      const { role, principal } = signer;
      const next = KeyEntry.safeParse({ keyid: change.new, role, principal, publicKey: change.publicKey });
      if (next.success) add(next.data);
      else
        faults.push([
          stored,
          { field: 'keys.publicKey', expected: 'an Ed25519 key, named by its digest', found: change.publicKey },
        ]);
    } else {
      const target = keys.get(change.keyid);
      if (target?.role === 'person' && signer.role === 'bot')
        faults.push([
          stored,
          { field: 'signer', expected: "a person's key, to revoke that of a person", found: "a bot's" },
        ]);
      else {
        revocations.set(change.keyid, Math.min(change.from, revocations.get(change.keyid) ?? change.from));
        if (target) target.until = Math.min(target.until, Math.max(change.from, stored.place));
      }
    }
  }
  return { faults, revoked: revocations };
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
  if (persons && role !== 'person') return { field: 'signer', expected: "a person's key", found: `a ${role}'s` };
  const by = policy?.mode === 'propose' && persons && 'loosens' in decision ? policy.approval.by : [];
  if (by.length > 0 && !by.includes(principal))
    return { field: 'signer', expected: `one of those who approve: ${by.join(', ')}`, found: principal };
  if (!isWord(decision)) return null;
  const { approval } = decision;
  if (approval.principal !== principal)
    return { field: 'approval.principal', expected: principal, found: approval.principal };
  return signers.get(approval.entry) === principal
    ? { field: 'signer', expected: `somebody other than ${principal}, who signed the release`, found: principal }
    : null;
}

/** Why a decision's signature does not count; null when it does. */
function check({ decision, signature, text, place }: Placed, keys: ReadonlyMap<string, Validity>): Fault | null {
  if (decision === null) return { field: 'bytes', expected: 'a decision', found: 'something else' };
  const envelope = signature?.envelope;
  if (!envelope || decision.signer === null)
    return {
      field: 'signature',
      expected: 'a signature, as every decision from the first signed one on',
      found: 'none',
    };
  const keyid = envelope.signatures[0]?.keyid ?? '';
  const known = keys.get(keyid);
  if (known === undefined)
    return { field: 'keyid', expected: 'a key of the trust file, or one that followed such a key', found: keyid };
  if (place >= known.until)
    return {
      field: 'keyid',
      expected: `a key that is valid at decision ${place}`,
      found: `${keyid}, over from decision ${known.until} on`,
    };
  if (!isSignedBy(envelope, text, known.key))
    return { field: 'sig', expected: `the signature of ${known.principal} over these bytes`, found: 'another' };
  return null;
}
