/** `optimize rollback --to V`: an earlier version becomes the head of the branch, by a decision. */
import { z } from 'zod';
import { EXIT } from '../exit-codes.ts';
import { rollback as rollBack } from '../ledger/acts/rollback.ts';
import { stepOf } from '../ledger/acts/step.ts';
import { command } from './command.ts';
import { ledgerOf } from './open-ledger.ts';
import { answering, text } from './options.ts';
import { say, sayJson } from './output.ts';

export const rollback = command({
  name: 'rollback',
  summary: 'make an earlier version the head of the branch',
  options: z.object({ ...answering, to: text('<version>', 'vN, tag, commit or prefix of a harness id') }),
  example: 'rollback --env retail --to v1',
  async run(flags) {
    const { env, repository } = await ledgerOf(flags);
    const done = await rollBack(repository, env, flags.to, stepOf('rollback', repository));
    if (flags.json) sayJson({ type: 'rolled_back', ...done });
    else {
      const place = `commit ${done.commit.slice(0, 12)}, harness ${done.harness.slice(0, 12)}`;
      say(`optimize/${env} holds ${done.version} again (${place})`);
      for (const line of done.loosened) say(`which gives up: ${line}`);
      say(`put it into force with: npx optimize apply --env ${env} --to ${done.version}`);
    }
    return EXIT.ok;
  },
});
