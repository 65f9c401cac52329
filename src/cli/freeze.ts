/** `optimize freeze | unfreeze --reason TEXT`: stops nights until a person lifts it. */
import { z } from 'zod';
import { EXIT } from '../exit-codes.ts';
import { setFrozen } from '../ledger/acts/freeze.ts';
import { stepOf } from '../ledger/acts/step.ts';
import { command } from './command.ts';
import { ledgerOf } from './open-ledger.ts';
import { answering, reason } from './options.ts';
import { say, sayJson } from './output.ts';

const options = z.object({ ...answering, reason: reason('why, for the record') });

async function step(kind: 'freeze' | 'unfreeze', flags: z.output<typeof options>): Promise<number> {
  const { env, repository } = await ledgerOf(flags);
  const { commit, seq } = await setFrozen(repository, env, kind, { ...stepOf(kind, repository), why: flags.reason });
  if (flags.json) sayJson({ type: kind, env, seq, commit, why: flags.reason });
  else
    say(
      kind === 'freeze'
        ? `${env} is frozen (decision ${seq}): no night runs on it until npx optimize unfreeze --env ${env} --reason "..."`
        : `${env} is not frozen any more (decision ${seq})`,
    );
  return EXIT.ok;
}

export const freeze = command({
  name: 'freeze',
  summary: 'let no night run and no gateway enforce until a person lifts it',
  options,
  example: 'freeze --env retail --reason "incident 12"',
  run: (flags) => step('freeze', flags),
});

export const unfreeze = command({
  name: 'unfreeze',
  summary: 'let nights run and gateways enforce again',
  options,
  example: 'unfreeze --env retail --reason "incident 12 is closed"',
  run: (flags) => step('unfreeze', flags),
});
