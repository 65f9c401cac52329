/** `optimize expire`: deletes raw traces that are older than the policy keeps them. */

import { EXIT } from '../exit-codes.ts';
import { expireTraces } from '../ledger/acts/expire.ts';
import { stepOf } from '../ledger/acts/step.ts';
import { type LedgerFlags, ledgerOf, say, sayJson } from './open-ledger.ts';

export async function expireCommand(given: Record<string, unknown>): Promise<number> {
  const flags = given as LedgerFlags & { dryRun?: boolean };
  const { env, repository } = await ledgerOf(flags);
  const dry = flags.dryRun === true;
  const { days, files, seq } = await expireTraces(repository, env, { ...stepOf('expire', repository), dry });
  if (flags.json) sayJson({ type: 'expired', env, days, files, seq, dry });
  else {
    for (const file of files) say(`${dry ? 'would delete' : 'deleted'} ${file}`);
    if (seq !== null)
      say(`${dry ? 'would be' : 'recorded as'} decision ${seq} of ${env}: traces are kept for ${days} days`);
    else if (files.length === 0) say(`no trace of ${env} here is older than ${days} days`);
  }
  return EXIT.ok;
}
