/** Opens the ledger that a command asks about. */
import { environmentNames } from '../environments/registry.ts';
import { UsageError } from '../errors.ts';
import { ledgersIn, remoteIn } from '../ledger/branch/branches.ts';
import { type Ledger, openLedger } from '../ledger/branch/ledger.ts';
import { openRepository, type Repository } from '../ledger/git/git.ts';
import { listRefs } from '../ledger/git/refs.ts';
import type { LedgerFlags } from './options.ts';

/** Without a local branch, reads that of the remote and says so on stderr. */
export async function ledgerOf(
  flags: Pick<LedgerFlags, 'env'>,
): Promise<{ env: string; repository: Repository; ledger: Ledger }> {
  const repository = await openRepository(process.cwd());
  const env = flags.env ?? (await onlyEnvironment(repository));
  const ledger = await openLedger(repository, env);
  const known = environmentNames(repository.root);
  if (!ledger.started && ledger.decisions().length === 0 && !known.includes(env))
    throw new UsageError(
      `there is neither a branch ${ledger.branch} nor an environment ${env}; known are ${known.join(', ')}`,
    );
  if (ledger.copy !== null)
    process.stderr.write(`optimize: there is no branch ${ledger.branch} here, so ${ledger.copy} is read\n`);
  return { env, repository, ledger };
}

async function onlyEnvironment(repository: Repository): Promise<string> {
  const refs = await listRefs(repository, ['refs/heads/optimize', 'refs/remotes']);
  const names = ledgersIn(refs).map(({ env }) => env);
  const [first, ...more] = names;
  if (first !== undefined && more.length === 0) return first;
  if (first !== undefined)
    throw new UsageError(`there are several environments, so name one: --env ${names.join(' or --env ')}`);
  const remote = remoteIn(refs);
  throw new UsageError(
    `there is no optimize/* branch yet; run a night first: npx optimize --budget 20 --env retail${remote === null ? '' : fetchText(remote)}`,
  );
}

/** A clone of one branch lacks the others. */
const fetchText = (remote: string): string =>
  `; or, if there is one at the remote: git fetch --tags ${remote} 'refs/heads/optimize/*:refs/remotes/${remote}/optimize/*'`;
