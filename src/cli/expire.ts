/** `optimize expire`: deletes raw traces that are older than the policy keeps them. */
import { z } from 'zod';
import { EXIT } from '../exit-codes.ts';
import { expireTraces } from '../ledger/acts/expire.ts';
import { stepOf } from '../ledger/acts/step.ts';
import { command } from './command.ts';
import { ledgerOf } from './open-ledger.ts';
import { answering, flag } from './options.ts';
import { say, sayJson } from './output.ts';

export const expire = command({
  name: 'expire',
  summary: 'delete raw traces of nights that are older than the policy keeps them',
  options: z.object({ ...answering, dryRun: flag('only tell which') }),
  example: 'expire --env retail --dry-run',
  async run({ dryRun: dry, ...flags }) {
    const { env, repository } = await ledgerOf(flags);
    const { days, files, seq } = await expireTraces(repository, env, { ...stepOf('expire', repository), dry });
    if (flags.json) sayJson({ type: 'expired', env, days, files, seq, dry });
    else {
      for (const file of files) say(`${dry ? 'would delete' : 'deleted'} ${file}`);
      if (seq !== null)
        say(`${dry ? 'would be' : 'recorded as'} decision ${seq} of ${env}: traces are kept for ${days} days`);
      else if (files.length === 0) say(`no trace of ${env} here is older than ${days} days`);
    }
    return EXIT.ok;
  },
});
