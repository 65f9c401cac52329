/** `optimize freeze | unfreeze --reason TEXT`: stops nights until a person lifts it. */

import { EXIT } from '../exit-codes.ts';
import { setFrozen } from '../ledger/acts/freeze.ts';
import { stepOf } from '../ledger/acts/step.ts';
import { type LedgerFlags, ledgerOf, say, sayJson } from './open-ledger.ts';
import { reasonOf } from './step.ts';

async function step(kind: 'freeze' | 'unfreeze', given: Record<string, unknown>): Promise<number> {
  const flags = given as unknown as LedgerFlags & { reason: string };
  const why = reasonOf(flags.reason);
  const { env, repository } = await ledgerOf(flags);
  const { commit, seq } = await setFrozen(repository, env, kind, { ...stepOf(kind, repository), why });
  if (flags.json) sayJson({ type: kind, env, seq, commit, why });
  else
    say(
      kind === 'freeze'
        ? `${env} is frozen (decision ${seq}): no night runs on it until npx optimize unfreeze --env ${env} --reason "..."`
        : `${env} is not frozen any more (decision ${seq})`,
    );
  return EXIT.ok;
}

export const freezeCommand = (given: Record<string, unknown>): Promise<number> => step('freeze', given);
export const unfreezeCommand = (given: Record<string, unknown>): Promise<number> => step('unfreeze', given);
