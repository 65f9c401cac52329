/**
 * `optimize rollback --to V`: makes an earlier version the head of the branch, by a recorded step
 * forward.
 */

import { EXIT } from '../exit-codes.ts';
import { rollback } from '../ledger/acts/rollback.ts';
import { stepOf } from '../ledger/acts/step.ts';
import { type LedgerFlags, ledgerOf, say, sayJson } from './open-ledger.ts';

export async function rollbackCommand(given: Record<string, unknown>): Promise<number> {
  const flags = given as unknown as LedgerFlags & { to: string };
  const { env, repository } = await ledgerOf(flags);
  const done = await rollback(repository, env, flags.to, stepOf('rollback', repository));
  if (flags.json) sayJson({ type: 'rolled_back', ...done });
  else {
    say(
      `optimize/${env} holds ${done.version} again (commit ${done.commit.slice(0, 12)}, harness ${done.harness.slice(0, 12)})`,
    );
    for (const line of done.loosened) say(`which gives up: ${line}`);
    say(`put it into force with: npx optimize apply --env ${env} --to ${done.version}`);
  }
  return EXIT.ok;
}
