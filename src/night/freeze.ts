/** Freezes an environment when a person has to look before the next night. */
import { join } from 'node:path';
import { type InfrastructureError, VerifyError } from '../errors.ts';
import { assertNotFrozen, recordFreeze, setFrozen } from '../ledger/acts/freeze.ts';
import { stepOf } from '../ledger/acts/step.ts';
import { listLedgers } from '../ledger/branch/branches.ts';
import { openLedger } from '../ledger/branch/ledger.ts';
import type { Repository } from '../ledger/git/git.ts';
import { verifyRepository } from '../ledger/verify/verify.ts';
import type { NightContext } from './night.ts';
import { noteFailure } from './run.ts';

/** Verifies the records before a night builds on them. Throws VerifyError. */
export async function freezeIfAltered(repository: Repository, env: string): Promise<void> {
  if (!(await listLedgers(repository)).some((one) => one.env === env)) return;
  assertNotFrozen(env, (await openLedger(repository, env)).decisions());
  const { issues } = await verifyRepository(repository, { env });
  const [first] = issues;
  if (first === undefined) return;
  const why = `${issues.length} records of ${env} differ from what can be recomputed; the first is ${first.file}, ${first.field}`;
  await setFrozen(repository, env, 'freeze', { ...stepOf('night', repository), why: why.slice(0, 500) });
  throw new VerifyError(`${why}; ${env} is frozen; see: npx optimize verify --env ${env}`);
}

/** Failed tries in a row after which a person has to look. */
const MOST_FAILURES = 3;

/** Freezes at once if `error` says so, else after `MOST_FAILURES` failed tries in a row. */
export async function freezeAfterFailure(
  night: Pick<NightContext, 'emit' | 'options' | 'run'>,
  repository: Repository,
  error: InfrastructureError,
): Promise<void> {
  const { env } = night.options;
  const failures = noteFailure(join(repository.root, 'runs'), env, night.run, error.message);
  if (!error.freezes && failures < MOST_FAILURES) return;
  const count = error.freezes ? '' : `${failures} tries in a row failed, the last one: `;
  const why = `${count}${error.message}`.slice(0, 500);
  await recordFreeze(repository, env, 'freeze', { ...stepOf('night', repository), why });
  night.emit({ type: 'warning', message: `${env} is frozen: ${why}` });
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
