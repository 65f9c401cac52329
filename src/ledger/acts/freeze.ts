/** A frozen environment: no night runs until a person says why it may. What is in force stays. */
import { FrozenError, UsageError } from '../../errors.ts';
import { openLedger } from '../branch/ledger.ts';
import type { Repository } from '../git/git.ts';
import type { Oid } from '../git/plumbing.ts';
import type { Keyring } from '../keys/keys.ts';
import { frozenBy } from '../kinds/freeze.ts';
import type { Decision } from '../kinds/index.ts';
import { needPersons } from './approval.ts';
import { recordAct, type StepOptions, underLock } from './step.ts';

/** Throws FrozenError: since when, why, and what lifts it. */
export function assertNotFrozen(env: string, decisions: readonly Decision[]): void {
  const freeze = frozenBy(decisions);
  if (freeze === null) return;
  throw new FrozenError(
    `${env} is frozen since decision ${freeze.seq} (${freeze.time.slice(0, 16)}): ${freeze.why}; ` +
      `once that is settled: npx optimize unfreeze --env ${env} --reason "..."`,
  );
}

/** Only a person lifts a freeze: with a key of their own, where there are keys. */
const signersOf = (kind: 'freeze' | 'unfreeze', keys: Keyring): Keyring =>
  kind === 'freeze' || keys.keys.length === 0 ? keys : needPersons(keys, 'the end of a freeze');

type FreezeOptions = StepOptions & { readonly why: string; readonly findings?: string[] };
type Frozen = { readonly commit: Oid; readonly seq: number };

/** Freezes, or lifts a freeze. Freezing twice adds nothing; lifting none throws UsageError. */
export const setFrozen = (
  repository: Repository,
  env: string,
  kind: 'freeze' | 'unfreeze',
  options: FreezeOptions,
): Promise<Frozen> => underLock(repository, env, options.time, () => recordFreeze(repository, env, kind, options));

/** The same, for a caller that holds the environment's lock, as a night does. */
export async function recordFreeze(
  repository: Repository,
  env: string,
  kind: 'freeze' | 'unfreeze',
  { why, findings, ...options }: FreezeOptions,
): Promise<Frozen> {
  const ledger = await openLedger(repository, env, options.keys && signersOf(kind, options.keys));
  const before = frozenBy(ledger.decisions());
  if (kind === 'freeze' && before !== null) return { commit: ledger.head().commit, seq: before.seq };
  if (kind === 'unfreeze' && before === null) throw new UsageError(`${env} is not frozen, so there is nothing to lift`);
  const fields = kind === 'freeze' && findings !== undefined ? { kind, why, findings } : { kind, why };
  return await recordAct(ledger, fields, options, { message: { subject: `chore(${env}): ${kind}`, body: why } });
}
