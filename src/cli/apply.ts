/** `optimize apply`: merges a release into the checked-out branch. */
import { UsageError, VerifyError } from '../errors.ts';
import { applyRelease } from '../ledger/apply.ts';
import type { Repository } from '../ledger/git.ts';
import { settingsInForce } from '../ledger/settings.ts';
import { readTrust } from '../ledger/trust.ts';
import { verifyRepository } from '../ledger/verify.ts';
import { EXIT } from './exit.ts';
import { type LedgerFlags, ledgerOf, say, sayJson } from './open-ledger.ts';
import { stepOf } from './step.ts';

export async function applyCommand(given: Record<string, unknown>): Promise<number> {
  const flags = given as unknown as LedgerFlags & { to?: string; trust?: string };
  const { env, repository, ledger } = await ledgerOf(flags);
  if (flags.trust !== undefined) await assertTrusted(repository, env, flags.trust);
  const applied = await applyRelease(repository, env, {
    ...stepOf('apply', repository),
    ...(flags.to === undefined ? {} : { version: flags.to }),
  });
  if (flags.json) sayJson({ type: 'applied', ...applied });
  else {
    say(
      applied.changed
        ? `${applied.version}${applied.simulated ? ' (evidence SIMULATED)' : ''} is in force on ${applied.branch} (commit ${applied.commit.slice(0, 12)})`
        : `${applied.version}${applied.simulated ? ' (evidence SIMULATED)' : ''} was in force on ${applied.branch} already`,
    );
    if (flags.trust === undefined && settingsInForce(ledger.decisions())?.policy.mode === 'propose')
      say('approvals were counted by the names in the records; whose keys they are: npx optimize apply --trust FILE');
  }
  return EXIT.ok;
}

/** Names in records are what whoever wrote them says: the trust file knows whose the keys are. Throws VerifyError, and UsageError where it could not be checked. */
async function assertTrusted(repository: Repository, env: string, file: string): Promise<void> {
  const { issues, unchecked } = await verifyRepository(repository, { env, trust: readTrust(file, repository) });
  const [issue] = issues;
  if (issue !== undefined)
    throw new VerifyError(
      `nothing was applied: ${issue.file}, ${issue.field}: expected ${issue.expected}, found ${issue.found}; all of it: npx optimize verify --env ${env} --trust ${file}`,
    );
  const [open] = unchecked;
  if (open !== undefined) throw new UsageError(`nothing was applied: could not check ${open.file}: ${open.why}`);
}
