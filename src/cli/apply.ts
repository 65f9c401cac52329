/** `optimize apply`: merges a release into the checked-out branch. */
import { applyRelease } from '../ledger/apply.ts';
import { EXIT } from './exit.ts';
import { type LedgerFlags, ledgerOf, say, sayJson } from './open-ledger.ts';
import { stepOf } from './step.ts';

export async function applyCommand(given: Record<string, unknown>): Promise<number> {
  const flags = given as unknown as LedgerFlags & { to?: string };
  const { env, repository } = await ledgerOf(flags);
  const applied = await applyRelease(repository, env, {
    ...stepOf('apply', repository),
    ...(flags.to === undefined ? {} : { version: flags.to }),
  });
  if (flags.json) sayJson({ type: 'applied', ...applied });
  else
    say(
      applied.changed
        ? `${applied.version}${applied.simulated ? ' (evidence SIMULATED)' : ''} is in force on ${applied.branch} (commit ${applied.commit.slice(0, 12)})`
        : `${applied.version}${applied.simulated ? ' (evidence SIMULATED)' : ''} was in force on ${applied.branch} already`,
    );
  return EXIT.ok;
}
