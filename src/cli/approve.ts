/** `optimize approve | reject VERSION --reason TEXT`: a person's signed word on a release. */
import { z } from 'zod';
import { EXIT } from '../exit-codes.ts';
import { state } from '../ledger/acts/approval.ts';
import { stepOf } from '../ledger/acts/step.ts';
import { command } from './command.ts';
import { ledgerOf } from './open-ledger.ts';
import { answering, reason } from './options.ts';
import { say, sayJson } from './output.ts';

const options = z.object({ ...answering, reason: reason('what was looked at, for the record') });

async function step(
  kind: 'approve' | 'reject',
  flags: z.output<typeof options>,
  version: string | undefined,
): Promise<number> {
  const { env, repository } = await ledgerOf(flags);
  const what = { kind, why: flags.reason, ...(version === undefined ? {} : { version }) };
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

const released = { '[version]': 'vN; default: the newest' };

export const approve = command({
  name: 'approve',
  summary: 'a person lets a release come into force, signed with their key',
  arguments: released,
  options,
  example: 'approve v3 --env retail --reason "read every clause"',
  run: (flags, version) => step('approve', flags, version),
});

export const reject = command({
  name: 'reject',
  summary: 'a person keeps a release from coming into force, signed with their key',
  arguments: released,
  options,
  example: 'reject v3 --env retail --reason "clause 4 is too strict"',
  run: (flags, version) => step('reject', flags, version),
});
