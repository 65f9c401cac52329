/**
 * Four eyes: who approved a release, or rejected it, and whether that is enough to put it into
 * force.
 */
import { sha256 } from '../../digest.ts';
import { UsageError } from '../../errors.ts';
import { NO_POLICY, type Policy } from '../../policy/policy.ts';
import { openLedger } from '../branch/ledger.ts';
import { type Decision, nothingMeasured } from '../format/decision.ts';
import { decisionText } from '../format/statement.ts';
import type { Repository } from '../git/git.ts';
import type { Oid } from '../git/plumbing.ts';
import type { Keyring } from '../keys/keys.ts';
import { chainKeys } from '../keys/signing.ts';
import type { StepOptions } from './rollback.ts';
import { policyDigest, settingsInForce } from './settings.ts';
import { underLock } from './step.ts';

/** SHA-256 of a decision's bytes: what an approval names. */
export const entryOf = (decision: Decision): string => sha256(decisionText(decision));

export const isStatement = ({ kind }: Pick<Decision, 'kind'>): boolean => kind === 'approve' || kind === 'reject';

/** The keys of persons: nothing else may approve. */
export const personsOf = (keyring: Keyring): Keyring => ({
  ...keyring,
  keys: keyring.keys.filter(({ entry }) => entry.role === 'person'),
});

/**
 * The newest word of every principal on a release, among the decisions before it is asked for; that
 * of a key which did not count there any more is none.
 */
export function statementsOn(decisions: readonly Decision[], entry: string): ReadonlyMap<string, Decision> {
  const newest = new Map<string, Decision>();
  const { over } = chainKeys(decisions);
  for (const decision of decisions) {
    const counts = decision.seq < (over.get(decision.signer ?? '') ?? Number.POSITIVE_INFINITY);
    if (counts && isStatement(decision) && decision.approval?.entry === entry)
      newest.set(decision.approval.principal, decision);
  }
  return newest;
}

/** Why a release may not come into force under this policy; null when it may. */
export function unapproved(
  { mode, approval }: Pick<Policy, 'mode' | 'approval'>,
  statements: ReadonlyMap<string, Decision>,
  release: Pick<Decision, 'signer'>,
): string | null {
  const rejected = [...statements].find(([, { kind }]) => kind === 'reject');
  if (rejected !== undefined) return `${rejected[0]} rejected it: ${rejected[1].why ?? ''}`;
  if (mode === 'direct') return null;
  const counted = [...statements].filter(
    ([principal, { signer }]) =>
      signer !== null && signer !== release.signer && (approval.by.length === 0 || approval.by.includes(principal)),
  );
  if (counted.length >= approval.needed) return null;
  const who = approval.by.length === 0 ? '' : ` of ${approval.by.join(', ')}`;
  const so = counted.length === 0 ? 'nobody has' : `only ${counted.map(([principal]) => principal).join(', ')} did`;
  return `${approval.needed} ${approval.needed === 1 ? `approval${who} is` : `approvals${who} are`} needed, ${so}`;
}

export interface Stated {
  readonly commit: Oid;
  readonly seq: number;
  readonly version: string;
  readonly principal: string;
  /** What is still missing before it may come into force; null for nothing. */
  readonly missing: string | null;
}

export interface PersonsWord {
  readonly kind: 'approve' | 'reject';
  /** Default: the newest release. */
  readonly version?: string;
  readonly why: string;
}

type SignedStep = StepOptions & { readonly keys: Keyring };

/**
 * Records that a person approves a release, or rejects it: a decision that their key signs, over
 * the bytes of the release's record. Throws UsageError without a person's key, for one that signed
 * the release, and for a person whom the policy does not name.
 */
export const state = (repository: Repository, env: string, what: PersonsWord, options: SignedStep): Promise<Stated> =>
  underLock(repository, env, options.time, () => stateLocked(repository, env, what, options));

async function stateLocked(
  repository: Repository,
  env: string,
  what: PersonsWord,
  options: SignedStep,
): Promise<Stated> {
  const keys = personsOf(options.keys);
  if (keys.keys.length === 0)
    throw new UsageError(
      `who approves or rejects signs it, and ${options.keys.place} has no person's key; make one: npx optimize keys init --role person --principal NAME`,
    );
  const ledger = await openLedger(repository, env, keys);
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
    throw new UsageError(`${signer.principal} signed this release, so somebody else has to approve or reject it`);
  const policy = settingsInForce(ledger.decisions())?.policy ?? null;
  const { by } = (policy ?? NO_POLICY).approval;
  if (by.length > 0 && !by.includes(signer.principal))
    throw new UsageError(`${signer.principal} is none of those who may approve: ${by.join(', ')}`, {
      where: `evals/${env}/policy.yaml`,
    });
  const { commit: tip, harness, files } = ledger.head();
  const seq = ledger.nextSeq;
  const entry = entryOf(release.decision);
  const { commit } = await ledger.record({
    decisions: [
      {
        ...nothingMeasured,
        env,
        run: options.run ?? `${what.kind}-${seq}`,
        kind: what.kind,
        time: options.time,
        who: options.who,
        parent: { harness, commit: tip },
        child: { harness, files },
        version: release.version,
        approval: { entry, policy: policy === null ? null : policyDigest(policy), principal: signer.principal },
        why: what.why,
      },
    ],
    files: null,
    message: { subject: `chore(${env}): ${what.kind} ${release.version}`, body: what.why },
  });
  const missing = unapproved(policy ?? NO_POLICY, statementsOn(ledger.decisions(), entry), release.decision);
  return { commit, seq, version: release.version, principal: signer.principal, missing };
}
