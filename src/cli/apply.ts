/** `optimize apply`: merges a release into the checked-out branch. */

import { z } from 'zod';
import { UsageError, VerifyError } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { type AppliedRelease, applyRelease } from '../ledger/acts/apply.ts';
import { stepOf } from '../ledger/acts/step.ts';
import type { Repository } from '../ledger/git/git.ts';
import type { Oid } from '../ledger/git/plumbing.ts';
import { readTrust } from '../ledger/keys/trust.ts';
import { settingsInForce } from '../ledger/kinds/settings.ts';
import { type BranchReport, verifyRepository } from '../ledger/verify/verify.ts';
import { command } from './command.ts';
import { ledgerOf } from './open-ledger.ts';
import { answering, text } from './options.ts';
import { say, sayJson } from './output.ts';

export const apply = command({
  name: 'apply',
  summary: 'merge a release into the checked-out branch',
  options: z.object({
    ...answering,
    to: text('<version>', 'vN [newest]').exactOptional(),
    trust: text('<file>', 'only if everything verifies against these keys first, approvals included').exactOptional(),
  }),
  exits: ['verify'],
  example: 'apply --env retail',
  async run(flags) {
    const { env, repository, ledger } = await ledgerOf(flags);
    const tip = flags.trust === undefined ? undefined : await trustedTip(repository, env, flags.trust);
    // No lock: the branch moves by compare-and-swap from the tip that was read.
    const applied = await applyRelease(repository, env, {
      ...stepOf('apply', repository),
      ...(flags.to === undefined ? {} : { version: flags.to }),
      ...(tip === undefined ? {} : { tip }),
    });
    const policy = settingsInForce(ledger.decisions())?.policy;
    if (flags.json) sayJson({ type: 'applied', ...applied });
    else tell(applied, tip === undefined && policy?.mode === 'propose');
    return EXIT.ok;
  },
});

function tell({ version, simulated, branch, commit, changed }: AppliedRelease, byNames: boolean): void {
  const what = `${version}${simulated ? ' (evidence SIMULATED)' : ''}`;
  say(
    changed
      ? `${what} is in force on ${branch} (commit ${commit.slice(0, 12)})`
      : `${what} was in force on ${branch} already`,
  );
  if (byNames)
    say('approvals were counted by the names in the records; whose keys they are: npx optimize apply --trust FILE');
}

/**
 * Records may claim any name; the trust file knows whose the keys are. Returns the verified tip.
 * Throws VerifyError, and UsageError where something could not be checked.
 */
async function trustedTip(repository: Repository, env: string, file: string): Promise<Oid> {
  const report = await verifyRepository(repository, { env, trust: readTrust(file, repository) });
  const [issue] = report.issues;
  if (issue !== undefined)
    throw new VerifyError(
      `nothing was applied: ${issue.file}, ${issue.field}: expected ${issue.expected}, found ${issue.found}; all of it: npx optimize verify --env ${env} --trust ${file}`,
    );
  const [open] = report.unchecked;
  if (open !== undefined) throw new UsageError(`nothing was applied: could not check ${open.file}: ${open.why}`);
  return (report.branches[0] as BranchReport).head;
}
