/** `optimize approve | reject VERSION --reason TEXT`: a person's signed word on a release. */

import { EXIT } from '../exit-codes.ts';
import { state } from '../ledger/acts/approval.ts';
import { stepOf } from '../ledger/acts/step.ts';
import { type LedgerFlags, ledgerOf, say, sayJson } from './open-ledger.ts';
import { reasonOf } from './step.ts';

async function step(kind: 'approve' | 'reject', given: Record<string, unknown>, version?: string): Promise<number> {
  const flags = given as unknown as LedgerFlags & { reason: string };
  const why = reasonOf(flags.reason);
  const { env, repository } = await ledgerOf(flags);
  const what = { kind, why, ...(version === undefined ? {} : { version }) };
  const done = await state(repository, env, what, stepOf(kind, repository));
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
}

export const approveCommand = (given: Record<string, unknown>, version?: string): Promise<number> =>
  step('approve', given, version);
export const rejectCommand = (given: Record<string, unknown>, version?: string): Promise<number> =>
  step('reject', given, version);
