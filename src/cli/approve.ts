/** `optimize approve | reject VERSION --reason TEXT`: a person's signed word on a release. */
import { state } from '../ledger/acts/approval.ts';
import { acquireLock } from '../ledger/branch/lock.ts';
import { readKeyring } from '../ledger/keys/keys.ts';
import { EXIT } from './exit.ts';
import { type LedgerFlags, ledgerOf, say, sayJson } from './open-ledger.ts';
import { reasonOf, stepOf } from './step.ts';

async function step(kind: 'approve' | 'reject', given: Record<string, unknown>, version?: string): Promise<number> {
  const flags = given as unknown as LedgerFlags & { reason: string };
  const why = reasonOf(flags.reason);
  const { env, repository } = await ledgerOf(flags);
  const options = { ...stepOf(kind, repository), keys: readKeyring(process.env, repository) };
  const lock = await acquireLock(repository, env, options.time);
  try {
    const done = await state(repository, env, { kind, why, ...(version === undefined ? {} : { version }) }, options);
    if (flags.json) sayJson({ type: kind, env, ...done });
    else {
      say(
        `${done.principal} ${kind === 'approve' ? 'approves' : 'rejects'} ${done.version} of ${env} (decision ${done.seq})`,
      );
      say(
        done.missing === null
          ? `it may come into force: npx optimize apply --env ${env}`
          : `it may not come into force: ${done.missing}`,
      );
    }
    return EXIT.ok;
  } finally {
    await lock.release();
  }
}

export const approveCommand = (given: Record<string, unknown>, version?: string): Promise<number> =>
  step('approve', given, version);
export const rejectCommand = (given: Record<string, unknown>, version?: string): Promise<number> =>
  step('reject', given, version);
