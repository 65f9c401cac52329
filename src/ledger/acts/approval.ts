/** Four eyes: who approved or rejected a release, and whether that is enough to apply it. */
import { UsageError } from '../../errors.ts';
import { NO_POLICY } from '../../policy/policy.ts';
import { openLedger } from '../branch/ledger.ts';
import type { Repository } from '../git/git.ts';
import type { Oid } from '../git/plumbing.ts';
import type { Keyring } from '../keys/keys.ts';
import { unapproved, wordsOn } from '../kinds/approve.ts';
import { policyDigest, settingsInForce } from '../kinds/settings.ts';
import { recordAct, type SignedStep, underLock } from './step.ts';

/** Only the keys of persons. */
export const personsOf = (keyring: Keyring): Keyring => ({
  ...keyring,
  keys: keyring.keys.filter(({ entry }) => entry.role === 'person'),
});

/** The same; throws UsageError for none. `what` is a person's to sign. */
export function needPersons(keyring: Keyring, what: string): Keyring {
  const persons = personsOf(keyring);
  if (persons.keys.length > 0) return persons;
  throw new UsageError(
    `only a person can sign ${what}, and ${keyring.place} has no person's key; make one: npx optimize keys init --role person --principal NAME`,
  );
}

export interface Stated {
  readonly commit: Oid;
  readonly seq: number;
  readonly version: string;
  readonly principal: string;
  /** Why it may not come into force yet; null if it may. */
  readonly missing: string | null;
}

export interface WordToRecord {
  readonly kind: 'approve' | 'reject';
  /** Default: the newest release. */
  readonly version?: string;
  readonly why: string;
}

/**
 * Records a person's approval or rejection, signed over the bytes of the release's record. Throws
 * UsageError without a person's key, for the release's signer, and for a person whom the policy
 * does not name.
 */
export const state = (repository: Repository, env: string, what: WordToRecord, options: SignedStep): Promise<Stated> =>
  underLock(repository, env, options.time, () => stateLocked(repository, env, what, options));

async function stateLocked(
  repository: Repository,
  env: string,
  what: WordToRecord,
  options: SignedStep,
): Promise<Stated> {
  const ledger = await openLedger(repository, env, needPersons(options.keys, 'an approval or a rejection'));
  const releases = ledger.releases();
  const release =
    what.version === undefined ? releases.at(-1) : releases.find(({ version }) => version === what.version);
  if (release === undefined)
    throw new UsageError(
      `there is no release ${what.version ?? ''} of ${env}; expected one of: ${releases.map(({ version }) => version).join(', ') || 'none so far'}`,
    );
  const signer = ledger.assertWritable();
  if (signer === null) throw new UsageError(`no key of a person at hand may sign on ${ledger.branch}`);
  if (signer.keyid === release.decision.signer)
    throw new UsageError(`${signer.principal} signed this release, so somebody else must approve or reject it`);
  const policy = settingsInForce(ledger.decisions())?.policy ?? null;
  const { by } = (policy ?? NO_POLICY).approval;
  if (by.length > 0 && !by.includes(signer.principal))
    throw new UsageError(`${signer.principal} is none of those who may approve: ${by.join(', ')}`, {
      where: `evals/${env}/policy.yaml`,
    });
  const { version, entry } = release;
  const { principal } = signer;
  const approval = { entry, policy: policy === null ? null : policyDigest(policy), principal };
  const { commit, seq } = await recordAct(ledger, { kind: what.kind, version, approval, why: what.why }, options, {
    message: { subject: `chore(${env}): ${what.kind} ${version}`, body: what.why },
  });
  const missing = unapproved(policy ?? NO_POLICY, wordsOn(ledger.decisions(), entry), release.decision);
  return { commit, seq, version, principal, missing };
}
