/** The ledger of the environment that a command asks about. */
import { environmentNames } from '../environments/registry.ts';
import { UsageError } from '../errors.ts';
import { openRepository, type Repository } from '../ledger/git.ts';
import { type Ledger, openLedger } from '../ledger/ledger.ts';
import { listRefs } from '../ledger/refs.ts';

export interface LedgerFlags {
  /** Default: the only one that has a branch. */
  readonly env?: string;
  readonly json?: boolean;
}

export async function ledgerOf(flags: LedgerFlags): Promise<{ env: string; repository: Repository; ledger: Ledger }> {
  const repository = await openRepository(process.cwd());
  const env = flags.env ?? (await onlyEnvironment(repository));
  const ledger = await openLedger(repository, env);
  const known = environmentNames(repository.root);
  if (!ledger.started && ledger.decisions().length === 0 && !known.includes(env))
    throw new UsageError(
      `there is neither a branch ${ledger.branch} nor an environment ${env}; known are ${known.join(', ')}`,
    );
  return { env, repository, ledger };
}

async function onlyEnvironment(repository: Repository): Promise<string> {
  const prefix = 'refs/heads/optimize/';
  const refs = await listRefs(repository, ['refs/heads/optimize']);
  const names = refs.map(({ name }) => name.slice(prefix.length));
  const [first, ...more] = names;
  if (first !== undefined && more.length === 0) return first;
  throw new UsageError(
    first === undefined
      ? 'there is no optimize/* branch yet; run a night first: npx optimize --budget 20 --env retail'
      : `there are several environments, so name one: --env ${names.join(' or --env ')}`,
  );
}

/** One line on stdout. */
export const say = (text: string): void => void process.stdout.write(`${text}\n`);
export const sayJson = (value: object): void => say(JSON.stringify(value));
