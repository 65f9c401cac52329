/** Deletes raw traces whose time is over, by a decision that tells deletion from loss. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../../errors.ts';
import { fileDigest } from '../../files.ts';
import type { Ledger } from '../branch/ledger.ts';
import type { Repository } from '../git/git.ts';
import { artifactPath, artifactsIn, DAY_MS, type Expired, expire, expiredFiles } from '../kinds/expire.ts';
import type { AnyDecision } from '../kinds/kind.ts';
import { settingsInForce } from '../kinds/settings.ts';
import { recordAct, type StepOptions, withLedger } from './step.ts';

type ExpireOptions = StepOptions & { readonly dry: boolean };

export interface Expiry {
  /** Days that raw traces are kept. */
  readonly days: number;
  /** What is deleted here and now. */
  readonly files: readonly string[];
  /** Number of the decision that says so; null for none. */
  readonly seq: number | null;
}

/** Files here with the recorded bytes: nothing else is ever deleted. */
async function here(root: string, files: readonly Expired[]): Promise<string[]> {
  const found: string[] = [];
  for (const file of files)
    if ((await fileDigest(root, artifactPath(file))) === file.sha256) found.push(artifactPath(file));
  return found;
}

/**
 * Records which files are older than `retention.traces_days` of the policy in force, then deletes
 * them here, with those that earlier decisions named. `dry` only tells. Throws UsageError without
 * such a limit.
 */
export const expireTraces = (repository: Repository, env: string, options: ExpireOptions): Promise<Expiry> =>
  withLedger(repository, env, options, (ledger) => expireIn(ledger, options));

async function expireIn(ledger: Ledger, { dry, ...options }: ExpireOptions): Promise<Expiry> {
  const { repository, env } = ledger;
  const decisions: readonly AnyDecision[] = ledger.decisions();
  const days = settingsInForce(decisions)?.policy.retention?.traces_days;
  if (days === undefined)
    throw new UsageError(
      `the policy that nights of ${env} run under keeps raw traces for ever; say how long in evals/${env}/policy.yaml, such as retention: {traces_days: 400}, then: npx optimize adopt --env ${env}`,
    );
  const gone = expiredFiles(decisions);
  const before = Date.parse(options.time) - days * DAY_MS;
  const due = artifactsIn(decisions)
    .filter(({ time }) => Date.parse(time) < before)
    .map(({ time: _, ...file }): Expired => file)
    .filter((file) => !gone.has(artifactPath(file)));
  const named = decisions.filter(expire.is).flatMap(({ expired }) => expired);
  const files = await here(repository.root, [...named, ...due]);
  const seq = due.length === 0 ? null : ledger.nextSeq;
  if (dry) return { days, files, seq };
  if (seq !== null)
    await recordAct(ledger, { kind: 'expire', expired: due }, options, {
      message: { subject: `chore(${env}): raw traces older than ${days} days are deleted` },
    });
  for (const path of files) rmSync(join(repository.root, path), { force: true });
  return { days, files, seq };
}
