/** The ledger of the environment that a command asks about. */
import { environmentNames } from '../environments/registry.ts';
import { UsageError } from '../errors.ts';
import { openRepository, type Repository } from '../ledger/git.ts';
import { type Ledger, openLedger } from '../ledger/ledger.ts';

export interface LedgerFlags {
  readonly env: string;
  readonly json?: boolean;
}

export async function ledgerOf(flags: LedgerFlags): Promise<{ repository: Repository; ledger: Ledger }> {
  const repository = await openRepository(process.cwd());
  const ledger = await openLedger(repository, flags.env);
  const known = environmentNames(repository.root);
  if (!ledger.started && ledger.decisions().length === 0 && !known.includes(flags.env))
    throw new UsageError(
      `there is neither a branch ${ledger.branch} nor an environment ${flags.env}; known are ${known.join(', ')}`,
    );
  return { repository, ledger };
}

/** One line on stdout. */
export const say = (text: string): void => void process.stdout.write(`${text}\n`);
export const sayJson = (value: object): void => say(JSON.stringify(value));
