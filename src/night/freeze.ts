/** Freezes an environment when a person has to look before the next night. */
import { canonicalJson, sha256 } from '../digest.ts';
import { type InfrastructureError, VerifyError } from '../errors.ts';
import { assertNotFrozen, recordFreeze, setFrozen } from '../ledger/acts/freeze.ts';
import { stepOf } from '../ledger/acts/step.ts';
import { listLedgers } from '../ledger/branch/branches.ts';
import { openLedger } from '../ledger/branch/ledger.ts';
import type { Repository } from '../ledger/git/git.ts';
import type { LedgerFinding } from '../ledger/kinds/finding.ts';
import { MOST_FINDINGS } from '../ledger/kinds/freeze.ts';
import { verifyRepository } from '../ledger/verify/verify.ts';
import type { Emit } from '../report/events.ts';
import type { NightContext } from './night.ts';

/**
 * Verifies the records before a night builds on them. Throws VerifyError; what a person has seen,
 * and has lifted a freeze after, freezes no more.
 */
export async function freezeIfAltered(repository: Repository, env: string, emit: Emit): Promise<void> {
  if (!(await listLedgers(repository)).some((one) => one.env === env)) return;
  const decisions = (await openLedger(repository, env)).decisions();
  assertNotFrozen(env, decisions);
  const { issues } = await verifyRepository(repository, { env });
  const seen = new Set(decisions.flatMap((one) => (one.kind === 'freeze' ? (one.findings ?? []) : [])));
  const fresh = issues.filter((issue) => !seen.has(findingOf(issue)));
  const [first] = fresh;
  if (issues.length > fresh.length)
    emit({
      type: 'warning',
      message: `${issues.length - fresh.length} records of ${env} still differ from what can be recomputed; a person lifted the freeze for them (npx optimize verify)`,
    });
  if (first === undefined) return;
  const why = `${fresh.length} records of ${env} differ from what can be recomputed; the first is ${first.file}, ${first.field}`;
  const findings = fresh.slice(0, MOST_FINDINGS).map(findingOf);
  await setFrozen(repository, env, 'freeze', {
    ...stepOf('night', repository),
    why: why.slice(0, 500),
    findings,
  });
  throw new VerifyError(
    `${why}; ${env} is frozen; see: npx optimize verify --env ${env}; restore them, or accept them as they are: npx optimize unfreeze --env ${env} --reason "..."`,
  );
}

const findingOf = ({ file, field, expected, found }: LedgerFinding): string =>
  sha256(canonicalJson([file, field, expected, found]));

/** Freezes if `error` names what a person has to look at; an outage or a refusal never does. */
export async function freezeAfterFailure(
  { emit, options: { env } }: Pick<NightContext, 'emit' | 'options'>,
  repository: Repository,
  error: InfrastructureError,
): Promise<void> {
  if (!error.freezes) return;
  const why = error.message.slice(0, 500);
  await recordFreeze(repository, env, 'freeze', { ...stepOf('night', repository), why });
  emit({ type: 'warning', message: `${env} is frozen: ${why}` });
}

/** Freezes after a look that found more violations: a person has to see them first. */
export async function freezeAfterLook(
  { recorder, options, emit }: Pick<NightContext, 'emit' | 'options' | 'recorder'>,
  repository: Repository,
): Promise<void> {
  const look = recorder.decisions.find((one) => one.kind === 'release' && one.verdict.reason === 'violations');
  if (look === undefined) return;
  const why = `decision ${look.seq}: the branch writes in must-refuse tasks more often than the current release`;
  await recordFreeze(repository, options.env, 'freeze', { ...stepOf('night', repository), why });
  emit({ type: 'warning', message: `${options.env} is frozen: ${why}; roll back or edit, then npx optimize unfreeze` });
}
